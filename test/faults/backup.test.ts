// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cloudScan } from '../../demo/scans.ts'
import type { LedgerInBackup } from '../../lib/backup-list.ts'
import { readInstanceKey } from '../../lib/instance-key.ts'
import { readRunning } from '../../lib/running.ts'
import { assay, startRunning, type Running } from '../e2e/running.ts'
import { openApi, readiness, setUp, until } from './api.ts'
import type { Order } from './hammer.ts'

/*
 * A server that records as fast as it can is backed up, destroyed and brought back; backup and restore are killed at
 * moments of all sorts. One kill of each in the everyday suite; `npm run interop` asks for twenty.
 */
const KILLS = Number(process.env['ASSAY_TRIALS'] ?? 1)

const folder = mkdtempSync(join(tmpdir(), 'assay-backups-'))
const inFolder = (name: string): string => join(folder, name)
const dataDir = inFolder('data')
const safeKey = inFolder('safe.key')
const acks = inFolder('acks')
let server: Running
let key: string
let backupMs: number

beforeAll(async () => {
  server = await startRunning({ dataDir })
  key = await setUp(server)
  cpSync(join(dataDir, 'instance.key'), safeKey) // as the README says
  writeFileSync(inFolder('scan.json'), cloudScan('2026-01-01', 25))
  await run('evidence', 'import', '--upload', inFolder('scan.json'), '--series', 'Cloud', '--wait')
  writeFileSync(acks, '')
}, 120_000)
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

const env = (): Record<string, string> => ({
  ASSAY_SERVER: server.url,
  ASSAY_API_KEY: key,
  ASSAY_DATA: dataDir,
})
async function run(...words: string[]): Promise<string> {
  const { code, out, err } = await assay(words, { env: env() })
  if (code !== 0) throw new Error(`assay ${words.join(' ')} ended with ${code}: ${err}`)
  return out
}

/** Rows by table of a running server. */
async function counts(data = dataDir): Promise<Record<string, number>> {
  const client = new pg.Client(readRunning(data).owner)
  await client.connect()
  const tables = ['ledger_leaf', 'ledger_pending', 'ledger_manifest', 'capture', 'collection', 'fact', 'account']
  const found: Record<string, number> = {}
  for (const table of tables) {
    const { rows } = await client.query<{ count: number }>(`select count(*)::int as count from ${table}`)
    found[table] = rows[0]?.count ?? -1
  }
  const lost = await client.query('select from ledger_manifest where lost_at is not null')
  await client.end()
  return { ...found, lost: lost.rowCount ?? -1 }
}

async function recording(): Promise<ChildProcess> {
  const { owner } = readRunning(dataDir)
  const client = new pg.Client(owner)
  await client.connect()
  const { rows } = await client.query<{ org_id: string }>('select org_id from organization')
  await client.end()
  const kek = readInstanceKey(safeKey)!.toString('hex') // copied above
  const order: Order = { does: 'write', ...owner, kek, dataDir, org: rows[0]!.org_id, acks }
  const child = spawn(process.execPath, [join(import.meta.dirname, 'hammer.ts'), JSON.stringify(order)])
  await until(() => readFileSync(acks, 'utf8').split('\n').length > 200)
  return child
}
const ended = (child: ChildProcess): Promise<void> =>
  new Promise((done) =>
    child.exitCode === null && child.signalCode === null ? child.once('close', () => done()) : done(),
  )

/** Takes the data away as a lost disk does, and starts what a backup gives back. */
async function bringBack(backup: string): Promise<void> {
  await server.stop()
  renameSync(dataDir, inFolder(`lost-${Date.now()}`))
  await run('restore', backup, '--key', safeKey)
  server = await startRunning({ dataDir })
}
const listOf = (backup: string): { ledgers: LedgerInBackup[] } =>
  JSON.parse(readFileSync(join(backup, 'backup.json'), 'utf8')) as { ledgers: LedgerInBackup[] }

describe('a server under load', { timeout: 240_000 }, () => {
  test('is backed up while it records, and what comes back is whole, verifies and goes on', async () => {
    const busy = await recording()
    const before = readFileSync(acks, 'utf8').split('\n').filter(Boolean)
    const began = performance.now()
    await run('backup', inFolder('busy'))
    backupMs = performance.now() - began
    busy.kill('SIGKILL')
    await ended(busy)
    const [ledger] = listOf(inFolder('busy')).ledgers
    expect(ledger?.doubts).toEqual([])
    expect(ledger?.size).toBeGreaterThan(before.length)

    await bringBack(inFolder('busy'))
    expect(await readiness(server.url, 'fork guard')).toMatchObject({ ok: true })
    await until(async () => (await counts())['ledger_pending'] === 0)
    const { body: check } = await openApi(server.url, key).query('ledger.check')
    expect(check).toMatchObject({ is_intact: true, found: 0, checked: { pending: 0, evidence: 1 } })
    expect(check['size']).toBeGreaterThanOrEqual(ledger?.size ?? Infinity)
    const client = new pg.Client(readRunning(dataDir).owner)
    await client.connect()
    const { rows } = await client.query<{ manifest: string }>('select manifest from ledger_leaf')
    await client.end()
    const there = new Set(rows.map(({ manifest }) => manifest))
    expect(before.filter((manifest) => !there.has(manifest))).toEqual([])
    expect((await counts())['lost']).toBe(0)
  })
})

