// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { finding } from '../../catalog/imports/testdata/reports.ts'
import { demandRoom } from '../../entrypoints/room.ts'
import { openCollector } from '../../features/evidence/orphans.actions.ts'
import { actions } from '../../features/index.ts'
import { appendLeaves } from '../../features/ledger/ledger.store.ts'
import { diskBlobs } from '../../lib/blobs.ts'
import { newId } from '../../lib/ids.ts'
import { openSpace } from '../../lib/space.ts'
import { json, openDoors, upload, type Doors, type Person } from '../door.ts'
import { createWorld, type World } from '../world.ts'

/** What a disk that is full, or that does not confirm, does to files; storage.interop.test.ts has real full disks. */

let prototype: FileHandle
beforeAll(async () => {
  const probe = await open(tmpdir(), 'r')
  prototype = Object.getPrototypeOf(probe) as FileHandle
  await probe.close()
})
afterEach(() => vi.restoreAllMocks())

const full = (code = 'ENOSPC'): Error =>
  Object.assign(new Error(`${code}: no space left on device, write`), { code, syscall: 'write' })
const filesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => entry.name)
    : []

describe('a disk that is full while evidence is imported', () => {
  let doors: Doors
  let owner: Person
  beforeAll(async () => {
    doors = await openDoors(actions, { services: ({ folder }) => ({ blobs: diskBlobs(join(folder, 'blobs')) }) })
    owner = await doors.owner()
  })
  afterAll(() => doors.close())

  const rows = async (): Promise<unknown> =>
    (
      await doors.world.owner.query(
        `select (select count(*) from collection)::int as collections, (select count(*) from capture)::int as captures,
           (select count(*) from file_import)::int as imports, (select count(*) from ledger_manifest)::int as leaves,
           (select count(*) from idempotency)::int as answers`,
      )
    ).rows[0]

  test.each(['ENOSPC', 'EDQUOT'])('%s answers 507 with a typed problem, and nothing half is left', async (code) => {
    const file = json<{ id: string }>(await upload(owner, 'scan.json', Buffer.from(JSON.stringify([finding()]))))
    const key = randomUUID()
    const send = () =>
      owner.post(
        '/api/v1/evidence.import',
        { upload: file.id, series: `cloud ${code}` },
        { 'idempotency-key': key, 'sec-fetch-site': 'same-origin' },
      )
    const before = await rows()
    const files = filesIn(join(doors.world.folder, 'blobs'))
    vi.spyOn(prototype, 'writeFile').mockRejectedValue(full(code))
    const refused = await send()
    expect(refused.headers['content-type']).toContain('application/problem+json')
    expect(refused.json()).toMatchObject({
      type: 'urn:assay:problem:storage-full',
      title: 'No space left',
      status: 507,
      detail: 'there is no disk space left for evidence; nothing was saved',
    })
    expect(await rows()).toEqual(before)
    expect(filesIn(join(doors.world.folder, 'blobs'))).toEqual(files)
    vi.restoreAllMocks()
    // Room again: the very same request goes through, and leaves one record.
    expect(json(await send())).toMatchObject({ state: 'done', collections: [{ collected: 1 }] })
    expect(json(await send())).toMatchObject({ state: 'done' })
    expect(filesIn(join(doors.world.folder, 'blobs'))).toHaveLength(files.length + 1)
  })
})

describe('a disk that is nearly full', () => {
  let doors: Doors
  let owner: Person
  let least = 0
  beforeAll(async () => {
    doors = await openDoors(actions, {
      before: async (app, world) => {
        const space = openSpace([world.folder], 1)
        demandRoom(app, { ...space, demand: () => openSpace([world.folder], least).demand() })
      },
    })
    owner = await doors.owner()
  })
  afterAll(() => doors.close())

  test('takes in nothing new, answers every question, lets people in and shuts people out', async () => {
    const guest = await doors.join(owner, ['compliance_manager'])
    least = 1e9
    const problem = (answer: { statusCode: number; json(): unknown }): unknown[] => [
      answer.statusCode,
      (answer.json() as { code: string }).code,
    ]
    expect(problem(await upload(owner, 'a.txt', Buffer.from('text')))).toEqual([507, 'STORAGE_LOW'])
    expect(problem(await owner.command('tasks.create', {}))).toEqual([507, 'STORAGE_LOW'])
    expect((await owner.command('tasks.create', {})).json()).toMatchObject({
      type: 'urn:assay:problem:storage-low',
      detail: expect.stringMatching(/only \d+ MB are free .* at least 1000000000 MB are wanted \(ASSAY_MIN_FREE_MB\)/),
    })
    expect((await owner.query('evidence.list')).statusCode).toBe(200)
    expect((await (await doors.signIn(owner)).query('me.get')).statusCode).toBe(200)
    expect((await owner.command('people.disable', { person: guest.id })).statusCode).toBe(200)
    expect(problem(await doors.visitor().command('tasks.create', {}))).toEqual([401, 'SIGN_IN_FIRST'])
    least = 0
    expect((await upload(owner, 'a.txt', Buffer.from('text'))).statusCode).toBe(200)
  })

  test('is the tightest of the disks on which data lies', async () => {
    const space = openSpace([doors.world.folder, join(doors.world.folder, 'not there'), '/proc'], 1)
    expect(await space.look()).toEqual({ folder: '/proc', free_mb: 0 })
    await expect(space.demand()).rejects.toMatchObject({ code: 'STORAGE_LOW', status: 507 })
  })
})

