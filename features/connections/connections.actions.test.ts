// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connect, look, QUICK, repository, resultsOf, runAgain, work, type Repository } from '../../test/sources.ts'
import { createWorld, type World } from '../../test/world.ts'
import { sql, Database } from '../../lib/db.ts'
import { HOUR_MS } from '../../lib/time.ts'
import { connectionsActions as actions, scheduleDue } from './connections.actions.ts'
import { LOST } from './connection.ts'
import { syncJob } from './sync.actions.ts'

let world: World
let repo: Repository
let sequencer: Database
beforeAll(async () => {
  world = await createWorld()
  sequencer = new Database(world.connection('assay_sequencer'), { kek: Buffer.alloc(32, 7), movedClock: world.clock })
  repo = repository()
  repo.commit('First')
})
afterAll(async () => {
  await sequencer.close()
  repo.remove()
  await world.close()
})
beforeEach(() => void world.jobs.waiting.splice(0))

const own = { connector: 'postgresql', config: { server: 'own' } } as const
const runs = async (id: string) => (await world.perform('connections.runs', actions['connections.runs'], { id })).rows
const judged = () =>
  world.jobs.waiting.filter(({ name }) => name === 'judge').map(({ data }) => data.input['collection_id'])
const leaves = async (kind: string, id: string) => {
  const { rows } = await world.owner.query<{ n: number; sha256: string; claimed_at: string }>(
    `select m.n, m.sha256, m.claimed_at from ledger_manifest m join ledger_stream s on s.org_id = m.org_id and s.name = m.stream
     where m.kind = $1 and s.name = $2 order by m.n`,
    [kind, `run:${id}`],
  )
  return rows
}

describe('connecting a system', () => {
  test('looks at its permissions and reads it at once; Assay’s own database needs no setting', async () => {
    const id = await connect(world, { ...own, name: 'Our own records' })
    const state = await look(world, id)
    expect(state).toMatchObject({
      health: 'ok',
      failures: 0,
      source: { name: 'assay' },
      secrets: [{ name: 'password', is_set: false }],
    })
    for (const result of Object.values(resultsOf(state))) expect(result.outcome).toBe('complete')
  })
  test('the reader of our own records sees no row of any table', async () => {
    const { rows } = await world.owner.query(
      `select tablename from pg_tables where schemaname in ('public', 'pgboss')
         and has_table_privilege('assay_monitor', quote_ident(schemaname) || '.' || quote_ident(tablename), 'select, insert, update, delete')`,
    )
    expect(rows).toEqual([])
  })
  test('two connections have two names', async () => {
    await connect(world, { ...own, name: 'Twice' })
    await expect(connect(world, { ...own, name: 'Twice' })).rejects.toMatchObject({ code: 'NAME_TAKEN', status: 409 })
  })
  test('a connector nobody wrote, and a setting that is missing, are refused by name', async () => {
    const create = (input: unknown) => world.perform('connections.create', actions['connections.create'], input)
    await expect(create({ connector: 'nothing', name: 'x', config: {} })).rejects.toMatchObject({
      code: 'UNKNOWN_CONNECTOR',
    })
    await expect(
      create({ connector: 'postgresql', name: 'x', config: { server: 'other', user: 'u' } }),
    ).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      pointer: '/config/host',
    })
  })
  test('people who only read may not connect, and who may not sees why', async () => {
    const auditor = world.actor(['audit_staff'])
    await expect(
      world.perform('connections.create', actions['connections.create'], { ...own, name: 'x' }, auditor),
    ).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect(
      (await world.perform('connections.list', actions['connections.list'], {}, auditor)).rows.length,
    ).toBeGreaterThan(0)
  })
  test('the catalog tells for each connector what it asks for and why', async () => {
    const { rows } = await world.perform('connections.catalog', actions['connections.catalog'], {})
    expect(rows.map(({ id }) => id)).toEqual(['git', 'postgresql'])
    for (const { needs } of rows) for (const need of needs) expect(need.why.length).toBeGreaterThan(20)
  })
})

