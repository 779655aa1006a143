// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { createLogger } from '../lib/log.ts'
import { migrate, readMigrations } from '../lib/migrate.ts'
import { startPostgres } from '../lib/postgres.ts'
import { startPostgresServer } from './postgres-server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the run's PostgreSQL listens; each test world clones the database `assay_template`. */
    postgres: { host: string; port: number }
  }
}

interface Started {
  readonly host: string
  readonly port: number
  stop(): Promise<void>
}

/**
 * One real PostgreSQL for the whole run, with a migrated template database that each test file clones: the embedded one,
 * or another whose programs lie in the folder ASSAY_TEST_POSTGRES, which sorts as its people do.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const bin = process.env['ASSAY_TEST_POSTGRES']
  const locale = ['--locale=C.UTF-8', '--locale-provider=icu', '--icu-locale=en-US']
  const server = bin ? await startPostgresServer({ bin, superuser: 'owner', locale }) : await startEmbedded()
  const { host, port } = server
  const admin = new pg.Client({ host, port, user: 'owner', database: 'postgres' })
  await admin.connect()
  await admin.query('create database assay_template')
  await admin.end()
  await migrate({ host, port, user: 'owner', database: 'assay_template' }, readMigrations('db/migrations'))
  project.provide('postgres', { host, port })
  return () => server.stop()
}

async function startEmbedded(): Promise<Started> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-test-'))
  const server = await startPostgres({ dataDir: join(folder, 'postgres'), log: createLogger({ level: 'error' }) })
  return {
    host: server.host,
    port: server.port,
    async stop() {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
