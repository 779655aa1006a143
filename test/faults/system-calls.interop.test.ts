// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { guardLedgers, openSequencer } from '../../features/ledger/sequencer.actions.ts'
import { diskBlobs } from '../../lib/blobs.ts'
import { Database } from '../../lib/db.ts'
import { createLogger } from '../../lib/log.ts'
import { createWorld, type World } from '../world.ts'
import { RECORDS, type Task } from './traced-writer.ts'

/*
 * A real process stores files, records them and publishes the ledger, and strace ends it, or lets the disk fail, at one
 * system call after the other. Whatever the call, the data is sound afterwards and holds all that was acknowledged.
 * Needs strace, and the right to trace a process of one's own (kernel.yama.ptrace_scope 0, or root).
 */

const kek = Buffer.alloc(32, 7)
const log = createLogger({ level: 'silent' })
const FILES =
  'openat,write,pwrite64,fsync,fdatasync,?rename,renameat,?renameat2,?unlink,unlinkat,?mkdir,mkdirat,?chmod,fchmod'

let world: World
let folder: string
beforeAll(async () => {
  world = await createWorld()
  folder = mkdtempSync(join(tmpdir(), 'assay-calls-'))
})
afterAll(async () => {
  await world.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Trial {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly kept: readonly { manifest: string; blob: string }[]
  readonly refused: readonly string[]
  readonly isDone: boolean
  readonly complaint: string
}

/** Runs the writer with strace on the thread that does its files. @param how what strace is told of it */
async function trial(how: readonly string[]): Promise<Trial> {
  const { host, port, database } = world.connection('assay_app') as { host: string; port: number; database: string }
  const task: Task = { host, port, database, kek: kek.toString('hex'), dataDir: world.folder, org: world.org }
  const writer = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'traced-writer.ts'), JSON.stringify(task)],
    { env: { ...process.env, UV_THREADPOOL_SIZE: '1' } },
  )
  let said = ''
  let complaint = ''
  writer.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  writer.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  const gone = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done) =>
    writer.once('close', (code, signal) => done({ code, signal })),
  )
  await Promise.race([heard(writer, () => said.includes('ready\n')), gone])
  const tracer = spawn('strace', ['-p', String(fileThread(writer)), ...how])
  let traced = ''
  tracer.stderr.on('data', (chunk: Buffer) => (traced += chunk.toString()))
  const over = new Promise<void>((done, failed) => {
    tracer.once('error', failed)
    tracer.once('close', () => done())
  })
  await Promise.race([
    heardOf(tracer.stderr, () => traced.includes('attached')),
    over.then(() => Promise.reject(new Error(`strace could not take hold: ${traced}`))),
  ])
  writer.stdin.write('go\n')
  const ended = await gone
  await over
  const lines = said.split('\n')
  return {
    ...ended,
    kept: lines.flatMap((line) => {
      const [word, manifest = '', blob = ''] = line.split(' ')
      return word === 'kept' ? [{ manifest, blob }] : []
    }),
    refused: lines.filter((line) => line.startsWith('refused ')).map((line) => line.slice(8)),
    isDone: lines.includes('done'),
    complaint,
  }
}

const heard = (writer: ChildProcess, what: () => boolean): Promise<void> => heardOf(writer.stdout!, what) // a pipe, see spawn
const heardOf = (stream: NodeJS.ReadableStream, what: () => boolean): Promise<void> =>
  new Promise((done) => {
    const look = (): void => {
      if (what()) done()
    }
    stream.on('data', look)
    look()
  })

function fileThread(writer: ChildProcess): number {
  const tasks = `/proc/${writer.pid}/task`
  const found = readdirSync(tasks).filter((id) =>
    readFileSync(join(tasks, id, 'comm'), 'utf8').startsWith('libuv-worker'),
  )
  expect(found).toHaveLength(1)
  return Number(found[0])
}

/** A fresh server takes over: the ledger verifies, and every acknowledged record and file is there, as it was. */
async function isSound(kept: Trial['kept']): Promise<void> {
  const database = new Database(world.connection('assay_sequencer'), { kek })
  const guarded = await guardLedgers({ database, dataDir: world.folder, log })
  expect(guarded).toEqual([{ org: world.org, recovered: 0, frozen: undefined }])
  const sequencer = openSequencer({ database, dataDir: world.folder, log })
  await sequencer.tick()
  await database.close()
  expect((await world.checkLedger()).checked.pending).toBe(0)
  const { rows } = await world.owner.query<{ manifest: string }>(
    'select manifest from ledger_leaf where manifest = any($1)',
    [kept.map(({ manifest }) => manifest)],
  )
  expect(rows).toHaveLength(kept.length)
  const blobs = diskBlobs(join(world.folder, 'blobs'))
  for (const { blob } of kept) await blobs.get(world.org, blob)
  // Every file under a name is whole, acknowledged or not.
  for await (const name of blobs.names(world.org, new Date(Date.now() + 60_000))) await blobs.get(world.org, name)
}