describe('a run', () => {
  test('is announced in the ledger before anything is read, and its end follows in the same stream', async () => {
    const { id, run } = await world.perform('connections.create', actions['connections.create'], {
      ...own,
      name: 'Announced',
    })
    expect(await leaves('intent', id)).toMatchObject([{ n: 0 }])
    expect(await leaves('state', id)).toEqual([])
    const [queued] = await runs(id)
    expect(queued).toMatchObject({ id: run, state: 'queued', streams: [] })
    await work(world)
    const [done] = await runs(id)
    expect(await leaves('state', id)).toMatchObject([{ n: 1, sha256: done?.ended }])
    expect(done?.streams.map((stream) => stream.stream)).toEqual(['access-rules', 'roles', 'server', 'settings'])
  })
  test('has each of its readings judged once it has ended', async () => {
    const id = await connect(world, { ...own, name: 'Judged' })
    const [run] = await runs(id)
    expect(judged()).toEqual(run?.streams.map(({ collection_id }) => collection_id))
  })
  test('is not started twice at once', async () => {
    const { id } = await world.perform('connections.create', actions['connections.create'], { ...own, name: 'Once' })
    await expect(world.perform('connections.run', actions['connections.run'], { id })).rejects.toMatchObject({
      code: 'RUN_UNDER_WAY',
      status: 409,
    })
    await work(world)
  })
  test('that ended is history: not even the owner of the table changes it', async () => {
    const id = await connect(world, { ...own, name: 'History' })
    await expect(world.owner.query(`update run set because = 'x' where connection_id = $1`, [id])).rejects.toThrow(
      /append-only/,
    )
    await expect(world.owner.query('delete from run')).rejects.toThrow(/append-only/)
  })
  test('whose process dies half-way shows as lost, and the job that comes back reads anew', async () => {
    const { id, run } = await world.perform('connections.create', actions['connections.create'], {
      connector: 'git',
      name: 'Dies',
      config: { location: repo.path },
    })
    const [job] = world.jobs.waiting.splice(0)
    let puts = 0
    const dying = {
      ...world,
      blobs: {
        ...world.blobs,
        put: (org: string, bytes: Uint8Array) => {
          if (++puts > 8) throw new Error('the process is gone')
          return world.blobs.put(org, bytes)
        },
      },
    }
    const call = { ...job!.data, id: 'job', signal: new AbortController().signal }
    await expect(syncJob(dying, QUICK)(call)).rejects.toThrow('the process is gone')
    const [half] = await runs(id)
    expect(half).toMatchObject({ id: run, state: 'running' })
    expect(half?.streams.length).toBeGreaterThan(0)
    world.clock.advance(60_000)
    await syncJob(world, QUICK)(call)
    const [anew, lost] = await runs(id)
    expect(lost).toMatchObject({ id: run, state: 'failed', because: LOST })
    expect(anew).toMatchObject({ state: 'done' })
    expect(anew?.streams.every(({ outcome }) => outcome === 'complete')).toBe(true)
    // What the lost run had read is judged too.
    expect(judged()).toEqual([...(lost?.streams ?? []), ...(anew?.streams ?? [])].map((stream) => stream.collection_id))
    expect(await leaves('intent', id)).toHaveLength(2)
    expect(await leaves('state', id)).toHaveLength(2)
    // At-least-once delivery: the same job a third time finds that it is done.
    await syncJob(world, QUICK)(call)
    expect(await runs(id)).toHaveLength(2)
  })
  test('that was given up cannot write any more, however late its process wakes', async () => {
    const { id, run } = await world.perform('connections.create', actions['connections.create'], {
      ...own,
      name: 'Zombie',
    })
    const [job] = world.jobs.waiting.splice(0)
    let given = false
    const sleepy = {
      ...world,
      blobs: {
        ...world.blobs,
        put: async (org: string, bytes: Uint8Array) => {
          if (!given) {
            given = true
            world.clock.advance(10 * 60_000)
            await scheduleDue(world, sequencer)
          }
          return await world.blobs.put(org, bytes)
        },
      },
    }
    const before = await world.owner.query('select count(*)::int as n from collection')
    await expect(
      syncJob(sleepy, QUICK)({ ...job!.data, id: 'job', signal: new AbortController().signal }),
    ).rejects.toMatchObject({ code: 'RUN_UNDER_WAY' })
    expect(await runs(id)).toMatchObject([{ id: run, state: 'failed', because: LOST, streams: [] }])
    expect((await world.owner.query('select count(*)::int as n from collection')).rows).toEqual(before.rows)
  })
})

