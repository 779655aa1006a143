// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Database, sql } from '../../lib/db.ts'
import { account, change, device, givenJudged, givenReading, outcomesOf, person } from '../../test/readings.ts'
import { createWorld, type World } from '../../test/world.ts'
import { openCatalogSync } from './catalog-sync.actions.ts'
import { judgePopulation, judgeOf } from './judgement.actions.ts'
import { currentVersions, syncCatalogChecks } from './versions.store.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(async () => {
  await world.close()
})

interface Run {
  readonly state: string
  readonly because: string | null
  readonly counts: Record<string, number>
  readonly fresh_until: string
  readonly covers_from: string
}
const runsOf = (check: string): Promise<Run[]> =>
  world.tenant((tx) =>
    tx.rows<Run>(sql`
      select r.state, r.because, r.counts, r.fresh_until, r.covers_from
      from check_run r join check_version v on v.org_id = r.org_id and v.id = r.check_version_id
      where r.org_id = ${tx.org} and v.check_id = ${check} order by r.id`),
  )
const lastRun = async (check: string): Promise<Run> => (await runsOf(check)).at(-1)!
const statuses = async (check: string): Promise<Record<string, string>> =>
  Object.fromEntries((await outcomesOf(world, check)).map((row) => [row.label, row.status]))

beforeEach(async () => {
  // Each test has a company of its own in the same database.
  Object.assign(world, { org: await world.organization(`Company ${Math.floor(performance.now() * 1000)}`) })
  const org = world.org
  Object.assign(world, { tenant: (work: never, of = org) => world.db.tenant({ org: of, actor: 'usr_test' }, work) })
  world.clock.set('2026-03-02T09:00:00.000Z')
  await world.tenant((tx) => syncCatalogChecks(tx, world.jobs))
})

const NOT_ENCRYPTED = 'The disk of this macOS device is not encrypted. Its owner on record: none.'

describe('what a check finds', () => {
  test('each subject passes, fails or is inconclusive, with the reason, and the run is in the ledger', async () => {
    await givenReading(world, {
      kind: 'device',
      rows: [device('d1'), device('d2', { disk_encrypted: false })],
    })
    expect(await outcomesOf(world, 'devices-are-encrypted')).toEqual([
      { label: 'macOS d1', status: 'pass', because: null },
      { label: 'macOS d2', status: 'fail', because: NOT_ENCRYPTED },
    ])
    expect(await lastRun('devices-are-encrypted')).toMatchObject({
      state: 'judged',
      counts: { pass: 1, fail: 1, inconclusive: 0, not_applicable: 0, subjects: 2, unreachable: 0 },
      fresh_until: '2026-03-09T09:00:00.000Z',
    })
    const leaves = await world.tenant((tx) =>
      tx.rows<{ n: number }>(
        sql`select count(*) as n from ledger_manifest where org_id = ${tx.org} and stream = 'check-run:devices-are-encrypted'`,
      ),
    )
    expect(leaves).toEqual([{ n: 1 }])
  })

  test('subjects out of scope are not applicable', async () => {
    await givenReading(world, {
      kind: 'user-account',
      rows: [account('ada'), account('bob', { status: 'disabled', mfa: false })],
    })
    expect(await statuses('accounts-use-mfa')).toEqual({ 'ada in git': 'pass', 'bob in git': 'not_applicable' })
  })

  test('a reading that confirms what is known writes one run and no outcome', async () => {
    const count = async (): Promise<number> =>
      (
        await world.tenant((tx) =>
          tx.one<{ n: number }>(sql`select count(*) as n from outcome where org_id = ${tx.org}`),
        )
      ).n
    await givenReading(world, { kind: 'device', rows: [device('d1'), device('d2')] })
    const before = await count()
    world.clock.set('2026-03-03T09:00:00.000Z')
    await givenReading(world, { kind: 'device', rows: [device('d1'), device('d2')] })
    expect(await count()).toBe(before)
    expect(await runsOf('devices-are-encrypted')).toHaveLength(2)
  })

  test('a job that is run twice judges once', async () => {
    const id = await givenReading(world, { kind: 'device', rows: [device('d1')] })
    await givenJudged(world, id)
    expect(await runsOf('devices-are-encrypted')).toHaveLength(1)
  })

  test('a subject that is gone from a complete reading has no outcome any more', async () => {
    await givenReading(world, { kind: 'device', rows: [device('d1'), device('d2', { disk_encrypted: false })] })
    world.clock.set('2026-03-03T09:00:00.000Z')
    await givenReading(world, { kind: 'device', rows: [device('d1')] })
    expect(await statuses('devices-are-encrypted')).toEqual({ 'macOS d1': 'pass' })
  })
})

