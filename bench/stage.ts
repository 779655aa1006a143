// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { openLedger } from '../features/ledger/ledger.store.ts'
import { diskBlobs } from '../lib/blobs.ts'
import { loadConfig } from '../lib/config.ts'
import { Database, sql } from '../lib/db.ts'
import { newId } from '../lib/ids.ts'
import { openInbox } from '../lib/inbox.ts'
import { createLogger } from '../lib/log.ts'
import { migrate, readMigrations } from '../lib/migrate.ts'
import { startPostgres } from '../lib/postgres.ts'
import type { Services } from '../lib/services.ts'

export interface Stage extends Services {
  readonly org: string
  readonly folder: string
  /** Past row-level security: for counts and the write-ahead log, never for what is measured. */
  readonly owner: pg.Pool
  close(): Promise<void>
}

/** A server without doors on a real PostgreSQL and disk, for benchmarks: one organisation, the real clock. */
export async function openStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'))
  const log = createLogger({ level: 'error' })
  const server = await startPostgres({ dataDir: join(folder, 'pg'), log })
  const admin = new pg.Client(server.connection('owner'))
  await admin.connect()
  await admin.query('create database assay')
  await admin.end()
  const connection = (user: string): pg.PoolConfig => server.connection(user, 'assay')
  await migrate(connection('owner'), readMigrations(join(import.meta.dirname, '..', 'db', 'migrations')))
  const owner = new pg.Pool(connection('owner'))
  // A connection that the stopping server ends is no fault of what was measured.
  owner.on('error', () => undefined)
  const db = new Database(connection('assay_app'), { kek: Buffer.alloc(32, 7) })
  const org = newId('org', Date.now())
  await db.tenant({ org, actor: 'system' }, async (tx) => {
    await tx.run(sql`insert into organization (org_id, name, created_at) values (${org}, 'Bench Company', ${tx.now})`)
    await openLedger(tx)
  })
  return {
    org,
    folder,
    owner,
    db,
    config: loadConfig({ ASSAY_DATA: folder }),
    clock: () => new Date(),
    blobs: diskBlobs(join(folder, 'blobs')),
    inbox: openInbox(folder),
    jobs: { enqueue: async () => undefined },
    monitor: connection('assay_monitor'),
    log,
    async close() {
      await db.close()
      await owner.end()
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