/** The nth invocation of a system call by the thread that does the files. */
interface Call {
  readonly name: string
  readonly nth: number
  /** Whether it touches a stored file of evidence. */
  readonly isStore?: boolean
}

/** The calls of an undisturbed writer that touch a file of the data folder, in their order. */
async function callsOf(): Promise<Call[]> {
  const file = join(folder, 'trace')
  const { isDone, kept } = await trial(['-y', '-e', `trace=${FILES}`, '-o', file])
  expect({ isDone, kept: kept.length }).toEqual({ isDone: true, kept: RECORDS })
  const seen = new Map<string, number>()
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const name = /^(\w+)\(/.exec(line)?.[1]
      if (name === undefined) return []
      const nth = (seen.get(name) ?? 0) + 1
      seen.set(name, nth)
      return line.includes(world.folder) ? [{ name, nth, isStore: line.includes('/blobs/') }] : []
    })
}

/** From the first to the last, evenly, `most` of them. */
const spread = (calls: readonly Call[], most: number): Call[] =>
  calls.filter((_, i) => Math.floor((i * most) / calls.length) !== Math.floor(((i - 1) * most) / calls.length))
const inject = ({ name, nth }: Call, fault: string): string[] => [
  ...['-e', `trace=${name}`],
  ...['-e', `inject=${name}:${fault}:when=${nth}`, '-o', '/dev/null'],
]

describe('a process that stores, records and publishes', () => {
  let calls: Call[]
  beforeAll(async () => {
    await isSound((await trial(['-e', 'trace=fsync', '-o', '/dev/null'])).kept) // its folders are there from now on
    calls = await callsOf()
    expect(calls.length).toBeGreaterThan(100)
  })

  /** A tree that has grown has other tiles, so a writer may make a call or two less than the one that was counted. */
  const MISSED = 2

  test('may be killed at any system call that touches a file: nothing acknowledged is lost, nothing is half', async () => {
    // Each step of the first file; then of everything. How often the thread wakes the others, by `write`, varies a little.
    const first = calls.filter(({ isStore }) => isStore).slice(0, 8)
    const near = first.flatMap(({ name, nth }) =>
      name === 'write' ? [1, 2].map((by) => ({ name, nth: nth + by })) : [],
    )
    const points = [...first, ...near, ...spread(calls, 14)]
    let killed = 0
    for (const call of points) {
      const { signal, kept, isDone } = await trial(inject(call, 'signal=KILL'))
      expect({ call, isDone }).toEqual({ call, isDone: signal === null })
      if (signal === 'SIGKILL') killed++
      await isSound(kept)
    }
    expect(killed).toBeGreaterThanOrEqual(points.length - MISSED)
  })

  test('ends by name when the disk does not confirm a write, and finds everything sound at its next start', async () => {
    const points = spread(
      calls.filter(({ name }) => name === 'fsync' || name === 'fdatasync'),
      6,
    )
    let ended = 0
    for (const call of points) {
      const { code, kept, complaint, isDone } = await trial(inject(call, 'error=EIO'))
      expect({ call, code }).toEqual({ call, code: isDone ? 0 : 74 })
      if (!isDone) ended++
      if (!isDone) expect(complaint).toMatch(/the disk did not confirm a write.*EIO.*start again to check the data/)
      await isSound(kept)
    }
    expect(ended).toBeGreaterThanOrEqual(points.length - MISSED)
  })

  test('refuses by name what a full disk does not take, and goes on with the next', async () => {
    // Not `write`: the thread also writes to wake the others. storage.interop.test.ts has a disk that takes no byte more.
    const points = spread(
      calls.filter(({ name }) => /^(mkdir|rename)/.test(name)),
      8,
    )
    let met = 0
    for (const call of points) {
      const { code, kept, refused, isDone, complaint } = await trial(inject(call, 'error=ENOSPC'))
      expect({ call, code, isDone, complaint }).toEqual({ call, code: 0, isDone: true, complaint: '' })
      if (refused.length > 0) met++
      for (const reason of refused) expect(['STORAGE_FULL', 'LEDGER_UNWRITTEN']).toContain(reason)
      expect(kept.length).toBe(RECORDS - refused.filter((reason) => reason === 'STORAGE_FULL').length)
      await isSound(kept)
    }
    expect(met).toBeGreaterThanOrEqual(points.length - MISSED)
  })
})
