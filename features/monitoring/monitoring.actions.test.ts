// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../lib/ids.ts'
import type { Actor } from '../../lib/action.ts'
import { addPerson } from '../people/people.store.ts'
import { account, device, givenJudged, givenReading, person } from '../../test/readings.ts'
import { createWorld, type World } from '../../test/world.ts'
import { monitoringActions as actions } from './monitoring.actions.ts'
import { syncCatalogChecks } from './versions.store.ts'

let world: World
let requester: string
const manager: Actor = { org: '', id: 'usr_manager', name: 'Manager', roles: ['compliance_manager'] }
beforeAll(async () => {
  world = await createWorld()
  Object.assign(manager, { org: world.org })
  requester = newId('usr', 1)
  await world.tenant(async (tx) => {
    await syncCatalogChecks(tx, world.jobs)
    await addPerson(tx, {
      id: requester,
      name: 'Ada',
      email: 'ada@example.org',
      roles: ['control_owner'],
      password: 'not used',
    })
  })
  await givenReading(world, {
    kind: 'device',
    rows: [device('d1'), device('d2', { disk_encrypted: false }), device('d3', { disk_encrypted: false })],
  })
})
afterAll(async () => {
  await world.close()
})

type Name = keyof typeof actions
const ask = async <N extends Name>(name: N, input: unknown, at: { asOf?: string; knownAt?: string } = {}) =>
  await world.perform(name, actions[name], input, manager, at)

const ours = (change: Record<string, string> = {}): string =>
  Object.entries({
    id: 'devices-are-macs',
    title: 'Devices are Macs',
    says: 'Each device is a Mac.',
    for: 'device',
    assert: "subject.platform == 'macOS'",
    fresh: '7d',
    severity: 'low',
    controls: '[{ id: END-01, strength: supporting, rationale: The baseline names the platforms. }]',
    remediation: 'Replace the device by a Mac.',
    examples: '{ pass: { subject: { platform: macOS } }, fail: { subject: { platform: Windows } } }',
    ...change,
  })
    .map(([field, value]) => `${field}: ${value}`)
    .join('\n')

const runJobs = async (): Promise<void> => {
  for (const { name, data } of world.jobs.waiting.splice(0))
    if (name === 'judge') await givenJudged(world, String(data.input['collection_id']))
}