describe('a disk that is full where the ledger is published', () => {
  let world: World
  beforeAll(async () => {
    world = await createWorld()
  })
  afterAll(() => world.close())

  test('lets people go on recording, and the publication goes on by itself once there is room', async () => {
    const { openSequencer } = await import('../../features/ledger/sequencer.actions.ts')
    const { Database } = await import('../../lib/db.ts')
    const { createLogger } = await import('../../lib/log.ts')
    const database = new Database(world.connection('assay_sequencer'), {
      kek: Buffer.alloc(32, 7),
      movedClock: world.clock,
    })
    const log = createLogger({ level: 'silent' })
    const said = vi.spyOn(log, 'error')
    const sequencer = openSequencer({ database, dataDir: world.folder, log })
    const append = () => world.tenant((tx) => appendLeaves(tx, [{ kind: 'state', stream: 's', predicate: {} }]))
    await append()
    const writing = vi.spyOn(prototype, 'writeFile').mockRejectedValue(full())
    await sequencer.tick()
    await append()
    await sequencer.tick()
    expect(sequencer.health().unwritten).toMatch(/cannot be written: the disk is full; nothing is lost/)
    expect(sequencer.health().refused).toBeUndefined()
    expect(said).toHaveBeenCalledTimes(1) // not once a round: the log may lie on the same disk
    writing.mockRestore()
    await sequencer.tick()
    expect(sequencer.health().unwritten).toBeUndefined()
    const report = await world.checkLedger()
    expect(report.checked.pending).toBe(0)
    expect(filesIn(join(world.folder, 'ledger')).filter((name) => name.endsWith('.part'))).toEqual([])
    await sequencer.stop()
    await database.close()
  })
})

describe('stored files that no record names', () => {
  let world: World
  let folder: string
  const HOUR = 3_600_000
  beforeAll(async () => {
    world = await createWorld()
    folder = mkdtempSync(join(tmpdir(), 'assay-orphans-'))
  })
  afterAll(async () => {
    await world.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const aged = (name: string, hours: number): void => {
    const at = new Date(Date.now() - hours * HOUR)
    utimesSync(join(folder, world.org, name.slice(0, 2), name.slice(2, 4), name), at, at)
  }

  test('are removed after two days and twelve hours of watching, and what a record names never is', async () => {
    const blobs = diskBlobs(folder)
    const services = { ...world, blobs }
    let counter = 0
    const collector = openCollector(services, () => counter)
    const { name: old } = await blobs.put(world.org, Buffer.from('its process was killed'))
    const { name: young } = await blobs.put(world.org, Buffer.from('its transaction goes on'))
    const { name: named } = await blobs.put(world.org, Buffer.from('its record came late'))
    aged(old, 50)
    aged(named, 50)
    const torn = join(folder, world.org, old.slice(0, 2), old.slice(2, 4), `${old}.${randomUUID()}.part`)
    writeFileSync(torn, 'half')
    utimesSync(torn, new Date(0), new Date(0))
    expect(await collector.tick([world.org])).toBe(0)
    expect(existsSync(torn)).toBe(false)
    counter = 11 * HOUR
    expect(await collector.tick([world.org])).toBe(0)
    await givenCapture(world, named) // a transaction that took long commits only now
    counter = 13 * HOUR
    expect(await collector.tick([world.org])).toBe(1)
    expect(await Promise.all([old, young, named].map((name) => blobs.has(world.org, name)))).toEqual([
      false,
      true,
      true,
    ])
    counter = 99 * HOUR
    expect(await collector.tick([world.org])).toBe(0)
    expect(collector.collected).toBe(1)
  })

  test('are told from those of an import that runs at the same time, however old the clock makes them', async () => {
    const blobs = diskBlobs(folder)
    const collector = openCollector({ ...world, blobs }, () => 0)
    const names: string[] = []
    const importing = (async () => {
      for (let i = 0; i < 40; i++) {
        const { name } = await blobs.put(world.org, Buffer.from(`import ${i}`))
        aged(name, 10_000) // as if the clock had jumped ahead by a year
        await givenCapture(world, name)
        names.push(name)
      }
    })()
    const counters: number[] = []
    while (names.length < 40) counters.push(await collector.tick([world.org]))
    await importing
    for (const name of names) expect(await blobs.has(world.org, name)).toBe(true)
    expect(counters.length).toBeGreaterThan(2)
  })
})

/** A row that names a blob. */
async function givenCapture(world: World, blob: string): Promise<void> {
  const client = await world.owner.connect()
  await client.query(`set session_replication_role = replica`)
  await client.query(
    `insert into capture (org_id, collection_id, n, name, media_type, size_bytes, sha256, blob, captured_at, request, response)
     values ($1, $2, 0, 'x', 'text/plain', 1, $3, $3, now(), '{}', '{}')`,
    [world.org, newId('col', Date.now()), blob],
  )
  client.release(true)
}
