// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { framework } from '../../catalog/framework.ts'
import { freshnessOf, rulebook } from '../../catalog/rulebook.ts'
import { addDays, type LocalDate } from '../../lib/time.ts'
import { textOf, type ControlVersion } from '../controls/control.ts'
import { nextOf } from '../readiness/rows.ts'
import { calendarOf, changesOf, composeSnapshot, type Loaded } from '../readiness/snapshot.ts'
import type { Performance } from '../readiness/strip.ts'
import { scopeDocument, type ScopeInput } from '../system/scope.ts'
import { findGaps } from './gaps.ts'

const START = '2026-01-01'
const day = (n: number): LocalDate => addDays(START, n - 1)
const SCOPE: ScopeInput = {
  organization_name: 'Acme',
  system_name: 'Acme Cloud',
  services: [{ name: 'Acme Cloud' }],
  inside: ['production'],
  categories: ['security'],
  engagement: { type: 'type2', period_from: START, period_to: day(180) },
  time_zone: 'UTC',
  stage: 'startup',
  people: 20,
  facts: { has_office: true, own_data_centre: false, carve_out_cloud: true, personal_data: 'none' },
}
const version = (control_id: string, changes: Partial<ControlVersion> = {}): ControlVersion => ({
  ...textOf(framework().controls.get(control_id)!, true), // ids of the library
  control_id,
  n: 1,
  state: 'in',
  effective_from: START,
  because: 'test',
  saved_by: 'usr_test',
  recorded_at: '2026-01-01T00:00:00.000Z',
  manifest: '',
  ...changes,
})
const performed = (on: LocalDate, outcome: Performance['outcome'] = 'performed'): Performance => ({
  from: on,
  to: on,
  outcome,
  by: 'attestation',
  id: `att_${on}`,
  corroborated: true,
})
const POLICIES = ['POL-02', 'POL-03', 'POL-05', 'POL-16', 'POL-18']

/** A day of a period in which everything is owned and approved, and the given controls are in scope. */
function given(today: number, versions: readonly ControlVersion[], changes: Partial<Loaded> = {}): Loaded {
  const scope = changes.scope ?? scopeDocument.parse(SCOPE)
  return {
    scope,
    calendar: calendarOf(scope, day(today)),
    versions,
    owners: new Map(versions.map((v) => [v.control_id, { id: 'usr_anna', name: 'Anna', active: true }])),
    policies: new Map(POLICIES.map((id) => [id, [{ n: 1, effective_from: '2025-12-01', next_review: '2026-12-01' }]])),
    checks: new Map(),
    items: new Map(),
    performances: new Map(),
    evidence: new Map(),
    criteria: ['CC6.1'],
    compensating: new Map(),
    unmitigated: new Map(),
    rules: rulebook().readiness,
    freshness: freshnessOf,
    ...changes,
  }
}
const titles = new Map([['POL-05', 'Access control policy']])
const gapsOf = (loaded: Loaded, lead: string | null = null) => findGaps(composeSnapshot(loaded), titles, lead)
const keys = (loaded: Loaded) => gapsOf(loaded).map((gap) => `${gap.key} ${gap.severity}`)
const passing = (id: string, letters: string) => ({ checks: new Map([[id, letters.padEnd(180, '-')]]) })

describe('the days that are shown', () => {
  it('are those of the period once it has begun, and the 90 days before it until then', () => {
    const scope = scopeDocument.parse(SCOPE)
    expect(calendarOf(scope, day(60))).toEqual({ from: START, to: day(180), today: day(60) })
    expect(calendarOf(scope, '2025-12-31')).toEqual({ from: '2025-10-03', to: '2025-12-31', today: '2025-12-31' })
    expect(calendarOf(scope, day(300)).today).toBe(day(180))
  })
  it('of a type 1 are the 90 days up to the day it speaks of', () => {
    const scope = scopeDocument.parse({ ...SCOPE, engagement: { type: 'type1', as_of: '2026-06-30' } })
    expect(calendarOf(scope, '2026-07-15')).toEqual({ from: '2026-04-02', to: '2026-06-30', today: '2026-06-30' })
  })
})

