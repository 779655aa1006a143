// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { instant, kind } from '../kind.ts'

export const device = kind({
  id: 'device',
  version: 1,
  says: 'A computer or telephone that people work with.',
  schema: z.strictObject({
    id: z.string(),
    owner_email: z.string().nullable(),
    platform: z.string(),
    os_version: z.string(),
    disk_encrypted: z.boolean(),
    screen_lock: z.boolean(),
    last_seen: instant(),
  }),
  key: (row) => row.id,
  label: (row) => `${row.platform} ${row.id}`,
  reading: { type: 'state' },
  fresh_hours: 192,
})
