// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, type World } from '../../test/world.ts'
import { addPerson } from '../people/people.store.ts'
import { policiesActions } from '../policies/policies.actions.ts'
import { systemActions } from '../system/system.actions.ts'
import { controlsActions } from './controls.actions.ts'

const actions = { ...systemActions, ...policiesActions, ...controlsActions }
type Name = keyof typeof actions
const ANNA = 'usr_00000000000000000000000001'

let world: World
const run = <N extends Name>(name: N, input: unknown = {}, roles: Parameters<World['actor']>[0] = ['so_admin']) =>
  world.perform(name, actions[name], input, world.actor(roles))
const refused = (code: string) => expect.objectContaining({ code })

const scope = {
  organization_name: 'Acme',
  system_name: 'Acme Cloud',
  services: [{ name: 'Acme Cloud' }],
  inside: ['production account'],
  outside: [{ what: 'marketing site', because: 'holds no customer data' }],
  categories: ['security', 'availability', 'privacy'],
  engagement: { type: 'type2', period_from: '2026-01-01', period_to: '2026-06-30' },
  time_zone: 'America/New_York',
  stage: 'startup',
  people: 20,
  facts: { has_office: true, own_data_centre: false, carve_out_cloud: true, personal_data: 'processor' },
  subservice_organizations: [{ name: 'Host Inc', service: 'hosting', method: 'carve_out', criteria: ['CC6.4'] }],
}
beforeAll(async () => {
  world = await createWorld({ start: '2026-03-02T09:00:00.000Z' })
  await world.tenant((tx) =>
    addPerson(tx, { id: ANNA, name: 'Anna', email: 'anna@acme.test', roles: ['control_owner'], password: 'x' }),
  )
  await expect(run('controls.adopt')).rejects.toEqual(refused('NO_SCOPE'))
  await run('system.saveScope', { based_on: 0, scope })
})
afterAll(() => world.close())

