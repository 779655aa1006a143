// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { instant, keyOfParts, kind } from '../kind.ts'

export const databaseRole = kind({
  id: 'database-role',
  version: 1,
  says: 'A role of a database server: what it may do and how its password is kept.',
  schema: z.strictObject({
    server: z.string(),
    name: z.string(),
    can_login: z.boolean(),
    superuser: z.boolean(),
    create_role: z.boolean(),
    create_db: z.boolean(),
    replication: z.boolean(),
    bypass_rls: z.boolean(),
    member_of: z.array(z.string()),
    valid_until: instant().nullable(),
    connection_limit: z.int().describe('-1 is no limit'),
    password_kind: z.enum(['scram-sha-256', 'md5', 'none', 'unknown']),
  }),
  key: (row) => keyOfParts(row.server, row.name),
  label: (row) => `${row.name} on ${row.server}`,
  reading: { type: 'state' },
  fresh_hours: 26,
})
