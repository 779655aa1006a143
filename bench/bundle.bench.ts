// SPDX-License-Identifier: Apache-2.0
import { hash, randomBytes } from 'node:crypto'
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { kindOf } from '../catalog/kinds/registry.ts'
import { keepCaptures, recordCollection } from '../features/evidence/evidence.store.ts'
import { openSequencer } from '../features/ledger/sequencer.actions.ts'
import { reportsJobs } from '../features/reports/reports.actions.ts'
import { bundleFile, saveBundle } from '../features/reports/reports.store.ts'
import { diskBlobs } from '../lib/blobs.ts'
import { loadConfig } from '../lib/config.ts'
import { Database } from '../lib/db.ts'
import { openInbox } from '../lib/inbox.ts'
import { createLogger } from '../lib/log.ts'
import type { Services } from '../lib/services.ts'
import { openStage, type Stage } from './stage.ts'

/*
 * W9: evidence bundles, 1,000 files of 100 kB and 10 of 50 MB that nothing makes smaller. The export is the server's own
 * job: files are read, decrypted, hashed, listed, sealed and synced. Against `zip -0` of the same files, which does
 * nothing of that; `assay verify` as a person runs it against `sha256sum -c`; in turn, the median of the pairs.
 */

const MB = 1_000_000
const PAIRS = Number(process.env['ASSAY_BENCH_PAIRS'] ?? 5)
/** Files of one reading at most, and their bytes: nothing else is to fill the memory that is measured. */
const CAPTURES = 20
const CAPTURED = 50 * MB
const assay = join(import.meta.dirname, '..', 'bin', 'assay.mjs')

interface Shape {
  readonly says: string
  readonly files: number
  readonly bytes: number
}

