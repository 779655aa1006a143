// SPDX-License-Identifier: Apache-2.0
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parseCheckpoint } from '../../proof/checkpoint.ts'
import { parseNote } from '../../proof/note.ts'
import { startRunning, type Running } from '../e2e/running.ts'
import { openApi, readiness, setUp, until, type Api } from './api.ts'
import { mountSmallDisks, type SmallDisks } from './small-disk.ts'

/** Real servers on real file systems that are full. */

let parent: string
let data: string
let disks: SmallDisks
let server: Running
let key = ''
let api: Api

const within = (name: string): string => join(data, name)
const start = async (leastFreeMb: number): Promise<void> => {
  server = await startRunning({ dataDir: data, before: disks.enter, env: { ASSAY_MIN_FREE_MB: String(leastFreeMb) } })
  key ||= await setUp(server)
  api = openApi(server.url, key)
}
/** A data folder of which these parts lie on disks of their own, `.` all the rest. */
function onDisks(mb: Readonly<Record<string, number>>): void {
  beforeAll(async () => {
    parent = mkdtempSync(join(tmpdir(), 'assay-full-'))
    data = join(parent, 'data')
    key = ''
    disks = await mountSmallDisks(Object.entries(mb).map(([name, size]) => ({ path: within(name), mb: size })))
  })
  afterAll(async () => {
    await disks.close()
    rmSync(parent, { recursive: true, force: true })
  })
}
const filesIn = (name: string): string[] =>
  readdirSync(disks.outside(within(name)), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'ballast')
    .map((entry) => entry.name)
const isWhole = async (): Promise<void> =>
  expect((await api.query('ledger.check')).body).toMatchObject({ is_intact: true, findings: [] })
const task = (title: string) =>
  api.command('tasks.create', { title, finding: 'Found by hand.', remediation: 'Mend it.' }, randomUUID())

describe('a full disk', () => {
  onDisks({ '.': 400, blobs: 4, inbox: 6, ledger: 2 })
  beforeEach(() => start(0))
  afterEach(() => server.stop())

  test('under the received files refuses an upload with 507 and keeps nothing of it; with room it is taken', async () => {
    const file = randomBytes(2 * 1024 * 1024)
    disks.fill(within('inbox'), 64)
    const refused = await api.upload('big.bin', file)
    expect(refused).toMatchObject({
      status: 507,
      body: { type: 'urn:assay:problem:storage-full', title: 'No space left', code: 'STORAGE_FULL' },
    })
    expect(filesIn('inbox')).toEqual([])
    disks.free(within('inbox'))
    expect((await api.upload('big.bin', file)).status).toBe(200)
  })

  test('under the evidence refuses it with 507, without a row or half a file; the same request goes through with room', async () => {
    const before = (await api.query('evidence.list')).body
    const upload = (await api.upload('minutes.bin', randomBytes(1024 * 1024))).body['id']
    disks.fill(within('blobs'), 64)
    const attach = { upload, source: 'board meeting' }
    const again = randomUUID()
    expect(await api.command('evidence.attach', attach, again)).toMatchObject({
      status: 507,
      body: { code: 'STORAGE_FULL', detail: 'there is no disk space left for evidence; nothing was saved' },
    })
    expect((await api.query('evidence.list')).body).toEqual(before)
    expect(filesIn('blobs')).toEqual([])
    disks.free(within('blobs'))
    const first = await api.command('evidence.attach', attach, again)
    expect(first.status).toBe(200)
    expect(await api.command('evidence.attach', attach, again)).toEqual(first)
    expect(filesIn('blobs')).toHaveLength(1)
    await isWhole()
  })

  test('under the publication stops it, says so, lets people go on recording, and it catches up with room', async () => {
    disks.fill(within('ledger'), 0)
    for (let i = 0; i < 3; i++) expect((await task(`While it is full ${i}`)).status).toBe(200)
    await until(async () => (await readiness(server.url, 'publication'))?.ok === false)
    expect((await readiness(server.url, 'publication'))?.says).toMatch(/cannot be written: the disk is full/)
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503)
    expect((await task('Still')).status).toBe(200)
    disks.free(within('ledger'))
    await until(async () => (await readiness(server.url, 'publication'))?.ok === true)
    const { body } = await api.query('ledger.status')
    const [org] = readdirSync(disks.outside(within('ledger')))
    await until(() => {
      const note = readFileSync(join(disks.outside(within('ledger')), org ?? '', 'checkpoint'), 'utf8')
      return parseCheckpoint(parseNote(note).text).size >= Number(body['size'])
    })
    expect(server.said().match(/ledger does not go on/g)).toHaveLength(1)
    await isWhole()
  })
})

describe('a disk that fills under the database', () => {
  onDisks({ '.': 400 })
  afterEach(() => server.stop('SIGKILL'))

  test('stops new work before it is full: questions are answered, and work goes on with room', async () => {
    await start(100)
    expect((await task('Before')).status).toBe(200)
    disks.fill(data, 60 * 1024)
    await until(async () => (await readiness(server.url, 'disk'))?.ok === false)
    expect((await readiness(server.url, 'disk'))?.says).toMatch(/at least 100 MB are wanted: uploads, commands/)
    expect(await task('Refused')).toMatchObject({ status: 507, body: { code: 'STORAGE_LOW' } })
    expect((await api.upload('a.txt', Buffer.from('text'))).body).toMatchObject({ code: 'STORAGE_LOW' })
    expect((await api.query('tasks.list')).status).toBe(200)
    await until(() => server.said().includes('no room: background work rests'))
    disks.free(data)
    expect((await task('After')).status).toBe(200)
    await until(() => server.said().includes('room again: work goes on'))
    await isWhole()
  })

  test('and is full in spite of it, loses nothing that was acknowledged: with room, all of it is there', async () => {
    await start(0)
    disks.fill(data, 512)
    const acknowledged: string[] = []
    const answers = new Set<number>()
    // Until the database refuses or ends; either is a no, and neither may forget a yes.
    for (let i = 0; i < 4000 && server.process.exitCode === null && !answers.has(507); i++) {
      const title = `Under pressure ${i}`
      const answer = await task(title).catch(() => undefined)
      if (!answer) break
      answers.add(answer.status)
      if (answer.status === 200) acknowledged.push(title)
    }
    expect(acknowledged.length).toBeGreaterThan(0)
    await server.stop('SIGKILL')
    disks.free(data)
    await start(0)
    const titles = new Set<string>()
    for (let after: unknown = undefined; after !== null;) {
      const { body } = await api.query('tasks.list', { limit: 200, ...(after === undefined ? {} : { after }) })
      for (const { title } of body['rows'] as { title: string }[]) titles.add(title)
      after = body['next'] ?? null
    }
    expect(acknowledged.filter((title) => !titles.has(title))).toEqual([])
    await until(async () => (await readiness(server.url, 'sequencer'))?.says.startsWith('0 records') === true)
    await isWhole()
  })
})