describe('controls', () => {
  it('are adopted as the stage-appropriate set, with their owners', async () => {
    const adopted = await run('controls.adopt', { effective_from: '2026-01-01', owner: ANNA })
    expect(adopted.adopted).toHaveLength(71 + 3 + 18 - 2) // a processor has no choices and consents of its own to record
    expect(adopted.without_owner).toEqual([])
    const { rows } = await run('controls.list', { limit: 500, state: 'in_scope' })
    expect(rows).toHaveLength(adopted.adopted.length)
    expect(rows[0]).toMatchObject({
      id: 'GOV-01',
      version: 1,
      owner: { id: ANNA, name: 'Anna', active: true },
      group: 'CC1',
    })
    await expect(run('controls.adopt')).rejects.toEqual(refused('NOTHING_TO_ADOPT'))
    await expect(run('controls.adopt', { controls: ['GOV-01'] })).rejects.toEqual(refused('ALREADY_ADOPTED'))
  })
  it('refuse an owner who is nobody here', async () => {
    await expect(run('controls.assign', { control_ids: ['GOV-01'], owner: 'usr_nobody' })).rejects.toEqual(
      refused('UNKNOWN_OWNER'),
    )
    await run('controls.assign', { control_ids: ['GOV-01'], owner: null })
    expect((await run('controls.get', { id: 'GOV-01' })).owner).toBeNull()
    await run('controls.assign', { control_ids: ['GOV-01'], owner: ANNA })
    expect((await run('controls.get', { id: 'GOV-01' })).owners.map((o) => o.owner)).toEqual([ANNA, null, ANNA])
  })
  it('that were adopted with too late a first day are put right, with their owner, and the earlier word stays known', async () => {
    const late = { control_id: 'GOV-02', based_on: 1, because: 'the charter dates from last autumn', changes: {} }
    const known = world.clock().toISOString()
    world.clock.advance(60_000)
    await run('controls.update', { ...late, effective_from: '2025-10-01' })
    const { versions, owners } = await run('controls.get', { id: 'GOV-02' })
    expect(versions.map((v) => [v.n, v.from, v.to])).toEqual([
      [2, '2025-10-01', null],
      [1, null, null],
    ])
    expect(owners.map((o) => [o.owner, o.effective_from])).toEqual([
      [ANNA, '2025-10-01'],
      [ANNA, '2026-01-01'],
    ])
    const then = await world.perform(
      'controls.get',
      actions['controls.get'],
      { id: 'GOV-02' },
      world.actor(['so_admin']),
      { knownAt: known },
    )
    expect(then.versions.map((v) => [v.n, v.from])).toEqual([[1, '2026-01-01']])
    await expect(
      run('controls.update', { ...late, based_on: 2, effective_from: '2025-09-01', changes: { title: 'Charter' } }),
    ).rejects.toEqual(refused('EFFECTIVE_TOO_EARLY'))
  })
  it('edited mid-period keep the earlier version for its days', async () => {
    await run('controls.update', {
      control_id: 'IAM-05',
      based_on: 1,
      effective_from: '2026-03-01',
      because: 'three business days are what we can promise',
      changes: { parameters: { leaver_disable_business_days: 3 } },
    })
    const { versions, parameters } = await run('controls.get', { id: 'IAM-05' })
    expect(versions.map((v) => [v.n, v.from, v.to])).toEqual([
      [2, '2026-03-01', null],
      [1, '2026-01-01', '2026-02-28'],
    ])
    expect(parameters).toEqual({ leaver_disable_business_days: 3 })
    const before = await world.perform(
      'controls.get',
      actions['controls.get'],
      { id: 'IAM-05' },
      world.actor(['so_admin']),
      {
        asOf: '2026-02-15T12:00:00.000Z',
      },
    )
    expect(before.parameters).toEqual(versions.at(-1)?.parameters)
  })
  it('refuse a change that is none, that is late, or that refers to nothing', async () => {
    const change = (over: object) =>
      run('controls.update', {
        control_id: 'IAM-05',
        based_on: 2,
        effective_from: '2026-04-01',
        because: 'a change of practice',
        changes: { title: 'Other' },
        ...over,
      })
    await expect(change({ changes: {} })).rejects.toEqual(refused('NOTHING_CHANGED'))
    await expect(change({ based_on: 1 })).rejects.toEqual(refused('CONTROL_CHANGED'))
    await expect(change({ effective_from: '2026-02-01' })).rejects.toEqual(refused('EFFECTIVE_TOO_EARLY'))
    await expect(change({ changes: { criteria: ['CC9.9'] } })).rejects.toEqual(refused('UNKNOWN_CRITERION'))
    await expect(change({ changes: { policy_id: 'POL-99' } })).rejects.toEqual(refused('UNKNOWN_POLICY'))
    await expect(change({ changes: { required_slots: ['document-9'] } })).rejects.toEqual(refused('UNKNOWN_SLOT'))
    await expect(change({ control_id: 'END-05' })).rejects.toEqual(refused('NOT_ADOPTED'))
    await expect(change({ control_id: 'XXX-05' })).rejects.toEqual(refused('UNKNOWN_CONTROL'))
  })
  it('are left out only with a reason, and can come back', async () => {
    await expect(run('controls.exclude', { control_id: 'HRS-01', because: '' })).rejects.toEqual(
      refused('INVALID_INPUT'),
    )
    const because = 'background checks are unlawful where all of us live'
    await run('controls.exclude', { control_id: 'HRS-01', because, from: '2026-02-01' })
    const { rows } = await run('controls.list', { state: 'excluded' })
    expect(rows.map((r) => [r.id, r.because])).toEqual([['HRS-01', because]])
    await expect(run('controls.exclude', { control_id: 'HRS-01', because })).rejects.toEqual(
      refused('ALREADY_EXCLUDED'),
    )
    await run('controls.include', {
      control_id: 'HRS-01',
      because: 'reference checks are done instead',
      from: '2026-02-03',
    })
    expect((await run('controls.get', { id: 'HRS-01' })).uncovered).toEqual([{ from: '2026-02-01', to: '2026-02-02' }])
    await expect(run('controls.include', { control_id: 'HRS-01', because: 'once more, please' })).rejects.toEqual(
      refused('NOT_EXCLUDED'),
    )
  })
  it('list by page, criterion, policy and words', async () => {
    const first = await run('controls.list', { limit: 10 })
    const second = await run('controls.list', { limit: 10, after: first.next })
    expect([...first.rows, ...second.rows].map((r) => r.id)).toHaveLength(20)
    expect(second.rows[0]?.id).not.toBe(first.rows[9]?.id)
    expect((await run('controls.list', { limit: 500 })).rows).toHaveLength(134)
    expect((await run('controls.list', { criterion: 'CC1.2' })).rows.map((r) => r.id)).toEqual(['GOV-02', 'GOV-03'])
    expect((await run('controls.list', { search: 'PENETRATION' })).rows.map((r) => r.id)).toContain('MON-03')
    expect((await run('controls.list', { state: 'in_scope', policy: 'POL-07' })).rows.map((r) => r.id)).toEqual([
      'AST-01',
    ])
  })
  it('show population, tests, slots, requests and what else their evidence may support', async () => {
    const control = await run('controls.get', { id: 'IAM-02' })
    expect(control.slots.map((s) => s.id)).toContain('document-1')
    expect(control.tests.type2.attributes.length).toBeGreaterThan(0)
    expect(control.crosswalk.find((c) => c.framework === 'iso27001_2022')?.items.length).toBeGreaterThan(0)
    expect(control.typical_exceptions.length).toBeGreaterThan(0)
    await expect(run('controls.get', { id: 'XXX-01' })).rejects.toEqual(refused('UNKNOWN_CONTROL'))
  })
})