describe('reading what checks find', () => {
  test('the list says what each check finds now, and what has never looked is not set up', async () => {
    const { rows } = await ask('checks.list', { limit: 500 })
    expect(rows.length).toBeGreaterThanOrEqual(24)
    expect(rows.find((row) => row.id === 'devices-are-encrypted')).toMatchObject({
      state: 'fail',
      counts: { pass: 1, fail: 2, excepted: 0, inconclusive: 0, not_applicable: 0, unreachable: 0 },
      fresh_until: '2026-03-09T09:00:00.000Z',
      controls: [{ control_id: 'END-01', strength: 'direct' }],
    })
    expect(rows.find((row) => row.id === 'changes-are-reviewed')).toMatchObject({
      state: 'not_set_up',
      last_run_at: null,
    })
    expect((await ask('checks.list', { control: 'END-01', state: 'fail' })).rows.map((row) => row.id)).toEqual([
      'devices-are-encrypted',
    ])
  })

  test('a check whose readings have grown old says no data, but a failure is not forgotten', async () => {
    const later = { asOf: '2026-03-20T09:00:00.000Z', knownAt: '2026-03-20T09:00:00.000Z' }
    const state = async (id: string): Promise<unknown> => (await ask('checks.get', { id }, later)).state
    expect(await state('devices-lock-their-screen')).toBe('no_data')
    expect(await state('devices-are-encrypted')).toBe('fail')
  })

  test('pages of outcomes go from the worst to the best and meet without a gap', async () => {
    const seen: string[] = []
    let after: string | undefined
    do {
      const page = await ask('checks.outcomes', { id: 'devices-are-encrypted', limit: 1, ...(after ? { after } : {}) })
      seen.push(...page.rows.map((row) => `${row.label} ${row.status}`))
      after = page.next ?? undefined
    } while (after !== undefined)
    expect(seen).toEqual(['macOS d2 fail', 'macOS d3 fail', 'macOS d1 pass'])
    expect(
      (await ask('checks.outcomes', { id: 'devices-are-encrypted', status: 'fail', search: 'd3' })).rows,
    ).toHaveLength(1)
  })

  test('one outcome shows the fact, the values compared, where they were read, and how to fix it', async () => {
    const [row] = (await ask('checks.outcomes', { id: 'devices-are-encrypted', status: 'fail' })).rows
    const shown = await ask('checks.outcome', { id: 'devices-are-encrypted', subject_id: row!.subject_id })
    expect(shown).toMatchObject({
      check: { version: 1, remediation: expect.stringContaining('fdesetup') },
      outcome: { status: 'fail' },
      fact: { body: { id: 'd2', disk_encrypted: false }, capture_name: 'rows.json', pointer: '/1' },
      explanation: { status: 'fail', parts: [{ in: 'assert', text: 'subject.disk_encrypted', value: false }] },
      history: [{ status: 'fail', valid_to: null }],
    })
  })

  test('an outcome of a check that joins shows the joined rows', async () => {
    await givenReading(world, { kind: 'person', rows: [person('ada', { ended_on: '2026-02-20' })] })
    await givenReading(world, { kind: 'user-account', rows: [account('ada', { email: 'ADA@example.org' })] })
    const [row] = (await ask('checks.outcomes', { id: 'leavers-lose-access', status: 'fail' })).rows
    const shown = await ask('checks.outcome', { id: 'leavers-lose-access', subject_id: row!.subject_id })
    expect(shown.explanation).toMatchObject({
      status: 'fail',
      joined: [{ name: 'accounts', rows: 1, first: [{ account: 'ada' }] }],
    })
  })

  test('kinds are listed with their fields, so that one can write a check', async () => {
    const { rows } = await ask('kinds.list', {})
    expect(rows.find((row) => row.id === 'person')?.fields).toContainEqual({
      name: 'ended_on',
      type: 'timestamp',
      nullable: true,
    })
  })

  test('an unknown check or subject is refused', async () => {
    await expect(ask('checks.get', { id: 'nothing' })).rejects.toMatchObject({ code: 'UNKNOWN_CHECK', status: 404 })
    await expect(ask('checks.outcome', { id: 'devices-are-encrypted', subject_id: 999_999 })).rejects.toMatchObject({
      code: 'UNKNOWN_SUBJECT',
    })
  })
})

describe('writing a check', () => {
  test('a text that is tried judges the facts of now and writes nothing', async () => {
    const tried = await ask('checks.try', {
      document: ours({
        assert: "'!subject.disk_encrypted'",
        examples: '{ pass: { subject: { disk_encrypted: true } }, fail: { subject: { disk_encrypted: true } } }',
      }),
    })
    expect(tried).toMatchObject({
      counts: { pass: 2, fail: 1, inconclusive: 0, not_applicable: 0 },
      examples: [expect.stringContaining('pass example 1: expected pass, got fail')],
      more: false,
      outcomes: [{ label: 'macOS d1', status: 'fail' }, {}, {}],
    })
    await expect(ask('checks.get', { id: 'devices-are-macs' })).rejects.toMatchObject({ code: 'UNKNOWN_CHECK' })
  })

  test.each([
    [
      { assert: 'subject.platfrom == null' },
      'BAD_EXPRESSION',
      'assert, line 1, column 9: No such key: platfrom; subject has id, owner_email',
    ],
    [
      { examples: '{ pass: { subject: { platform: Windows } }, fail: { subject: { platform: Windows } } }' },
      'EXAMPLES_FAIL',
      'pass example 1: expected pass, got fail',
    ],
    [{ controls: '[{ id: XXX-99, strength: direct, rationale: Because I say so. }]' }, 'UNKNOWN_CONTROL', 'got XXX-99'],
    [{ fresh: '900d' }, 'BAD_CHECK', 'expected at most 192h'],
    [{ for: 'horse' }, 'UNKNOWN_KIND', 'expected one of'],
    [{ owner: 'me' }, 'BAD_CHECK', '/owner'],
  ])('%j is refused with %s', async (change, code, message) => {
    await expect(ask('checks.save', { document: ours(change) })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    })
  })

  test('a saved check judges what is known at once; a changed text is a new version and the old one stays', async () => {
    await ask('checks.save', { document: ours(), version: 0 })
    await runJobs()
    expect(await ask('checks.get', { id: 'devices-are-macs' })).toMatchObject({
      state: 'pass',
      origin: 'custom',
      version: 1,
      counts: { pass: 3 },
    })
    await expect(ask('checks.save', { document: ours() })).rejects.toMatchObject({ code: 'NOTHING_CHANGED' })
    await expect(ask('checks.save', { document: ours({ severity: 'high' }), version: 7 })).rejects.toMatchObject({
      code: 'ID_TAKEN',
      status: 409,
    })

    world.clock.advance(3_600_000)
    await ask('checks.save', {
      document: ours({
        assert: "subject.platform == 'macOS' && subject.disk_encrypted",
        examples:
          '{ pass: { subject: { platform: macOS, disk_encrypted: true } }, fail: { subject: { platform: Windows } } }',
      }),
      version: 1,
    })
    await runJobs()
    const now = await ask('checks.get', { id: 'devices-are-macs' })
    expect(now).toMatchObject({ version: 2, state: 'fail', counts: { pass: 1, fail: 2 } })
    expect(now.versions.map(({ version, effective_to }) => [version, effective_to !== null])).toEqual([
      [2, false],
      [1, true],
    ])
    expect(await ask('checks.get', { id: 'devices-are-macs' }, { asOf: '2026-03-02T09:30:00.000Z' })).toMatchObject({
      version: 1,
      state: 'pass',
    })
  })

  test('a check of the catalog that was replaced or retired is left alone when the product is updated', async () => {
    await ask('checks.retire', { id: 'devices-report-in', because: 'We look at this elsewhere.' })
    await ask('checks.save', { document: ours({ id: 'devices-have-owners' }) })
    expect(await world.tenant((tx) => syncCatalogChecks(tx, world.jobs))).toEqual([])
    await expect(ask('checks.get', { id: 'devices-report-in' })).rejects.toMatchObject({ code: 'UNKNOWN_CHECK' })
    expect((await ask('checks.get', { id: 'devices-have-owners' })).origin).toBe('custom')
    expect((await ask('checks.runs', { id: 'devices-report-in' })).rows).toHaveLength(1)
  })

  test('a reader may not write', async () => {
    await expect(
      world.perform('checks.save', actions['checks.save'], { document: ours() }, world.actor(['audit_staff'])),
    ).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })
})

