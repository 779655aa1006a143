// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, type World } from '../../test/world.ts'
import { criteriaActions } from './criteria.actions.ts'
import { systemActions } from '../system/system.actions.ts'

const actions = { ...systemActions, ...criteriaActions }
type Name = keyof typeof actions

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
  categories: ['security'],
  engagement: { type: 'type2', period_from: '2026-01-01', period_to: '2026-06-30' },
  time_zone: 'America/New_York',
  stage: 'startup',
  people: 20,
  facts: { has_office: true, own_data_centre: false, carve_out_cloud: true, personal_data: 'processor' },
  subservice_organizations: [{ name: 'Host Inc', service: 'hosting', method: 'carve_out', criteria: ['CC6.4'] }],
}
const save = (based_on: number, changes: object = {}) =>
  run('system.saveScope', { based_on, scope: { ...scope, ...changes } })

beforeAll(async () => {
  world = await createWorld({ start: '2026-03-02T09:00:00.000Z' })
})
afterAll(() => world.close())

describe('a programme from nothing', () => {
  it('shows nothing before a scope is saved', async () => {
    expect(await run('system.get')).toMatchObject({ scope: null, applicable_criteria: 0 })
    expect((await run('criteria.list')).rows).toEqual([])
    await expect(run('system.plan')).rejects.toEqual(refused('NO_SCOPE'))
  })

  it('saves a scope with security only: exactly 33 criteria apply, none of another category', async () => {
    expect(await save(0)).toMatchObject({ n: 1, applicable_criteria: 33 })
    const { rows } = await run('criteria.list')
    expect(rows).toHaveLength(33)
    expect(rows.every((c) => c.category === 'common')).toBe(true)
    expect(rows.find((c) => c.id === 'CC6.4')?.subservice).toEqual(['Host Inc'])
  })

  it('names the annual controls that may not fall into six months', async () => {
    const { warnings } = await run('system.get')
    expect(warnings.map((w) => w.control_id)).toContain('MON-03')
    expect(warnings.map((w) => w.control_id)).not.toContain('IAM-06')
  })

  it('counts a newer version only after an executive approved it', async () => {
    expect((await run('system.get')).scope).toMatchObject({ n: 1, state: 'draft' })
    await expect(run('system.approveScope', { n: 1 })).rejects.toEqual(refused('FORBIDDEN'))
    await run('system.approveScope', { n: 1 }, ['executive'])
    world.clock.advance(60_000)
    expect(await save(1, { categories: ['availability', 'security'] })).toMatchObject({ n: 2, applicable_criteria: 36 })
    expect(await run('system.get')).toMatchObject({
      scope: { n: 1, state: 'approved' },
      draft: { n: 2 },
      applicable_criteria: 33,
    })
    await run('system.approveScope', { n: 2 }, ['executive'])
    expect(await run('system.get')).toMatchObject({ scope: { n: 2 }, draft: null, applicable_criteria: 36 })
    await expect(run('system.approveScope', { n: 2 }, ['executive'])).rejects.toEqual(refused('ALREADY_APPROVED'))
  })

  it('refuses a change of a version that is no longer the newest', async () => {
    await expect(save(1)).rejects.toEqual(refused('SCOPE_CHANGED'))
  })

  it('remembers what was believed before', async () => {
    const earlier = await world.perform('system.get', actions['system.get'], {}, world.actor(['so_admin']), {
      knownAt: '2026-03-02T09:00:30.000Z',
    })
    expect(earlier).toMatchObject({ scope: { n: 1 }, applicable_criteria: 33 })
    expect((await run('system.history')).versions.map((v) => v.n)).toEqual([2, 1])
  })

  it('refuses an adviser who tries to approve or change', async () => {
    await expect(run('system.approveScope', { n: 2 }, ['advisor'])).rejects.toEqual(refused('FORBIDDEN'))
    await expect(run('system.saveScope', { based_on: 2, scope }, ['advisor'])).rejects.toEqual(refused('FORBIDDEN'))
  })
})