describe('policies', () => {
  const approval = {
    id: 'POL-01',
    version_label: '1.0',
    reference: 'wiki/security-policy',
    sha256: 'a'.repeat(64),
    effective_from: '2026-01-01',
    next_review: '2027-01-01',
  }
  it('are missing until one is approved, and name the controls that rest on them', async () => {
    const { rows } = await run('policies.list')
    expect(rows).toHaveLength(25)
    expect(rows[0]).toMatchObject({
      id: 'POL-01',
      state: 'missing',
      in_force: null,
      needed_by: ['GOV-05', 'GOV-07', 'GOV-08'],
    })
  })
  it('are reviewed within 12 months', async () => {
    await expect(run('policies.approve', { ...approval, next_review: '2027-01-02' }, ['executive'])).rejects.toEqual(
      refused('REVIEW_TOO_LATE'),
    )
    await expect(run('policies.approve', { ...approval, next_review: '2026-01-01' }, ['executive'])).rejects.toEqual(
      refused('REVIEW_BEFORE_START'),
    )
  })
  it('need a document', async () => {
    const { reference, ...without } = approval
    await expect(run('policies.approve', without, ['executive'])).rejects.toEqual(refused('DOCUMENT_REQUIRED'))
    await expect(
      run('policies.approve', { ...without, sha256: undefined, collection_id: 'col_none' }, ['executive']),
    ).rejects.toEqual(refused('UNKNOWN_EVIDENCE'))
    expect(reference).toBe('wiki/security-policy')
  })
  it('are in date through the day of the next review, and overdue the day after', async () => {
    await run('policies.approve', approval, ['executive'])
    const at = async (asOf: string) =>
      (
        await world.perform('policies.get', actions['policies.get'], { id: 'POL-01' }, world.actor(['so_admin']), {
          asOf,
        })
      ).state
    expect(await at('2025-12-31T12:00:00.000Z')).toBe('not_yet_in_force')
    expect(await at('2026-01-01T12:00:00.000Z')).toBe('in_date')
    // The day is that of the engagement's time zone: New York is five hours behind.
    expect(await at('2027-01-02T04:59:00.000Z')).toBe('in_date')
    expect(await at('2027-01-02T05:00:00.000Z')).toBe('overdue')
  })
  it('are not approved by just anybody', async () => {
    await expect(run('policies.approve', approval, ['control_owner'])).rejects.toEqual(refused('FORBIDDEN'))
    await expect(run('policies.approve', { ...approval, id: 'POL-99' }, ['executive'])).rejects.toEqual(
      refused('UNKNOWN_POLICY'),
    )
  })
})

describe('a control that suits the scope and is not adopted', () => {
  it('is left out with a reason, in the same act, and can be taken back in', async () => {
    const other = await createWorld({ start: '2026-03-02T09:00:00.000Z' })
    try {
      const act = <N extends Name>(name: N, input: unknown) =>
        other.perform(name, actions[name], input, other.actor(['so_admin']))
      await act('system.saveScope', { based_on: 0, scope: { ...scope, categories: ['security'] } })
      const { rows } = await act('controls.list', { state: 'proposed', limit: 500 })
      const [spared = '', ...controls] = rows.map((row) => row.id)
      await expect(act('controls.adopt', { controls, leave_out_because: 'no' })).rejects.toEqual(
        refused('INVALID_INPUT'),
      )
      const { left_out } = await act('controls.adopt', { controls, leave_out_because: 'we have no such people' })
      expect(left_out).toEqual([spared])
      expect((await act('controls.list', { state: 'proposed', limit: 500 })).rows).toEqual([])
      expect(await act('controls.get', { id: spared })).toMatchObject({
        state: 'excluded',
        because: 'we have no such people',
      })
      await act('controls.include', { control_id: spared, because: 'somebody was hired for it' })
      expect(await act('controls.get', { id: spared })).toMatchObject({ state: 'in_scope' })
    } finally {
      await other.close()
    }
  })
})
