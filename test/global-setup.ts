// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { createLogger } from '../lib/log.ts'
import { migrate, readMigrations } from '../lib/migrate.ts'
import { startPostgres } from '../lib/postgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the run's PostgreSQL listens; each test world clones the database `assay_template`. */
    postgres: { host: string; port: number }
  }
}

/** One real PostgreSQL for the whole run, with a migrated template database that each test file clones. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-test-'))
  const server = await startPostgres({ dataDir: join(folder, 'postgres'), log: createLogger({ level: 'error' }) })
  const admin = new pg.Client(server.connection('owner'))
  await admin.connect()
  await admin.query('create database assay_template')
  await admin.end()
  await migrate(server.connection('owner', 'assay_template'), readMigrations('db/migrations'))
  project.provide('postgres', { host: server.host, port: server.port })
  return async () => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