describe('gaps', () => {
  it('are none when every control is in order', () => {
    expect(keys(given(30, [version('IAM-02')], passing('IAM-02', 'o'.repeat(30))))).toEqual([])
  })
  it('of a policy are high when it never was approved, medium when its review is overdue or it has not begun', () => {
    const mfa = [version('IAM-02')]
    const policy = (from: LocalDate, review: LocalDate) =>
      new Map([['POL-05', [{ n: 1, effective_from: from, next_review: review }]]])
    const run = (policies: Loaded['policies']) =>
      keys(given(30, mfa, { ...passing('IAM-02', 'o'.repeat(30)), policies }))
    expect(run(new Map())).toEqual(['missing_policy:POL-05 high'])
    expect(run(policy('2025-01-01', day(29)))).toEqual(['missing_policy:POL-05 medium'])
    expect(run(policy(day(31), '2026-12-01'))).toEqual(['missing_policy:POL-05 medium'])
    expect(gapsOf(given(30, mfa, { policies: new Map() }))[0]?.finding).toContain(
      'Access control policy was never approved',
    )
  })
  it('of a criterion without a control are critical', () => {
    const gaps = gapsOf(
      given(30, [version('IAM-02')], { ...passing('IAM-02', 'o'.repeat(30)), criteria: ['CC6.1', 'CC7.5'] }),
    )
    expect(gaps.map((gap) => [gap.key, gap.severity, gap.criterion_id])).toEqual([
      ['unmapped_criterion:CC7.5', 'critical', 'CC7.5'],
    ])
  })
  it('of a control without an active owner say that it is not designed, and nothing more about it', () => {
    const run = (owners: Loaded['owners']) => gapsOf(given(30, [version('IAM-02')], { owners }))
    expect(run(new Map())).toMatchObject([
      { type: 'missing_control', severity: 'high', finding: 'Nobody owns it.', owner: null },
    ])
    const gone = new Map([['IAM-02', { id: 'usr_gone', name: null, active: false }]])
    expect(run(gone)).toMatchObject([{ finding: 'Its owner is no longer active.', owner: null }])
  })
  it('belong to the owner of their control, and to whoever runs the programme where there is none', () => {
    const two = [version('IAM-02'), version('IAM-06')]
    const owners = new Map([['IAM-02', { id: 'usr_anna', name: 'Anna', active: true }]])
    const failing = passing('IAM-02', 'o'.repeat(20) + 'f'.repeat(10))
    const found = gapsOf(given(30, two, { ...failing, owners, policies: new Map(), criteria: ['CC7.5'] }), 'usr_lead')
    expect(found.map((gap) => [gap.key, gap.owner])).toEqual([
      ['missing_policy:POL-05', 'usr_lead'],
      ['unmapped_criterion:CC7.5', 'usr_lead'],
      ['ineffective_control:IAM-02', 'usr_anna'],
      ['missing_control:IAM-06', 'usr_lead'],
    ])
  })
  it('of an ineffective control are high for a key control and medium for a supporting one', () => {
    const failing = passing('IAM-02', 'o'.repeat(20) + 'f'.repeat(10))
    expect(gapsOf(given(30, [version('IAM-02')], failing))).toMatchObject([
      { key: 'ineffective_control:IAM-02', severity: 'high', owner: 'usr_anna', seen_on: day(30) },
    ])
    expect(keys(given(30, [version('IAM-02', { is_key: false })], failing))).toEqual([
      'ineffective_control:IAM-02 medium',
    ])
  })
  it('of an ineffective control stay when its policy lapses or its owner leaves: it fails all the same', () => {
    const failing = passing('IAM-02', 'o'.repeat(20) + 'f'.repeat(10))
    expect(keys(given(30, [version('IAM-02')], { ...failing, policies: new Map() }))).toEqual([
      'missing_policy:POL-05 high',
      'ineffective_control:IAM-02 high',
    ])
    expect(keys(given(30, [version('IAM-02')], { ...failing, owners: new Map() }))).toEqual([
      'missing_control:IAM-02 high',
      'ineffective_control:IAM-02 high',
    ])
    const lapsed = composeSnapshot(given(30, [version('IAM-02')], { ...failing, policies: new Map() }))
    expect(lapsed.assessments.get('IAM-02')).toMatchObject({ score: 0, O: { value: 0, passed: 0, expected: 0 } })
    expect(lapsed.criteria[0]?.caps[0]?.because).toContain('key control IAM-02 is not effective')
  })
  it('of a control whose checks have only ever failed is that it fails, once, and not that paper is missing', () => {
    const tls = given(30, [version('IAM-02')], passing('IAM-02', 'f'.repeat(30)))
    expect(keys(tls)).toEqual(['ineffective_control:IAM-02 high'])
    expect(keys(given(30, [version('IAM-02')], passing('IAM-02', 'n'.repeat(30))))).toEqual([
      'lacking_documentation:IAM-02 medium',
    ])
  })
  it('of operation remember the newest day of trouble, so that history alone does not open them again', () => {
    const [gap] = gapsOf(
      given(60, [version('IAM-02')], passing('IAM-02', 'o'.repeat(20) + 'f'.repeat(20) + 'o'.repeat(20))),
    )
    expect(gap?.seen_on).toBe(day(40))
  })
  it('of evidence wait until the first interval and its grace are over', () => {
    const review = [version('IAM-06')]
    expect(keys(given(106, review))).toEqual([])
    expect(keys(given(107, review))).toEqual(['lacking_documentation:IAM-06 medium'])
  })
  it('of a control that was performed once and never again name its stale evidence', () => {
    const stale = { performances: new Map([['IAM-06', [performed('2025-11-01')]]]) }
    const gaps = gapsOf(given(60, [version('IAM-06', { effective_from: '2025-10-01' })], stale))
    expect(gaps.map((gap) => gap.type)).toContain('lacking_documentation')
  })
})