describe('the schedule', () => {
  test('reads what is due, each connection once, and nothing that is switched off', async () => {
    const id = await connect(world, { ...own, name: 'Hourly' })
    await world.perform('connections.update', actions['connections.update'], { id, every_hours: 1 })
    await work(world)
    const off = await connect(world, { ...own, name: 'Off' })
    await world.perform('connections.setEnabled', actions['connections.setEnabled'], {
      id: off,
      enabled: false,
      because: 'The server was retired in March.',
    })
    await scheduleDue(world, sequencer)
    await work(world)
    world.clock.advance(HOUR_MS)
    const before = (await runs(id)).length
    await Promise.all([scheduleDue(world, sequencer), scheduleDue(world, sequencer)])
    await work(world)
    expect((await runs(id)).length).toBe(before + 1)
    expect((await runs(id))[0]).toMatchObject({ trigger: 'schedule', requested_by: 'system', state: 'done' })
    expect(await runs(off)).toHaveLength(1)
    expect(await look(world, off)).toMatchObject({ health: 'off', next_run_at: null })
    await expect(world.perform('connections.run', actions['connections.run'], { id: off })).rejects.toMatchObject({
      code: 'SWITCHED_OFF',
    })
  })
  test('comes back sooner after failures, with longer and longer pauses', async () => {
    const id = await connect(world, { connector: 'git', name: 'Failing', config: { location: '/nowhere/at/all' } })
    const pauses: number[] = []
    for (let n = 0; n < 4; n++) {
      const { next_run_at } = await look(world, id)
      pauses.push((Date.parse(next_run_at!) - world.clock().getTime()) / 60_000)
      await runAgain(world, id)
    }
    expect(pauses).toEqual([15, 30, 60, 120])
    expect(await look(world, id)).toMatchObject({ health: 'failing', failures: 5 })
  })
  test('a connection that delivers nothing for twice its interval is silent, and nothing about it shows green', async () => {
    const id = await connect(world, { ...own, name: 'Silent' })
    world.clock.advance(49 * HOUR_MS)
    expect((await look(world, id)).health).toBe('silent')
  })
})

describe('secrets', () => {
  const give = {
    connector: 'git',
    config: { location: 'https://git.example.com/app.git' },
    secrets: { token: 'first-token-of-many' },
  } as const
  const refuseAll = { ...QUICK, resolve: async () => ['169.254.1.1'] }
  test('are shown only as there or not, stay when not given, and go when told', async () => {
    const id = await connect(world, { ...give, name: 'Keeps' }, refuseAll)
    const set = async () => (await look(world, id)).secrets.find(({ name }) => name === 'token')?.is_set
    expect(await set()).toBe(true)
    await world.perform('connections.update', actions['connections.update'], { id, name: 'Keeps on' })
    expect(await set()).toBe(true)
    await world.perform('connections.update', actions['connections.update'], { id, secrets: { token: null } })
    expect(await set()).toBe(false)
  })
  test('do not follow a connection to another address', async () => {
    const id = await connect(world, { ...give, name: 'Moves' }, refuseAll)
    const config = { location: 'https://thief.example.net/app.git' }
    await world.perform('connections.update', actions['connections.update'], { id, config })
    expect((await look(world, id)).secrets.every(({ is_set }) => !is_set)).toBe(true)
  })
  test('of one connection do not open as another’s', async () => {
    const one = await connect(world, { ...give, name: 'One' }, refuseAll)
    const other = await connect(world, { ...give, name: 'Other' }, refuseAll)
    await world.owner.query(
      'update connection set secrets = (select secrets from connection where id = $1) where id = $2',
      [one, other],
    )
    await world.perform('connections.run', actions['connections.run'], { id: other })
    await expect(work(world, refuseAll)).rejects.toMatchObject({ code: 'DAMAGED' })
    world.jobs.waiting.splice(0)
  })
})

test('every change of a connection is in the trail, with who made it', async () => {
  const id = await connect(world, { ...own, name: 'Trail' })
  await world.perform('connections.setEnabled', actions['connections.setEnabled'], {
    id,
    enabled: false,
    because: 'Not needed any more.',
  })
  await world.perform('connections.setEnabled', actions['connections.setEnabled'], { id, enabled: true })
  await expect(
    world.perform('connections.setEnabled', actions['connections.setEnabled'], { id, enabled: false }),
  ).rejects.toMatchObject({ code: 'REASON_REQUIRED' })
  const events = await world.tenant((tx) =>
    tx.rows<{ event: string; actor: string }>(
      sql`select event, actor from audit_event where org_id = ${tx.org} and subject = ${id} order by recorded_at, manifest`,
    ),
  )
  expect(events.map(({ event }) => event).toSorted()).toEqual([
    'connection.created',
    'connection.probed',
    'connection.switched-off',
    'connection.switched-on',
  ])
  expect(events.find(({ event }) => event === 'connection.created')?.actor).toBe('usr_test')
})