describe('criteria that do not apply', () => {
  beforeAll(() =>
    save(2, { categories: ['security', 'availability', 'privacy'] }).then((s) =>
      run('system.approveScope', { n: s.n }, ['executive']),
    ),
  )
  const rationale = 'We process for customers who decide; they ask for explicit consent themselves.'
  it('are refused without a rationale', async () => {
    await expect(run('criteria.proposeNotRelevant', { criterion_id: 'P3.2', rationale: '' })).rejects.toEqual(
      refused('INVALID_INPUT'),
    )
  })
  it('need an executive, and then still wait for the auditor', async () => {
    const of = async () => (await run('criteria.list')).rows.find((c) => c.id === 'P3.2')
    // An adviser proposes; to approve and to withdraw is management's.
    await run('criteria.proposeNotRelevant', { criterion_id: 'P3.2', rationale }, ['advisor'])
    for (const name of ['criteria.approveNotRelevant', 'criteria.withdrawNotRelevant'] as const)
      await expect(run(name, { criterion_id: 'P3.2', because: rationale }, ['advisor'])).rejects.toEqual(
        refused('FORBIDDEN'),
      )
    expect(await of()).toMatchObject({
      relevance: 'proposed_not_relevant',
      decision: { rationale, awaits_auditor: true },
    })
    await expect(run('criteria.approveNotRelevant', { criterion_id: 'P3.2' })).rejects.toEqual(refused('FORBIDDEN'))
    await run('criteria.approveNotRelevant', { criterion_id: 'P3.2' }, ['executive'])
    expect(await of()).toMatchObject({ relevance: 'not_relevant', decision: { awaits_auditor: true } })
    await run('criteria.withdrawNotRelevant', {
      criterion_id: 'P3.2',
      because: 'Two customers asked us to collect consent.',
    })
    expect(await of()).toMatchObject({ relevance: 'applies', decision: null })
  })
  it('cannot be one that a carved-out subservice organisation helps to meet', async () => {
    await expect(run('criteria.proposeNotRelevant', { criterion_id: 'CC6.4', rationale })).rejects.toEqual(
      refused('CRITERION_CARVED_OUT'),
    )
  })
  it('cannot be one outside the chosen categories', async () => {
    await expect(run('criteria.proposeNotRelevant', { criterion_id: 'PI1.1', rationale })).rejects.toEqual(
      refused('NOT_IN_SCOPE'),
    )
    await expect(run('criteria.proposeNotRelevant', { criterion_id: 'CC0.0', rationale })).rejects.toEqual(
      refused('UNKNOWN_CRITERION'),
    )
    await expect(run('criteria.approveNotRelevant', { criterion_id: 'CC1.1' }, ['executive'])).rejects.toEqual(
      refused('NOTHING_PROPOSED'),
    )
  })
})

describe('the plan', () => {
  it('shows estimates with their sources, and the alternatives when it is too late', async () => {
    const plan = await run('system.plan', { target_report_date: '2026-04-01' })
    expect(plan).toMatchObject({ estimate: true, feasible: false, size: 'small', open_gaps: 0 })
    expect(plan.alternatives.map((a) => a.id)).toContain('type1_first')
    expect(plan.costs.every((c) => c.source.length > 0)).toBe(true)
    expect((await run('system.plan')).feasible).toBe(true)
  })

  it('reckons with management’s own figures where there are any, with their source, and with the estimate again', async () => {
    const audit = async (knownAt?: string) => {
      const { costs } = await world.perform(
        'system.plan',
        actions['system.plan'],
        {},
        world.actor(['so_admin']),
        knownAt ? { knownAt } : {},
      )
      return costs.find((cost) => cost.what === 'audit')
    }
    const before = await audit()
    expect(before).toMatchObject({ own: false })
    const offer = { what: 'audit', usd_from: 28_000, usd_to: 28_000, source: 'offer of Example CPA, 1 March' }
    await expect(run('system.saveCost', offer, ['oversight'])).rejects.toEqual(refused('FORBIDDEN'))
    await expect(run('system.saveCost', { ...offer, usd_to: 1 })).rejects.toEqual(refused('COST_UPSIDE_DOWN'))
    const earlier = world.clock().toISOString()
    world.clock.advance(60_000)
    await run('system.saveCost', offer)
    expect(await audit()).toEqual({ ...offer, own: true })
    expect(await audit(earlier)).toEqual(before)
    await run('system.saveCost', { what: 'audit', source: 'the offer was withdrawn' })
    expect(await audit()).toEqual(before)
  })
})

describe('the interview', () => {
  it('gives the questions, and with answers a proposal', async () => {
    expect((await run('system.suggest')).suggestion).toBeNull()
    const { suggestion, set_sizes } = await run('system.suggest', {
      answers: { people: 20, promises_availability: true },
    })
    expect(suggestion).toMatchObject({ applicable_criteria: 36, stage: { value: 'startup' } })
    expect(suggestion?.control_set.controls).toHaveLength(74)
    expect(set_sizes.growth.security).toBe(99)
  })
})