describe('a snapshot', () => {
  it('leaves out controls that are not in effect, and judges a type 1 by design and implementation', () => {
    const scope = scopeDocument.parse({ ...SCOPE, engagement: { type: 'type1', as_of: day(30) } })
    const snapshot = composeSnapshot(
      given(30, [version('IAM-06'), version('IAM-02', { effective_from: day(31) })], {
        scope,
        performances: new Map([['IAM-06', [performed(day(20))]]]),
      }),
    )
    expect([...snapshot.assessments.keys()]).toEqual(['IAM-06'])
    expect(snapshot.assessments.get('IAM-06')).toMatchObject({ score: 1, O: { value: null, none_because: 'not_due' } })
  })
  it('lets a verified control make up for an ineffective one, but not a broken one or itself', () => {
    const checks = new Map([
      ['IAM-02', 'f'.repeat(30).padEnd(180, '-')],
      ['IAM-01', 'o'.repeat(30).padEnd(180, '-')],
      ['IAM-09', 'n'.repeat(30).padEnd(180, '-')],
    ])
    const performances = new Map([['IAM-02', [performed(day(10))]]])
    const controls = ['IAM-01', 'IAM-02', 'IAM-09'].map((id) => version(id))
    const caps = (by: string) =>
      composeSnapshot(given(30, controls, { checks, performances, compensating: new Map([['IAM-02', by]]) }))
        .criteria[0]?.caps.length
    expect(caps('IAM-01')).toBe(0)
    expect(caps('IAM-09')).toBe(1)
    expect(caps('IAM-02')).toBe(1)
    expect(caps('GOV-01')).toBe(1)
  })
  it('tells the changes of the last days, newest first, and not what merely became due', () => {
    const loaded = given(
      30,
      ['IAM-02', 'IAM-09', 'IAM-06'].map((id) => version(id)),
      {
        checks: new Map([
          ['IAM-02', ('o'.repeat(26) + 'ffoo').padEnd(180, '-')],
          ['IAM-09', ('o'.repeat(28) + 'nn').padEnd(180, '-')],
        ]),
        performances: new Map([['IAM-06', [performed(day(29))]]]),
      },
    )
    const { facts } = composeSnapshot(loaded)
    const begun = composeSnapshot(given(30, [version('IAM-02', { effective_from: day(28) })], passing('IAM-02', '')))
    expect(changesOf(begun.facts.values(), loaded.calendar, 7)).toEqual([])
    expect(changesOf(facts.values(), loaded.calendar, 7)).toEqual([
      { control_id: 'IAM-02', day: day(29), before: 'f', after: 'o' },
      { control_id: 'IAM-09', day: day(29), before: 'o', after: 'n' },
      { control_id: 'IAM-02', day: day(27), before: 'o', after: 'f' },
    ])
  })
  it('says what is next: controls people perform, reviews and tasks, soonest first, within 90 days', () => {
    const loaded = given(100, [version('IAM-06'), version('IAM-02'), version('INC-02')], {
      ...passing('IAM-02', 'o'.repeat(100)),
      performances: new Map([['IAM-06', [performed(day(5))]]]),
    })
    const next = nextOf(
      composeSnapshot(loaded),
      loaded.calendar,
      [
        { id: 'POL-05', title: 'Access', next_review: day(120) },
        { id: 'POL-01', title: 'Security', next_review: day(300) },
      ],
      [{ id: 'tsk_1', title: 'Work', due_on: day(90) }],
      10,
    )
    expect(next.map((row) => [row.id, row.due, row.overdue])).toEqual([
      ['tsk_1', day(90), true],
      ['IAM-06', day(97), false],
      ['POL-05', day(120), false],
    ])
  })
})
