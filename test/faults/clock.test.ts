// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TOTP } from 'otpauth'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rescueOnHeldTime } from '../../entrypoints/cli-rescue.ts'
import { scheduleDue } from '../../features/connections/connections.actions.ts'
import { actions } from '../../features/index.ts'
import { ledgerActions } from '../../features/ledger/ledger.actions.ts'
import { appendLeaves } from '../../features/ledger/ledger.store.ts'
import { openSequencer } from '../../features/ledger/sequencer.actions.ts'
import { openStamper } from '../../features/ledger/stamping.actions.ts'
import { Database } from '../../lib/db.ts'
import { createLogger } from '../../lib/log.ts'
import { heldClock, RecordedTime } from '../../lib/recorded-time.ts'
import type { Services } from '../../lib/services.ts'
import { DAY_MS, HOUR_MS } from '../../lib/time.ts'
import { startAuthority, type Authority } from '../authority.ts'
import { openDoors } from '../door.ts'
import { connect, repository } from '../sources.ts'
import { createWorld, type World } from '../world.ts'
import { recordedTimes } from './recorded-times.ts'

const kek = Buffer.alloc(32, 7)
const log = createLogger({ level: 'silent' })
const YEAR = 365 * DAY_MS

/** A server as it holds its time, on a world whose clock somebody sets; `passes` is time that truly goes by. */
function onHeldTime(world: World) {
  let counter = 0
  const told: string[] = []
  const time = new RecordedTime(
    (warning) => told.push(warning),
    () => counter,
  )
  const options = { kek, movedClock: world.clock, time }
  const db = new Database(world.connection('assay_app'), options)
  const sequencing = new Database(world.connection('assay_sequencer'), options)
  const services: Services = { ...world, db, clock: heldClock(time, world.clock) }
  const sequencer = openSequencer({ database: sequencing, dataDir: world.folder, log })
  return {
    services,
    sequencing,
    time,
    told,
    passes(ms: number) {
      counter += ms
      world.clock.advance(ms)
    },
    async records(org = world.org) {
      await db.tenant({ org, actor: 'usr_test' }, (tx) =>
        appendLeaves(tx, [{ kind: 'state', stream: 'clock', predicate: {} }]),
      )
      await sequencer.tick()
    },
    async close() {
      await sequencer.stop()
      await db.close()
      await sequencing.close()
    },
  }
}

describe.each([
  ['set back a year', -YEAR],
  ['set ahead 400 days', 400 * DAY_MS],
  ['set back 400 days', -400 * DAY_MS],
])('a clock that is %s while the server runs, and then set right', (_name, by) => {
  let world: World
  let server: ReturnType<typeof onHeldTime>
  let authority: Authority
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'assay-clock-'))
    world = await createWorld()
    server = onHeldTime(world)
    authority = await startAuthority(folder)
  })
  afterAll(async () => {
    await server.close()
    await authority.close()
    await world.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('leaves every record in its order, the ledger whole, and what was proven as it was', async () => {
    const authorities = [{ name: 'local', url: authority.url, caFile: authority.caFile }]
    const services = { ...server.services, config: { ...world.config, timestampAuthorities: authorities } }
    const stamper = openStamper(services, server.sequencing)
    await server.records()
    expect(await stamper.tick()).toEqual([{ authority: 'local', size: 4 }])
    const { rows } = await world.perform('ledger.leaves', ledgerActions['ledger.leaves'], { kind: 'state' })
    const proven = async () =>
      (await world.perform('ledger.proof', ledgerActions['ledger.proof'], { manifest: rows[0]!.manifest })).receipt
        .proven
    const before = await proven()
    world.clock.advance(by)
    for (let i = 0; i < 3; i++) {
      server.passes(HOUR_MS)
      await server.records()
      await stamper.tick()
    }
    expect(server.told).toHaveLength(1)
    expect(await proven()).toEqual(before)
    world.clock.advance(-by)
    server.passes(HOUR_MS)
    await server.records()
    const times = await recordedTimes(world.owner)
    expect(times).toEqual(times.toSorted())
    expect(await proven()).toEqual(before)
    expect((await world.checkLedger()).is_intact).toBe(true)
  })
})

describe('a clock that is set back a year while people work', () => {
  test('ends their sessions as ever, and lets them in with what their device shows', async () => {
    let counter = 0
    let time: RecordedTime | undefined
    const databases: Database[] = []
    const doors = await openDoors(actions, {
      services: (world) => {
        time = new RecordedTime(
          () => undefined,
          () => counter,
        )
        const db = new Database(world.connection('assay_app'), { kek, movedClock: world.clock, time })
        databases.push(db)
        return { db, clock: heldClock(time, world.clock) }
      },
    })
    const passes = (ms: number): void => {
      counter += ms
      doors.world.clock.advance(ms)
    }
    const owner = await doors.owner()
    passes(60_000)
    doors.world.clock.advance(-YEAR)
    expect((await owner.query('me.get')).statusCode).toBe(200)
    expect(time?.health().ok).toBe(false)
    passes(29 * 60_000)
    expect((await owner.query('me.get')).statusCode).toBe(200)
    passes(31 * 60_000)
    expect((await owner.query('me.get')).statusCode).toBe(401)
    const back = doors.visitor()
    await back.post('/api/auth/sign-in', { email: owner.email, password: owner.password })
    // The person's device was never set back, so it shows the code of the true moment.
    const code = new TOTP({ secret: owner.secret }).generate({ timestamp: time!.held(doors.world.clock().getTime()) })
    expect((await back.post('/api/auth/second-factor', { code })).statusCode).toBe(200)
    expect((await back.query('me.get')).statusCode).toBe(200)
    await Promise.all(databases.map((db) => db.close()))
    await doors.close()
  })

  test('lets in again who lost everything, by a link that opens in the time that counts', async () => {
    const doors = await openDoors(actions)
    const { world } = doors
    const owner = await doors.owner()
    const newest = world.clock()
    world.clock.advance(-YEAR)
    const [link, ...others] = await rescueOnHeldTime((role) => world.connection(role), kek, owner.email, world.clock)
    expect(others).toEqual([])
    expect(Date.parse(link!.expires_at)).toBeGreaterThan(newest.getTime())
    const events = await world.owner.query<{ recorded_at: string }>(
      `select recorded_at from audit_event where event = 'person.rescued'`,
    )
    expect(new Date(events.rows[0]!.recorded_at).getTime()).toBeGreaterThanOrEqual(newest.getTime())
    const times = await recordedTimes(world.owner)
    expect(times).toEqual(times.toSorted())
    await doors.close()
  })

  test('reads the systems that are due when they are due, not a year later', async () => {
    const world = await createWorld()
    const server = onHeldTime(world)
    const repo = repository()
    repo.commit('First')
    await connect({ ...world, ...server.services } as World, {
      connector: 'git',
      config: { location: repo.path },
    })
    await server.records()
    world.clock.advance(-YEAR)
    server.passes(60_000)
    expect(await scheduleDue(server.services, server.sequencing)).toBe(0)
    server.passes(25 * HOUR_MS)
    expect(await scheduleDue(server.services, server.sequencing)).toBe(1)
    repo.remove()
    await server.close()
    await world.close()
  })
})
