// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { keyOfParts, kind } from '../kind.ts'

export const databaseSetting = kind({
  id: 'database-setting',
  version: 1,
  says: 'A setting of a database server as it is in force.',
  schema: z.strictObject({
    server: z.string(),
    name: z.string(),
    value: z.string(),
    unit: z.string().nullable(),
    source: z.string(),
    pending_restart: z.boolean(),
  }),
  key: (row) => keyOfParts(row.server, row.name),
  label: (row) => `${row.name} on ${row.server}`,
  reading: { type: 'state' },
  fresh_hours: 26,
})
