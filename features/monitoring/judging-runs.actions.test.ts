// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectorOf } from '../../catalog/connectors/registry.ts'
import { sql } from '../../lib/db.ts'
import { newId } from '../../lib/ids.ts'
import { account, givenJudged, givenReading, outcomesOf, person, type ReadingDraft } from '../../test/readings.ts'
import { createWorld, type World } from '../../test/world.ts'
import { addStreamResult, endRun, intendRun, lockRun, startRun } from '../connections/runs.store.ts'
import { syncCatalogChecks } from './versions.store.ts'

const CHECK = 'leavers-lose-access'
const LEFT = { ended_on: '2026-02-20' }
const SHUT = { status: 'disabled', disabled_at: '2026-02-20T18:00:00.000Z' }

let world: World
beforeAll(async () => {
  world = await createWorld()
  await world.tenant((tx) => syncCatalogChecks(tx, world.jobs))
})
afterAll(async () => {
  await world.close()
})

/** A connection that reads people and accounts, as far as judging is concerned. */
async function givenConnection(): Promise<string> {
  const id = newId('con', world.clock().getTime() + Math.floor(performance.now()))
  await world.tenant((tx) =>
    tx.run(sql`
      insert into connection (org_id, id, connector, name, config, every_hours, created_by, enabled)
      values (${tx.org}, ${id}, 'git', ${id}, '{}', 24, 'usr_test', true)`),
  )
  return id
}

/** Begins a run, and gives how to read a stream in it and how to end it. */
async function givenRun(connection: string) {
  const run = await world.tenant(async (tx) => {
    const made = await intendRun(tx, { id: connection, every_hours: 24 }, connectorOf('git'), 'person')
    const row = await lockRun(tx, made)
    await startRun(tx, row!)
    return row!
  })
  return {
    async reads(draft: ReadingDraft): Promise<string> {
      world.clock.advance(5000)
      const collection_id = await givenReading(
        world,
        { ...draft, connection, source: connection, stream: draft.kind },
        { judge: false },
      )
      const outcome = draft.outcome ?? 'complete'
      await world.tenant((tx) =>
        addStreamResult(tx, run, {
          stream: draft.kind,
          kind: draft.kind,
          outcome,
          why: draft.why ?? null,
          listed: draft.rows.length,
          collected: draft.rows.length,
          unreachable: draft.unreachable?.length ?? 0,
          census: null,
          reconciliation: 'no-census',
          begun: 0,
          ended: 0,
          suspect: null,
          remarks: [],
          collection_id,
          milliseconds: 1,
        }),
      )
      return collection_id
    },
    async ends(judged: 'in order' | 'the other way round' = 'in order'): Promise<void> {
      world.jobs.waiting.splice(0)
      await world.tenant(async (tx) => endRun(tx, world.jobs, (await lockRun(tx, run.id))!))
      const jobs = world.jobs.waiting.splice(0).filter(({ name }) => name === 'judge')
      for (const { data } of judged === 'in order' ? jobs : jobs.toReversed())
        await givenJudged(world, String(data.input['collection_id']))
    },
  }
}

/** Everything ever said of a person by the check, superseded or not, oldest first. */
const everSaid = async (label: string): Promise<string[]> =>
  (
    await world.tenant((tx) =>
      tx.rows<{ status: string }>(sql`
        select t.status from outcome t
        join check_version v on v.org_id = t.org_id and v.id = t.check_version_id
        join subject u on u.org_id = t.org_id and u.id = t.subject_id
        where t.org_id = ${tx.org} and v.check_id = ${CHECK} and u.label = ${label} order by t.id`),
    )
  ).map(({ status }) => status)

const runsOn = async (...collections: string[]) =>
  await world.tenant((tx) =>
    tx.rows<{ collection_id: string; at: string; state: string }>(sql`
      select r.collection_id, r.at, r.state from check_run r
      join check_version v on v.org_id = r.org_id and v.id = r.check_version_id
      where r.org_id = ${tx.org} and v.check_id = ${CHECK} and r.collection_id = any(${collections}::text[])
      order by r.at, r.id`),
  )

describe('a check that joins two streams of one connection', () => {
  test.each(['in order', 'the other way round'] as const)(
    'never holds the people of today against the accounts of yesterday (judged %s)',
    async (order) => {
      const who = order === 'in order' ? 'ann' : 'ben'
      const connection = await givenConnection()
      const first = await givenRun(connection)
      await first.reads({ kind: 'person', rows: [person(who)] })
      await first.reads({ kind: 'user-account', rows: [account(who)] })
      await first.ends(order)
      expect(await everSaid(who)).toEqual(['not_applicable'])

      world.clock.advance(3_600_000)
      const second = await givenRun(connection)
      const people = await second.reads({ kind: 'person', rows: [person(who, LEFT)] })
      // Somebody asks for a judgement while the run is under way: this check waits for its end.
      await givenJudged(world, people)
      expect(await runsOn(people)).toEqual([])
      const accounts = await second.reads({ kind: 'user-account', rows: [account(who, SHUT)] })
      const last = world.clock().toISOString()
      await second.ends(order)
      expect(await everSaid(who)).toEqual(['not_applicable', 'pass'])
      const runs = await runsOn(people, accounts)
      expect(runs).toHaveLength(2)
      expect(runs.every(({ at, state }) => at === last && state === 'judged')).toBe(true)
    },
  )

  test('is judged with the accounts of before when those of the run could not be read', async () => {
    const connection = await givenConnection()
    const first = await givenRun(connection)
    await first.reads({ kind: 'person', rows: [person('cem')] })
    await first.reads({ kind: 'user-account', rows: [account('cem')] })
    await first.ends()
    world.clock.advance(3_600_000)
    const second = await givenRun(connection)
    const people = await second.reads({ kind: 'person', rows: [person('cem', LEFT)] })
    const read = world.clock().toISOString()
    const accounts = await second.reads({ kind: 'user-account', rows: [], outcome: 'denied', why: 'HTTP 403' })
    await second.ends()
    expect(await everSaid('cem')).toEqual(['not_applicable', 'fail'])
    expect(await runsOn(people, accounts)).toMatchObject([
      { collection_id: people, at: read, state: 'judged' },
      { collection_id: accounts, state: 'inconclusive' },
    ])
  })

  test.each(['in order', 'the other way round'] as const)(
    'knows nothing of a person that the run could not reach (judged %s)',
    async (order) => {
      const who = order === 'in order' ? 'dan' : 'eve'
      const connection = await givenConnection()
      const first = await givenRun(connection)
      await first.reads({ kind: 'person', rows: [person(who, LEFT)] })
      await first.reads({ kind: 'user-account', rows: [account(who, SHUT)] })
      await first.ends(order)
      world.clock.advance(3_600_000)
      const second = await givenRun(connection)
      await second.reads({
        kind: 'person',
        rows: [],
        outcome: 'partial',
        why: 'timeout',
        unreachable: [{ subject: who, because: 'timeout' }],
      })
      await second.reads({ kind: 'user-account', rows: [account(who, SHUT)] })
      await second.ends(order)
      expect((await outcomesOf(world, CHECK)).find(({ label }) => label === who)).toEqual({
        label: who,
        status: 'inconclusive',
        because: 'could not be read: timeout',
      })
    },
  )
})