describe('a server with a damaged file', { timeout: 120_000 }, () => {
  test('is backed up all the same, and the backup says which evidence it is', async () => {
    const blobs = join(dataDir, 'blobs')
    const name = readdirSync(blobs, { recursive: true, encoding: 'utf8' }).find((one) => /[0-9a-f]{64}$/.test(one))
    const blob = join(blobs, name ?? '')
    const bytes = readFileSync(blob)
    chmodSync(blob, 0o600)
    writeFileSync(blob, bytes.subarray(1))
    const { code, out, err } = await assay(['--json', 'backup', inFolder('damaged')], { env: env() })
    writeFileSync(blob, bytes)
    expect([code, existsSync(inFolder('damaged'))]).toEqual([1, true])
    expect(JSON.parse(out)).toMatchObject({ ledgers: [{ doubts: [expect.stringMatching(/^evidence col_/)] }] })
    expect(err).toMatch(/ledger-in-doubt.*evidence col_\w+ file 0/s)
  })
})

describe('killed with kill -9 at any moment', { timeout: 120_000 + KILLS * 30_000 }, () => {
  /** What the server had when the last backup was made. */
  let whole: Record<string, number>

  /** Starts a command and kills it after a while, unless it has ended by itself. */
  async function killed(words: readonly string[], ms: number, more: Record<string, string> = {}): Promise<void> {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'entrypoints/cli.ts', ...words], {
      env: { ...process.env, ...env(), ...more },
      stdio: 'ignore',
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), ms)
    await ended(child)
    clearTimeout(timer)
  }

  test('a backup leaves no folder that looks like one, and the next one is made', async () => {
    const target = inFolder('killed')
    for (let n = 0; n < KILLS; n++) {
      await killed(['backup', target], Math.random() * backupMs)
      expect(existsSync(join(target, 'backup.json'))).toBe(existsSync(target))
      rmSync(target, { recursive: true, force: true })
    }
    whole = await counts()
    await run('backup', target)
    expect(existsSync(`${target}.assay.part`)).toBe(false)
    const client = new pg.Client(readRunning(dataDir).owner)
    await client.connect()
    expect((await client.query('select slot_name from pg_replication_slots')).rows).toEqual([])
    await client.end()
  })

  test('a restore leaves no folder that looks like data, and the next one puts it in place', async () => {
    const place = { ASSAY_DATA: inFolder('place') }
    const words = ['restore', inFolder('killed'), '--key', safeKey]
    const began = performance.now()
    expect((await assay(words, { env: place })).code).toBe(0)
    const restoreMs = performance.now() - began
    for (let n = 0; n < KILLS; n++) {
      rmSync(place.ASSAY_DATA, { recursive: true, force: true })
      await killed(words, Math.random() * restoreMs, place)
      expect(existsSync(join(place.ASSAY_DATA, 'instance.key'))).toBe(existsSync(place.ASSAY_DATA))
    }
    if (!existsSync(place.ASSAY_DATA)) expect((await assay(words, { env: place })).code).toBe(0)
    const restored = await startRunning({ dataDir: place.ASSAY_DATA })
    const { body } = await openApi(restored.url, key).query('ledger.check')
    const found = await counts(place.ASSAY_DATA)
    await restored.stop()
    expect(found).toEqual(whole)
    expect(body).toMatchObject({ is_intact: true, found: 0 })
  })
})

describe('a server whose key is lost', { timeout: 120_000 }, () => {
  test('does not start with a new one, and does when the old one is back', async () => {
    const file = join(dataDir, 'instance.key')
    await server.stop()
    rmSync(file)
    await expect(startRunning({ dataDir })).rejects.toThrow(
      /the key of this instance is gone: there is no .*instance.key/,
    )
    expect(existsSync(file)).toBe(false)
    appendFileSync(file, `${'0'.repeat(64)}\n`)
    await expect(startRunning({ dataDir })).rejects.toThrow(/is not the one of this instance/)
    rmSync(file, { force: true })
    cpSync(safeKey, file)
    server = await startRunning({ dataDir })
    expect(await readiness(server.url, 'fork guard')).toMatchObject({ ok: true })
  })
})