describe('what could not be looked at', () => {
  test('a reading that was denied is an inconclusive run: it proves nothing and changes nothing', async () => {
    await givenReading(world, { kind: 'device', rows: [device('d1')] })
    world.clock.set('2026-03-03T09:00:00.000Z')
    await givenReading(world, { kind: 'device', rows: [], outcome: 'denied', why: 'HTTP 403' })
    expect(await lastRun('devices-are-encrypted')).toMatchObject({
      state: 'inconclusive',
      because: 'a source: device could not be read (denied): HTTP 403',
      fresh_until: '2026-03-03T09:00:00.000Z',
    })
    expect(await statuses('devices-are-encrypted')).toEqual({ 'macOS d1': 'pass' })
  })

  test('a reading that lost everything is suspect, and nobody passes by it', async () => {
    await givenReading(world, { kind: 'device', rows: Array.from({ length: 9 }, (_, i) => device(`d${i}`)) })
    world.clock.set('2026-03-03T09:00:00.000Z')
    await givenReading(world, { kind: 'device', rows: [] })
    expect(await lastRun('devices-are-encrypted')).toMatchObject({
      state: 'inconclusive',
      because: expect.stringContaining('suspect: 0 rows were read where the reading before had 9'),
    })
  })

  test('in a partial reading the unreachable are inconclusive, the unmentioned stay as they were, and nothing is covered', async () => {
    await givenReading(world, {
      kind: 'device',
      rows: [device('d1'), device('d2'), device('d3', { disk_encrypted: false })],
    })
    world.clock.set('2026-03-03T09:00:00.000Z')
    await givenReading(world, {
      kind: 'device',
      rows: [device('d1', { disk_encrypted: false })],
      outcome: 'partial',
      why: 'timeout',
      unreachable: [{ subject: 'd2', because: 'timeout' }],
    })
    expect(await outcomesOf(world, 'devices-are-encrypted')).toEqual([
      { label: 'macOS d1', status: 'fail', because: NOT_ENCRYPTED },
      { label: 'macOS d2', status: 'inconclusive', because: 'could not be read: timeout' },
      { label: 'macOS d3', status: 'fail', because: NOT_ENCRYPTED },
    ])
    expect(await lastRun('devices-are-encrypted')).toMatchObject({
      state: 'partial',
      fresh_until: '2026-03-03T09:00:00.000Z',
    })
  })

  test('nobody to judge proves nothing, unless the check allows it and the source counted exactly none', async () => {
    await givenReading(world, { kind: 'device', rows: [] })
    expect(await lastRun('devices-are-encrypted')).toMatchObject({
      state: 'partial',
      because: 'there was nothing to judge',
    })
    await givenReading(world, { kind: 'code-finding', rows: [] })
    expect(await lastRun('code-findings-are-fixed')).toMatchObject({
      state: 'partial',
      because: 'there was nothing to judge, and no exact count says that there is nothing',
    })
    world.clock.set('2026-03-03T09:00:00.000Z')
    await givenReading(world, {
      kind: 'code-finding',
      rows: [],
      census: { n: 0, exact: 'exact', how: 'results in the log' },
    })
    expect(await lastRun('code-findings-are-fixed')).toMatchObject({ state: 'judged', because: null })
  })
})