describe('exceptions', () => {
  const owner = (): Actor => ({ org: world.org, id: requester, name: 'Ada', roles: ['control_owner'] })
  const asks = async (change: Record<string, unknown> = {}, as = owner()): Promise<string> => {
    const asked = {
      id: 'devices-are-encrypted',
      because: 'The device is being replaced this week.',
      compensating_control: 'It stays in the office.',
      until: '2026-03-05T09:00:00.000Z',
      ...change,
    }
    return (await world.perform('checks.askException', actions['checks.askException'], asked, as)).request_id
  }

  test('what is asked for leaves the past failed, has an end, and concerns somebody who is there', async () => {
    await expect(asks({ from: '2026-01-01T00:00:00.000Z' })).rejects.toMatchObject({ code: 'EXCEPTION_DATES' })
    // The second of March and the 180 days of GOV-13.
    await expect(asks({ until: '2026-08-30T09:00:00.000Z' })).rejects.toMatchObject({
      code: 'EXCEPTION_DATES',
      pointer: '/until',
      message: expect.stringContaining('within 180 days'),
    })
    await expect(asks({ subject_id: 999_999 })).rejects.toMatchObject({ code: 'UNKNOWN_SUBJECT' })
    await expect(asks({ because: 'no' })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    await expect(asks({ requested_by: 'usr_manager' })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  })

  test('who asks is who acts, and nobody approves their own, not even by a key', async () => {
    const request_id = await asks({}, manager)
    for (const actor of [manager, { ...manager, via: 'key_of_the_manager' }])
      await expect(
        world.perform(
          'checks.decideException',
          actions['checks.decideException'],
          { request_id, approve: true },
          actor,
        ),
      ).rejects.toMatchObject({ code: 'SELF_APPROVED', status: 403 })
    expect((await ask('checks.exceptionRequests', { waiting: true })).rows).toMatchObject([
      { id: request_id, requested_by: 'usr_manager', decided_at: null },
    ])
    await ask('checks.decideException', { request_id, approve: false, because: 'Taken back by who asked for it.' })
  })

  test('an owner or an adviser asks and does not decide; an auditor does neither', async () => {
    const request_id = await asks({}, world.actor(['advisor']))
    for (const roles of [['advisor'], ['control_owner'], ['oversight'], ['audit_manager']] as const)
      await expect(
        world.perform(
          'checks.decideException',
          actions['checks.decideException'],
          { request_id, approve: true },
          world.actor([...roles]),
        ),
      ).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(asks({}, world.actor(['audit_manager']))).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await ask('checks.decideException', { request_id, approve: false, because: 'The device is gone already.' })
  })

  test('a request is refused with its reason, decided once, and accepts nothing', async () => {
    const request_id = await asks()
    await expect(ask('checks.decideException', { request_id, approve: false })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      pointer: '/because',
    })
    await ask('checks.decideException', { request_id, approve: false, because: 'Encrypt the disk instead.' })
    await expect(ask('checks.decideException', { request_id, approve: true })).rejects.toMatchObject({
      code: 'ALREADY_DECIDED',
      status: 409,
    })
    await expect(ask('checks.decideException', { request_id: 'exr_none', approve: true })).rejects.toMatchObject({
      code: 'UNKNOWN_REQUEST',
    })
    const { rows } = await ask('checks.exceptionRequests', { waiting: false })
    expect(rows.find(({ id }) => id === request_id)).toMatchObject({
      decided_by: 'usr_manager',
      exception_id: null,
      refused_because: 'Encrypt the disk instead.',
    })
    expect((await ask('checks.get', { id: 'devices-are-encrypted' })).counts).toMatchObject({ fail: 2, excepted: 0 })
    await expect(world.owner.query(`delete from exception_request where id = $1`, [request_id])).rejects.toThrow(
      /is history/,
    )
  })

  test('what is approved late begins late, and not after its end', async () => {
    const [soon, later] = [await asks(), await asks({ from: '2026-03-04T09:00:00.000Z' })]
    const { exception_id } = await ask('checks.decideException', { request_id: later, approve: true })
    world.clock.set('2026-03-03T09:00:00.000Z')
    const approved = await ask('checks.decideException', { request_id: soon, approve: true })
    const { rows } = await ask('checks.exceptions', { id: 'devices-are-encrypted' })
    expect(rows.find(({ id }) => id === exception_id)?.valid_from).toBe('2026-03-04T09:00:00.000Z')
    expect(rows.find(({ id }) => id === approved.exception_id)?.valid_from).toBe('2026-03-03T09:00:00.000Z')
    for (const { id } of rows) await ask('checks.withdrawException', { exception_id: id })
    const stale = await asks()
    world.clock.set('2026-03-05T10:00:00.000Z')
    await expect(ask('checks.decideException', { request_id: stale, approve: true })).rejects.toMatchObject({
      code: 'EXCEPTION_DATES',
    })
    await ask('checks.decideException', { request_id: stale, approve: false, because: 'It would have ended by now.' })
    world.clock.set('2026-03-02T09:00:00.000Z')
  })

  test('an excepted failure is shown as such until the exception ends by itself or is withdrawn', async () => {
    const [row] = (await ask('checks.outcomes', { id: 'devices-are-encrypted', status: 'fail' })).rows
    const request_id = await asks({ subject_id: row!.subject_id })
    const { exception_id: id } = await ask('checks.decideException', { request_id, approve: true })
    const at = async (asOf: string): Promise<unknown> =>
      (await ask('checks.get', { id: 'devices-are-encrypted' }, { asOf })).counts
    expect(await at('2026-03-04T09:00:00.000Z')).toMatchObject({ fail: 1, excepted: 1 })
    expect(await at('2026-03-05T09:00:00.000Z')).toMatchObject({ fail: 2, excepted: 0 })
    expect(
      (await ask('checks.outcomes', { id: 'devices-are-encrypted', status: 'excepted' })).rows.map((r) => r.label),
    ).toEqual([row!.label])
    expect((await ask('checks.exceptions', { in_force: true })).rows).toMatchObject([
      { id, subject: row!.label, requested_by: requester, approved_by: 'usr_manager', in_force: true },
    ])
    await ask('checks.withdrawException', { exception_id: id })
    await expect(ask('checks.withdrawException', { exception_id: id })).rejects.toMatchObject({
      code: 'ALREADY_WITHDRAWN',
    })
    expect(await at('2026-03-04T09:00:00.000Z')).toMatchObject({ fail: 2, excepted: 0 })
    expect((await ask('checks.exceptions', { in_force: true })).rows).toEqual([])
  })
})