function seconds(command: string, args: readonly string[], cwd?: string): number {
  const started = performance.now()
  const { status, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`)
  return (performance.now() - started) / 1000
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

let failed = false
function row(what: string, measured: string, ratio: number | string, goal: string, holds: boolean): void {
  failed ||= !holds
  const shown = typeof ratio === 'number' ? `${ratio.toFixed(2)}x` : ratio
  console.log(
    `${what.padEnd(52)} ${measured.padStart(12)} ${shown.padStart(9)}   ${goal.padEnd(28)} ${holds ? 'ok' : 'MISSED'}`,
  )
}

/** Records files as a connector does, some to a reading. */
async function record(stage: Stage, { files, bytes }: Shape): Promise<void> {
  const kind = kindOf('device')
  const at = new Date().toISOString()
  const together = Math.min(CAPTURES, Math.floor(CAPTURED / bytes))
  for (let done = 0, n = 0; done < files; done += together, n++) {
    const captures = Array.from({ length: Math.min(together, files - done) }, (_, i) => ({
      ...{ name: `${i}.bin`, media_type: 'application/octet-stream', bytes: randomBytes(bytes), captured_at: at },
    }))
    const collected = {
      ...{ stream: `s${n}`, kind: kind.id, kind_version: kind.version, outcome: 'complete' as const, listed: 0 },
      ...{ collected: 0, unreachable: [], reconciliation: 'no-census' as const, observed_at: at, captures, rows: [] },
      producer: { id: 'bench', version: '1' },
    }
    const source = { kind: 'import' as const, ref: `s${n}`, name: `s${n}` }
    const kept = await keepCaptures(stage.blobs, stage.org, collected)
    await stage.db.tenant({ org: stage.org, actor: 'system' }, (tx) =>
      recordCollection(tx, kind, source, collected, kept),
    )
  }
}

interface Exported {
  readonly path: string
  readonly seconds: number
}

/** Makes a bundle as the worker does. */
async function exported(
  stage: Services & Pick<Stage, 'org' | 'folder'>,
  tick: () => Promise<unknown>,
): Promise<Exported> {
  const who = { org: stage.org, actor: 'system' }
  const id = await stage.db.tenant(who, (tx) => saveBundle(tx, 'bench', {}))
  await tick()
  const started = performance.now()
  const input = { bundle_id: id }
  await reportsJobs.export(stage)({ ...who, input, id: 'job', signal: new AbortController().signal })
  const took = (performance.now() - started) / 1000
  const file = await stage.db.tenant(who, (tx) => bundleFile(tx, stage.folder, id))
  if (!file) throw new Error('the bundle was not made')
  return { path: file.path, seconds: took }
}

/** Runs a program and gives the most memory it held, in bytes (Linux; elsewhere nothing). */
async function peakOf(command: string, args: readonly string[]): Promise<number> {
  const child = spawn(command, args, { stdio: 'ignore' })
  let peak = 0
  const look = setInterval(() => {
    try {
      peak =
        Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) * 1024 || peak
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error // it has ended
    }
  }, 10)
  const status = await new Promise((done) => child.once('close', done))
  clearInterval(look)
  if (status !== 0) throw new Error(`${command} ended with ${String(status)}`)
  return peak
}

const shaRate = (): number => {
  const bytes = Buffer.alloc(64 * MB, 1)
  const started = performance.now()
  for (let at = 0; at < bytes.length; at += MB) hash('sha256', bytes.subarray(at, at + MB))
  return bytes.length / ((performance.now() - started) / 1000)
}

async function withShape(
  shape: Shape,
  work: (stage: Stage, tick: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const stage = await openStage()
  const database = new Database(
    { ...stage.owner.options, user: 'assay_sequencer', max: 5 },
    { kek: Buffer.alloc(32, 7) },
  )
  const sequencer = openSequencer({ database, dataDir: stage.folder, log: stage.log })
  try {
    await record(stage, shape)
    await sequencer.tick()
    await work(stage, () => sequencer.tick())
  } finally {
    await database.close()
    await stage.close()
  }
}

async function compare(shape: Shape): Promise<void> {
  await withShape(shape, async (stage, tick) => {
    const bytes = shape.files * shape.bytes
    const exports: { ours: number; zip: number }[] = []
    const checks: { ours: number; sum: number; sha: number }[] = []
    const unpacked = join(stage.folder, 'unpacked')
    for (let pair = 0; pair < PAIRS; pair++) {
      const bundle = await exported(stage, tick)
      if (pair === 0) {
        mkdirSync(unpacked)
        seconds('unzip', ['-q', bundle.path, '-d', unpacked])
      }
      const zip = join(stage.folder, 'plain.zip')
      exports.push({ ours: bundle.seconds, zip: seconds('zip', ['-0', '-q', '-r', zip, 'bench'], unpacked) })
      rmSync(zip)
      const ours = seconds(process.execPath, [assay, 'verify', bundle.path])
      const sum = seconds('sha256sum', ['-c', '--quiet', 'manifest-sha256.txt'], join(unpacked, 'bench'))
      checks.push({ ours, sum, sha: bytes / shaRate() })
      rmSync(bundle.path)
    }
    const of = (pick: (pair: (typeof checks)[number]) => number): number => median(checks.map(pick))
    const toZip = median(exports.map(({ ours, zip }) => ours / zip))
    const export_s = median(exports.map(({ ours }) => ours))
    const big = shape.bytes >= 10 * MB
    row(`export of ${shape.says}`, `${export_s.toFixed(2)} s`, toZip, '<= 1.2x the time of zip -0', toZip <= 1.2)
    const faster = of(({ ours, sum }) => sum / ours)
    const share = of(({ ours, sha }) => sha / ours)
    const shown = `${of(({ ours }) => ours).toFixed(2)} s`
    // Of small bundles a program's start is most; the goals are about bytes.
    row(
      `assay verify of ${shape.says}`,
      shown,
      faster,
      big ? '>= 2.5x as fast as sha256sum' : '',
      !big || faster >= 2.5,
    )
    row('the same', shown, share, big ? '>= 0.7x of the rate of SHA-256' : '', !big || share >= 0.7)
  })
}

/** What a process of its own needs to make a bundle of what another one recorded. */
interface Errand {
  readonly org: string
  readonly folder: string
  readonly connection: pg.PoolConfig
}

/** As a process of its own, whose memory nothing else has filled; leaves the bundle's path in the folder. */
async function runErrand({ org, folder, connection }: Errand): Promise<void> {
  const kek = Buffer.alloc(32, 7)
  const log = createLogger({ level: 'error' })
  const services: Services = {
    db: new Database({ ...connection, user: 'assay_app' }, { kek }),
    config: loadConfig({ ASSAY_DATA: folder }),
    clock: () => new Date(),
    blobs: diskBlobs(join(folder, 'blobs')),
    inbox: openInbox(folder),
    jobs: { enqueue: async () => undefined },
    monitor: connection,
    log,
  }
  const database = new Database({ ...connection, user: 'assay_sequencer', max: 5 }, { kek })
  const sequencer = openSequencer({ database, dataDir: folder, log })
  const made = await exported({ ...services, org, folder }, () => sequencer.tick())
  writeFileSync(join(folder, 'made.json'), JSON.stringify(made))
}

/** Two gigabytes: neither side may hold more of them than of a small bundle. */
async function large(shape: Shape): Promise<void> {
  await withShape(shape, async ({ org, folder, owner }) => {
    const { host, port, database } = owner.options
    const errand = JSON.stringify({ org, folder, connection: { host, port, database } })
    const peak = await peakOf(process.execPath, [import.meta.filename, errand])
    const { path, seconds: took } = JSON.parse(readFileSync(join(folder, 'made.json'), 'utf8')) as Exported
    const mb = (n: number): string => `${Math.round(n / MB)} MB`
    row(`export of ${shape.says}: memory`, `${took.toFixed(1)} s`, mb(peak), '<= 200 MB', peak <= 200 * MB)
    const verifier = join(import.meta.dirname, '..', 'proof', 'main.ts')
    const held = await peakOf(process.execPath, [verifier, path])
    row(`assay verify of ${shape.says}: memory`, '', mb(held), '<= 150 MB', held <= 150 * MB)
  })
}

const errand = process.argv[2]
if (errand !== undefined) {
  await runErrand(JSON.parse(errand) as Errand)
  process.exit(0)
}
console.log('Each ratio is the median of pairs run in turn.\n')
await compare({ says: '1,000 files of 100 kB', files: 1000, bytes: MB / 10 })
await compare({ says: '10 files of 50 MB', files: 10, bytes: 50 * MB })
await large({ says: '40 files of 50 MB', files: 40, bytes: 50 * MB })
process.exit(failed ? 1 : 0)
