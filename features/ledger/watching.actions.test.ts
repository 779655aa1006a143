// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Database } from '../../lib/db.ts'
import { createWorld, type World } from '../../test/world.ts'
import { appendLeaves } from './ledger.store.ts'
import { freezeLog, unstampedSince } from './sequencer.store.ts'
import { openWatch } from './watching.actions.ts'

let world: World
let database: Database
beforeAll(async () => {
  world = await createWorld()
  database = new Database(world.connection('assay_sequencer'), { kek: Buffer.alloc(32, 7), movedClock: world.clock })
})
afterAll(async () => {
  await database.close()
  await world.close()
})
const append = (): Promise<unknown> =>
  world.tenant((tx) => appendLeaves(tx, [{ kind: 'state', stream: 'work', predicate: {} }]))

test('whoever does not advance the ledger sees what waits, and for how long nothing has moved', async () => {
  let now = 0
  const watch = openWatch(database, () => now)
  await world.sequence()
  await watch.tick()
  expect(watch.health()).toMatchObject({ pending: 0, lagMs: 0, refused: undefined, unwritten: undefined })
  await append()
  await watch.tick()
  now += 40_000
  await watch.tick()
  expect(watch.health()).toMatchObject({ pending: 1, lagMs: 40_000 })
  await world.sequence()
  await append()
  // Some of it got its place meanwhile, so what waits now has not waited for long.
  await watch.tick()
  expect(watch.health()).toMatchObject({ pending: 1, lagMs: 0 })
  await world.sequence()
  now += 40_000
  await watch.tick()
  expect(watch.health()).toMatchObject({ pending: 0, lagMs: 0, unwritten: undefined })
})

test('the oldest tree that no time-stamp covers is found', async () => {
  const since = await database.tenant({ org: '', actor: 'system' }, unstampedSince, 'read')
  const { rows } = await world.owner.query<{ at: string }>('select min(recorded_at) as at from ledger_checkpoint')
  expect(since).toBe(rows[0]?.at)
  expect(Date.parse(since ?? '')).toBeGreaterThan(0)
})

test('a ledger that is signed and for long not published is named, and so is one that is closed to signing', async () => {
  let now = 0
  const watch = openWatch(database, () => now)
  await world.owner.query('update ledger_log set published_size = published_size - 1')
  await watch.tick()
  expect(watch.health().unwritten).toBeUndefined()
  now += 31_000
  await watch.tick()
  expect(watch.health().unwritten).toMatch(new RegExp(`^${world.org}: \\d+ entries, of which \\d+ are published$`))
  await database.tenant({ org: world.org, actor: 'system' }, (tx) => freezeLog(tx, world.org, 'two histories'))
  await watch.tick()
  expect(watch.health()).toMatchObject({ refused: `${world.org}: two histories`, unwritten: undefined })
})
