// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkLedger } from '../../features/ledger/checking.actions.ts'
import { openLedger } from '../../features/ledger/ledger.store.ts'
import { guardLedgers, openSequencer } from '../../features/ledger/sequencer.actions.ts'
import { memoryBlobs } from '../../lib/blobs.ts'
import { Database, sql } from '../../lib/db.ts'
import { newId } from '../../lib/ids.ts'
import { createLogger } from '../../lib/log.ts'
import { migrate, readMigrations } from '../../lib/migrate.ts'
import { startPostgres, type Postgres } from '../../lib/postgres.ts'
import { parseCheckpoint } from '../../proof/checkpoint.ts'
import { parseNote } from '../../proof/note.ts'
import type { Order } from './hammer.ts'

/** Three in the everyday suite; `npm run interop` asks for twenty. */
const TRIALS = Number(process.env['ASSAY_TRIALS'] ?? 3)
const SECONDS_A_TRIAL = 20

const kek = Buffer.alloc(32, 9)
const log = createLogger({ level: 'silent' })
const folder = mkdtempSync(join(tmpdir(), 'assay-kills-'))
const acks = join(folder, 'acks')
const org = newId('org', Date.now())
let postgres: Postgres

beforeAll(async () => {
  postgres = await startPostgres({ dataDir: join(folder, 'postgres'), log })
  await migrate(postgres.connection('owner'), readMigrations('db/migrations'))
  const db = new Database(postgres.connection('assay_app'), { kek })
  await db.tenant({ org, actor: 'system' }, async (tx) => {
    await tx.run(sql`insert into organization (org_id, name, created_at) values (${org}, 'Killed', ${tx.now})`)
    await openLedger(tx)
  })
  await db.close()
  writeFileSync(acks, '')
})
afterAll(async () => {
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
})

function start(does: Order['does']): ChildProcess {
  const order: Order = {
    does,
    host: postgres.host,
    port: postgres.port,
    kek: kek.toString('hex'),
    dataDir: folder,
    org,
    acks,
  }
  return spawn(process.execPath, [join(import.meta.dirname, 'hammer.ts'), JSON.stringify(order)], { stdio: 'ignore' })
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((done) =>
    child.exitCode === null && child.signalCode === null ? child.once('close', () => done()) : done(),
  )

/** Kills the server and all its processes at once, as a power cut does to the programs. */
async function killPostgres(): Promise<void> {
  const [pid] = readFileSync(join(folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')
  const family = [Number(pid), ...childrenOf(Number(pid))]
  for (const one of family) killed(one)
  await postgres.gone
}

function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    // It ended by itself between the look and the kill.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

const childrenOf = (parent: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/stat`))
    .filter((name) => parentOf(name) === parent)
    .map(Number)

function parentOf(pid: string): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1])
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return undefined
    throw error
  }
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))
/** Checkpoints as outsiders saw them: the published file, read while everything was running and being killed. */
const seen = new Map<number, string>()
function lookAtPublication(): void {
  const file = join(folder, 'ledger', org, 'checkpoint')
  if (!existsSync(file)) return
  const { size, root } = parseCheckpoint(parseNote(readFileSync(file, 'utf8')).text)
  const text = Buffer.from(root).toString('hex')
  expect(seen.get(size) ?? text).toBe(text)
  seen.set(size, text)
}

async function underLoad(ms: number): Promise<ChildProcess[]> {
  const processes = [start('write'), start('sequence'), start('sequence')]
  const before = readFileSync(acks).length
  const published = seen.size
  // Node's start counts for nothing: the time runs from the first record acknowledged.
  for (let wait = 0; readFileSync(acks).length === before && wait < 400; wait++) await pause(25)
  for (let at = 0; at < ms; at += 10) {
    await pause(10)
    lookAtPublication()
  }
  // On a machine that is busy elsewhere nothing may have been published yet, and a kill would prove little.
  for (let wait = 0; seen.size < published + 2 && wait < 400; wait++) {
    await pause(25)
    lookAtPublication()
  }
  return processes
}

/** What is left after the kill: everything acknowledged, once, in one history. */
async function reckon(): Promise<{ acked: number; size: number }> {
  const database = new Database(postgres.connection('assay_sequencer'), { kek })
  const app = new Database(postgres.connection('assay_app'), { kek })
  const [guarded] = await guardLedgers({ database, dataDir: folder, log })
  expect(guarded).toEqual({ org, recovered: 0, frozen: undefined })
  const sequencer = openSequencer({ database, dataDir: folder, log })
  await sequencer.tick()
  await sequencer.tick()
  expect(sequencer.health().refused).toBeUndefined()
  lookAtPublication()
  const report = await app.tenant(
    { org, actor: 'system' },
    (tx) => checkLedger(tx, { dataDir: folder, blobs: memoryBlobs(), authorities: [] }),
    'read',
  )
  expect(report.findings).toEqual([])
  expect(report.checked.pending).toBe(0)
  const owner = new pg.Client(postgres.connection('owner'))
  await owner.connect()
  const { rows } = await owner.query<{ manifest: string }>('select manifest from ledger_leaf')
  const { rows: signed } = await owner.query<{ size: string; root: Buffer }>('select size, root from ledger_checkpoint')
  await owner.end()
  await app.close()
  await database.close()
  const acked = readFileSync(acks, 'utf8').split('\n').filter(Boolean)
  const placed = new Map<string, number>()
  for (const { manifest } of rows) placed.set(manifest, (placed.get(manifest) ?? 0) + 1)
  expect(acked.filter((manifest) => placed.get(manifest) !== 1)).toEqual([])
  const roots = new Map(signed.map(({ size, root }) => [Number(size), root.toString('hex')]))
  for (const [size, root] of seen) expect([size, roots.get(size)]).toEqual([size, root])
  return { acked: acked.length, size: report.size }
}

describe('two sequencers under load, killed with kill -9', () => {
  it(
    `${TRIALS} times: nothing lost, nothing twice, one history`,
    async () => {
      for (let trial = 0; trial < TRIALS; trial++) {
        const processes = await underLoad(150 + ((trial * 137) % 500))
        // By turns: the sequencers, the database with all its processes, everything.
        if (trial % 3 !== 1) for (const child of processes.slice(1)) child.kill('SIGKILL')
        if (trial % 3 !== 0) {
          await killPostgres()
          postgres = await startPostgres({ dataDir: join(folder, 'postgres'), log })
        } else await pause(100) // the writer goes on alone
        for (const child of processes) child.kill('SIGKILL')
        await Promise.all(processes.map(ended))
        const { acked, size } = await reckon()
        expect(size).toBeGreaterThanOrEqual(acked + 3)
      }
      expect(seen.size).toBeGreaterThan(TRIALS)
    },
    TRIALS * SECONDS_A_TRIAL * 1000,
  )
})
