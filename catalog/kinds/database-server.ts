// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { kind } from '../kind.ts'

export const databaseServer = kind({
  id: 'database-server',
  version: 1,
  says: 'A database server: its version, transport security and logging.',
  schema: z.strictObject({
    server: z.string(),
    version: z.string(),
    version_number: z.int().describe('Such as 180004'),
    in_recovery: z.boolean(),
    ssl: z.boolean(),
    ssl_min_protocol: z.string().nullable(),
    password_encryption: z.string(),
    log_connections: z.boolean(),
    log_disconnections: z.boolean(),
    log_statement: z.string(),
    data_checksums: z.boolean(),
    wal_level: z.string(),
    archive_mode: z.string(),
    listen_addresses: z.string(),
    shared_preload_libraries: z.array(z.string()),
    extensions: z.array(z.string()),
  }),
  key: (row) => row.server,
  label: (row) => `${row.server} (${row.version})`,
  reading: { type: 'state' },
  fresh_hours: 26,
})
