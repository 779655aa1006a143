// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { keyOfParts, kind } from '../kind.ts'

export const databaseAccessRule = kind({
  id: 'database-access-rule',
  version: 1,
  says: 'A line of a database server that lets somebody in or keeps them out.',
  schema: z.strictObject({
    server: z.string(),
    line: z.int().nonnegative(),
    type: z.string(),
    databases: z.array(z.string()),
    users: z.array(z.string()),
    address: z.string().nullable(),
    method: z.string(),
    error: z.string().nullable(),
  }),
  key: (row) => keyOfParts(row.server, row.line),
  label: (row) => `line ${row.line} on ${row.server}: ${row.type} ${row.method}`,
  reading: { type: 'state' },
  fresh_hours: 26,
})
