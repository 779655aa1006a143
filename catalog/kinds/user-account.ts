// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { instant, keyOfParts, kind } from '../kind.ts'

export const userAccount = kind({
  id: 'user-account',
  version: 1,
  says: 'An account in a system, whose it is and whether it is protected.',
  schema: z.strictObject({
    system: z.string(),
    account: z.string(),
    email: z.string().nullable(),
    name: z.string().nullable(),
    status: z.enum(['active', 'disabled']),
    is_admin: z.boolean(),
    mfa: z.boolean(),
    last_sign_in: instant().nullable(),
    created_at: instant().nullable(),
    disabled_at: instant().nullable(),
  }),
  key: (row) => keyOfParts(row.system, row.account),
  label: (row) => `${row.name ?? row.account} in ${row.system}`,
  reading: { type: 'state' },
  fresh_hours: 192,
})