describe('checks that join', () => {
  test('a leaver with an active account fails once accounts are known, and is inconclusive before', async () => {
    await givenReading(world, {
      kind: 'person',
      rows: [person('ada', { ended_on: '2026-02-20' }), person('bob')],
    })
    expect(await outcomesOf(world, 'leavers-lose-access')).toEqual([
      { label: 'ada', status: 'inconclusive', because: 'no reading of user-account yet, which this check needs' },
      { label: 'bob', status: 'inconclusive', because: 'no reading of user-account yet, which this check needs' },
    ])
    await givenReading(world, { kind: 'user-account', rows: [account('ada'), account('bob')] })
    expect(await statuses('leavers-lose-access')).toEqual({ ada: 'fail', bob: 'not_applicable' })
    world.clock.set('2026-03-03T09:00:00.000Z')
    await givenReading(world, {
      kind: 'user-account',
      rows: [account('ada', { status: 'disabled', disabled_at: '2026-02-20T18:00:00.000Z' }), account('bob')],
    })
    expect(await statuses('leavers-lose-access')).toEqual({ ada: 'pass', bob: 'not_applicable' })
  })

  test('a stale list of accounts lets no leaver pass', async () => {
    await givenReading(world, { kind: 'user-account', rows: [account('bob')] })
    world.clock.set('2026-03-20T09:00:00.000Z')
    await givenReading(world, { kind: 'person', rows: [person('ada', { ended_on: '2026-03-10' })] })
    expect(await outcomesOf(world, 'leavers-lose-access')).toEqual([
      {
        label: 'ada',
        status: 'inconclusive',
        because: 'a source: user-account, which this check needs, was last read completely on 2026-03-02T09:00:00.000Z',
      },
    ])
    expect(await lastRun('leavers-lose-access')).toMatchObject({ state: 'partial' })
  })

  test('a check stays fresh only as long as everything it joins', async () => {
    await givenReading(world, { kind: 'user-account', rows: [account('ada')] })
    world.clock.set('2026-03-06T09:00:00.000Z')
    await givenReading(world, { kind: 'person', rows: [person('ada', { ended_on: '2026-02-01' })] })
    expect(await lastRun('leavers-lose-access')).toMatchObject({
      state: 'judged',
      fresh_until: '2026-03-10T09:00:00.000Z',
    })
  })
})

describe('time', () => {
  test('evidence that arrives late changes the days it speaks about, and what was believed before stays visible', async () => {
    const at = async (asOf: string, knownAt: string): Promise<string[]> =>
      (
        await world.tenant((tx) =>
          tx.rows<{ status: string }>(sql`
            select t.status from outcome t join check_version v on v.org_id = t.org_id and v.id = t.check_version_id
            where t.org_id = ${tx.org} and v.check_id = 'devices-are-encrypted' and t.recorded_at <= ${knownAt}
              and t.valid_from <= ${asOf} and (t.superseded_at is null or t.superseded_at > ${knownAt})
              and (t.valid_to is null or t.closed_at > ${knownAt} or t.valid_to > ${asOf})`),
        )
      ).map((row) => row.status)
    await givenReading(world, { kind: 'device', rows: [device('d1')] })
    world.clock.set('2026-03-10T09:00:00.000Z')
    await givenReading(world, { kind: 'device', rows: [device('d1')] })
    world.clock.set('2026-03-12T09:00:00.000Z')
    await givenReading(world, {
      kind: 'device',
      rows: [device('d1', { disk_encrypted: false })],
      at: '2026-03-05T09:00:00.000Z',
    })
    expect(await at('2026-03-06T00:00:00.000Z', '2026-03-11T00:00:00.000Z')).toEqual(['pass'])
    expect(await at('2026-03-06T00:00:00.000Z', '2026-03-13T00:00:00.000Z')).toEqual(['fail'])
    expect(await at('2026-03-04T00:00:00.000Z', '2026-03-13T00:00:00.000Z')).toEqual(['pass'])
    expect(await at('2026-03-11T00:00:00.000Z', '2026-03-13T00:00:00.000Z')).toEqual(['pass'])
  })

  test('a joined list that arrives late judges again what was judged since', async () => {
    await givenReading(world, {
      kind: 'user-account',
      rows: [account('ada', { status: 'disabled', disabled_at: null })],
    })
    await givenReading(world, { kind: 'person', rows: [person('ada', { ended_on: '2026-02-20' })] })
    world.clock.set('2026-03-04T09:00:00.000Z')
    await givenReading(world, { kind: 'person', rows: [person('ada', { ended_on: '2026-02-20' })] })
    expect(await statuses('leavers-lose-access')).toEqual({ ada: 'fail' })
    world.clock.set('2026-03-05T09:00:00.000Z')
    await givenReading(world, {
      kind: 'user-account',
      rows: [account('ada', { status: 'disabled', disabled_at: '2026-02-20T20:00:00.000Z' })],
      at: '2026-03-03T09:00:00.000Z',
    })
    expect(await statuses('leavers-lose-access')).toEqual({ ada: 'pass' })
  })

  test('a verdict that a late reading changed is changed back when the next reading says so', async () => {
    const accounts = (status: string) => [
      account('ada', { status, disabled_at: status === 'active' ? null : '2026-02-20T20:00:00.000Z' }),
    ]
    const leaver = { kind: 'person', rows: [person('ada', { ended_on: '2026-02-20' })] }
    await givenReading(world, { kind: 'user-account', rows: accounts('active') })
    world.clock.set('2026-03-03T09:00:00.000Z')
    await givenReading(world, leaver)
    world.clock.set('2026-03-04T09:00:00.000Z')
    await givenReading(world, { kind: 'user-account', rows: accounts('disabled'), at: '2026-03-02T18:00:00.000Z' })
    expect(await statuses('leavers-lose-access')).toEqual({ ada: 'pass' })
    await givenReading(world, { kind: 'user-account', rows: accounts('active'), at: '2026-03-02T19:00:00.000Z' })
    world.clock.set('2026-03-05T09:00:00.000Z')
    await givenReading(world, leaver)
    expect(await statuses('leavers-lose-access')).toEqual({ ada: 'fail' })
  })

  test('a verdict on an event holds from the moment it happened', async () => {
    await givenReading(world, {
      kind: 'code-change',
      rows: [change('aaa'), change('bbb', { landed_at: '2026-02-10T09:00:00.000Z', reviewers: [] })],
      window: { from: '2026-01-01T00:00:00.000Z', to: '2026-03-02T09:00:00.000Z' },
    })
    const rows = await world.tenant((tx) =>
      tx.rows(sql`
        select u.label, t.status, t.valid_from, t.event from outcome t
        join check_version v on v.org_id = t.org_id and v.id = t.check_version_id
        join subject u on u.org_id = t.org_id and u.id = t.subject_id
        where t.org_id = ${tx.org} and v.check_id = 'changes-are-reviewed' order by u.label`),
    )
    expect(rows).toEqual([
      { label: 'aaa aaa', status: 'pass', valid_from: '2026-03-01T09:00:00.000Z', event: true },
      { label: 'bbb bbb', status: 'fail', valid_from: '2026-02-10T09:00:00.000Z', event: true },
    ])
    expect(await lastRun('changes-are-reviewed')).toMatchObject({ covers_from: '2026-01-01T00:00:00.000Z' })
  })

  test('a change that is told differently later corrects its verdict; one that grows old ends it', async () => {
    await givenReading(world, { kind: 'code-change', rows: [change('aaa', { reviewers: [] })] })
    world.clock.set('2026-03-03T09:00:00.000Z')
    await givenReading(world, { kind: 'code-change', rows: [change('aaa')] })
    expect(await statuses('changes-are-reviewed')).toEqual({ 'aaa aaa': 'pass' })
    world.clock.set('2027-04-01T09:00:00.000Z')
    await givenReading(world, {
      kind: 'code-change',
      rows: [],
      census: { n: 0, exact: 'exact', how: 'git rev-list --count' },
    })
    expect(await statuses('changes-are-reviewed')).toEqual({ 'aaa aaa': 'not_applicable' })
  })
})

