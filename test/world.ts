// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { inject } from 'vitest'
import { checkLedger, type CheckReport } from '../features/ledger/checking.actions.ts'
import { openLedger } from '../features/ledger/ledger.store.ts'
import { openSequencer } from '../features/ledger/sequencer.actions.ts'
import { perform, type Action, type Actor, type Ctx, type Role } from '../lib/action.ts'
import { memoryBlobs, type Blobs } from '../lib/blobs.ts'
import { loadConfig, type Config } from '../lib/config.ts'
import { Database, sql, type Tx } from '../lib/db.ts'
import { newId } from '../lib/ids.ts'
import { openInbox } from '../lib/inbox.ts'
import type { JobData, Jobs } from '../lib/jobs.ts'
import { createLogger } from '../lib/log.ts'
import type { Services } from '../lib/services.ts'
import type { Instant } from '../lib/time.ts'

/** A clock that stands still until a test moves it. */
export interface TestClock {
  (): Date
  set(to: Instant): void
  advance(ms: number): void
}

export function testClock(start: Instant): TestClock {
  let at = Date.parse(start)
  const clock = (): Date => new Date(at)
  return Object.assign(clock, {
    set(to: Instant) {
      at = Date.parse(to)
    },
    advance(ms: number) {
      at += ms
    },
  })
}

/** Jobs that wait in memory until the test runs them. They see only what was committed, as real ones do. */
export interface TestJobs extends Jobs {
  readonly waiting: { name: string; data: JobData }[]
}

export interface World extends Services {
  readonly clock: TestClock
  readonly jobs: TestJobs
  readonly blobs: Blobs
  readonly config: Config
  readonly folder: string
  /** The organisation the world was born with. */
  readonly org: string
  /** Superuser, past row-level security: for tests that tamper, never for code under test. */
  readonly owner: pg.Pool
  /** Connection settings of a database role. */
  connection(user: string): pg.PoolConfig
  tenant<T>(work: (tx: Tx) => Promise<T>, org?: string): Promise<T>
  /** Gives every waiting leaf its index, signs and publishes, as the server does five times a second. */
  sequence(): Promise<number>
  /** Verifies the whole ledger again, with its publication. @throws when anything is damaged, saying what */
  checkLedger(org?: string): Promise<CheckReport>
  /** Another organisation, with its own ledger. */
  organization(name: string): Promise<string>
  actor(roles: readonly Role[], org?: string): Actor
  /** Runs an operation as a door would: in one transaction, through `perform`. */
  perform<A extends Action>(
    name: string,
    action: A,
    input: unknown,
    actor?: Actor,
    at?: { asOf?: Instant; knownAt?: Instant },
  ): Promise<Awaited<ReturnType<A['run']>>>
  close(): Promise<void>
}

/** A whole server without doors, on a real PostgreSQL database of its own, with a moved clock. */
export async function createWorld(options: { start?: Instant } = {}): Promise<World> {
  const { host, port } = inject('postgres')
  const database = `world_${process.pid}_${Math.floor(performance.now() * 1000)}`
  const connection = (user: string): pg.PoolConfig => ({ host, port, user, database })
  const admin = new pg.Client({ host, port, user: 'owner', database: 'postgres' })
  await admin.connect()
  await admin.query(`create database ${database} template assay_template`)
  const clock = testClock(options.start ?? '2026-03-02T09:00:00.000Z')
  const folder = mkdtempSync(join(tmpdir(), 'assay-world-'))
  const waiting: TestJobs['waiting'] = []
  const db = new Database(connection('assay_app'), { kek: Buffer.alloc(32, 7), movedClock: clock })
  const sequencerDb = new Database(connection('assay_sequencer'), { kek: Buffer.alloc(32, 7), movedClock: clock })
  const sequencer = openSequencer({ database: sequencerDb, dataDir: folder, log: createLogger({ level: 'silent' }) })
  const owner = new pg.Pool(connection('owner'))
  owner.on('error', () => undefined)
  const services: Services & { jobs: TestJobs } = {
    config: loadConfig({ ASSAY_DATA: folder }),
    db,
    clock,
    blobs: memoryBlobs(),
    inbox: openInbox(folder),
    monitor: connection('assay_monitor'),
    log: createLogger({ level: 'silent' }),
    jobs: {
      waiting,
      async enqueue(tx, name, input, { actor } = {}) {
        tx.afterCommit(() => void waiting.push({ name, data: { org: tx.org, actor: actor ?? tx.actor, input } }))
      },
    },
  }
  const organization = async (name: string): Promise<string> => {
    const org = newId('org', clock().getTime())
    await db.tenant({ org, actor: 'system' }, async (tx) => {
      await tx.run(sql`insert into organization (org_id, name, created_at) values (${org}, ${name}, ${tx.now})`)
      await openLedger(tx)
    })
    return org
  }
  const org = await organization('Test Company')
  const actor = (roles: readonly Role[], of = org): Actor => ({ org: of, id: 'usr_test', name: 'Test Person', roles })
  return {
    ...services,
    clock,
    folder,
    org,
    owner,
    connection,
    organization,
    actor,
    sequence: () => sequencer.tick(),
    async checkLedger(of = org) {
      const { blobs, config } = services
      const options = { dataDir: folder, blobs, authorities: config.timestampAuthorities }
      const report = await db.tenant({ org: of, actor: 'system' }, (tx) => checkLedger(tx, options), 'read')
      if (!report.is_intact) throw new Error(`the ledger is damaged: ${JSON.stringify(report.findings, null, 2)}`)
      return report
    },
    tenant: (work, of = org) => db.tenant({ org: of, actor: 'usr_test' }, work),
    perform: (name, action, input, who = actor(['so_admin']), at = {}) =>
      db.tenant({ org: who.org, actor: who.id }, async (tx) => {
        const ctx: Ctx = {
          ...services,
          tx,
          actor: who,
          operations: [name],
          now: tx.now,
          asOf: at.asOf ?? tx.now,
          knownAt: at.knownAt ?? tx.now,
        }
        return (await perform(name, action, ctx, input)) as never
      }),
    async close() {
      await db.close()
      await sequencerDb.close()
      await owner.end()
      await admin.query(`drop database ${database} with (force)`)
      await admin.end()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