describe('the catalog', () => {
  test('reaches every organisation when the process starts, and each new one once', async () => {
    const sequencer = new Database(world.connection('assay_sequencer'), { kek: Buffer.alloc(32, 7) })
    const sync = openCatalogSync(world, sequencer)
    expect(await sync.tick()).toBeGreaterThan(0)
    expect(await sync.tick()).toBe(0)
    const newcomer = await world.organization('Newcomer')
    expect(await sync.tick()).toBe(1)
    expect((await world.db.tenant({ org: newcomer, actor: 'system' }, currentVersions)).length).toBeGreaterThan(30)
    await sequencer.close()
  })
})

describe('an expression that means harm', () => {
  test('is given up after its deadline, while the other checks go on', async () => {
    await givenReading(
      world,
      { kind: 'device', rows: [device('d1', { platform: 'x'.repeat(50_000) })] },
      { judge: false },
    )
    const ones = `[${Array(100).fill(1).join(',')}]`
    const loops = `${ones}.all(a, ${ones}.all(b, !subject.platform.matches('(x+x+)+[yz]')))`
    const judgement = await world.tenant(async (tx) => {
      const [good] = (await currentVersions(tx)).filter((version) => version.check_id === 'devices-are-encrypted')
      const document = good!.document
        .replace('id: devices-are-encrypted', 'id: slow')
        .replace('assert: subject.disk_encrypted', () => `assert: "${loops}"`)
      const slow = { ...good!, id: -1, sha256: 'f'.repeat(64), document }
      return await judgePopulation(
        tx,
        [judgeOf(slow), judgeOf(good!)],
        { kind: 'device', stream: undefined, at: world.clock().toISOString() },
        { deadline_ms: 400 },
      )
    })
    expect(judgement.verdicts[0]).toMatchObject({
      statuses: ['inconclusive'],
      because: [expect.stringContaining('did not come to an end within 0.4 s')],
    })
    expect(judgement.verdicts[1]).toMatchObject({ statuses: ['pass'] })
  })
})
