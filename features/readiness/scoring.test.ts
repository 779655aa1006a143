// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { framework } from '../../catalog/framework.ts'
import { freshnessOf, rulebook } from '../../catalog/rulebook.ts'
import { addDays, daysBetween, type LocalDate } from '../../lib/time.ts'
import { textOf, timeline, type ControlVersion } from '../controls/control.ts'
import { assessCriterion, sentence, tally, type Surroundings } from './criterion.ts'
import { assess, scoreOf, weightsOf, type Assessment, type ControlFacts, type Setting } from './scoring.ts'
import { strip, type Performance } from './strip.ts'

const START = '2026-01-01'
const { readiness: rules } = rulebook()
const dayN = (n: number): LocalDate => addDays(START, n - 1)

const version = (id: string, changes: Partial<ControlVersion> = {}): ControlVersion => ({
  ...textOf(framework().controls.get(id)!, true), // ids of the library
  control_id: id,
  n: 1,
  state: 'in',
  effective_from: START,
  because: 'test',
  saved_by: 'usr_test',
  recorded_at: '2026-01-01T00:00:00.000Z',
  manifest: '',
  ...changes,
})

const performed = (from: LocalDate, to = from, outcome: Performance['outcome'] = 'performed'): Performance => ({
  from,
  to,
  outcome,
  by: 'attestation',
  id: `att_${from}`,
  corroborated: true,
})

const setting = (day: number, changes: Partial<Setting> = {}): Setting => ({
  type: 'type2',
  from: START,
  to: dayN(180),
  today: dayN(day),
  rules,
  freshness: freshnessOf,
  ...changes,
})

/** A control with everything in order, and its strip made from checks and performances. */
function facts(
  of: ControlVersion | readonly ControlVersion[],
  at: Setting,
  given: { checks?: string; performances?: readonly Performance[] } & Partial<ControlFacts> = {},
): ControlFacts {
  const versions = 'n' in of ? [of] : of
  const segments = timeline(versions)
  const days = daysBetween(at.from, at.to) + 1
  const performances = given.performances ?? []
  return {
    control_id: versions[0]!.control_id, // there is one
    segments,
    owner: { id: 'usr_anna', name: 'Anna', active: true },
    policy: 'in_date',
    cells: strip({
      from: at.from,
      to: at.to,
      today: at.today,
      segments,
      checks: given.checks === undefined ? null : given.checks.padEnd(days, 'n'),
      performances,
      freshness: freshnessOf,
    }),
    cells_from: at.from,
    checks: given.checks ?? null,
    items: { pass: 0, fail: 0, inconclusive: 0 },
    evidence: [],
    ...given,
    performances,
  }
}
const values = (a: Assessment | undefined) =>
  a && { D: a.D.value, I: a.I.value, F: a.F.value, O: a.O.value, score: Math.round(a.score * 100) / 100 }

describe('the worked examples of the rulebook', () => {
  const [quarterly, missed, mfa, incident, overdue] = rules.worked_examples
  const without = ({ D, I, F, O, score }: NonNullable<typeof quarterly>) => ({ D, I, F, O, score })

  it('a quarterly review, due once in 90 days and done, is fully ready', () => {
    const at = setting(90)
    expect(values(assess(facts(version('IAM-06'), at, { performances: [performed(dayN(85))] }), at))).toEqual(
      without(quarterly!),
    )
  })
  it('the same review not done by day 106 keeps design and implementation alone', () => {
    const at = setting(107)
    const early = version('IAM-06', { effective_from: '2025-09-01' })
    expect(values(assess(facts(early, at, { performances: [performed('2025-11-15')] }), at))).toEqual(without(missed!))
    // On day 106 it can still be done.
    const before = setting(106)
    expect(assess(facts(early, before, { performances: [performed('2025-11-15')] }), before)?.O.value).toBeNull()
  })
  it('57 passing, 2 failing and one silent day of 60 are 0.95 of operation', () => {
    const at = setting(60)
    expect(
      values(assess(facts(version('IAM-02'), at, { checks: 'o'.repeat(50) + 'ffn' + 'o'.repeat(7) }), at)),
    ).toEqual(without(mfa!))
  })
  it('no incident, corroborated, takes nothing away', () => {
    const at = setting(90)
    const said = facts(version('INC-02'), at, { performances: [performed(START, dayN(89), 'no_occurrence')] })
    expect(values(assess(said, at))).toEqual(without(incident!))
    expect(assess(said, at)?.O.none_because).toBe('not_triggered')
  })
  it('an overdue policy leaves a type 1 control with nothing', () => {
    const at = setting(1, { type: 'type1', from: START, to: START })
    expect(
      values(assess(facts(version('IAM-06'), at, { policy: 'overdue', performances: [performed(START)] }), at)),
    ).toEqual(without(overdue!))
  })
})

describe('weights', () => {
  it('before the period a type 2 asks for freshness, not for operation', () => {
    expect(weightsOf(setting(0))).toEqual({ D: 0.4, I: 0.4, F: 0.2, O: 0 })
    expect(weightsOf(setting(1))).toEqual(rules.weights.type2)
    expect(weightsOf(setting(90, { type: 'type1' }))).toEqual(rules.weights.type1)
  })
  it('always give 1 for a perfect control and 0 for nothing, whatever is not applicable', () => {
    for (const at of [setting(0), setting(1), setting(1, { type: 'type1' })])
      for (const O of [1, null]) expect(scoreOf(weightsOf(at), { D: 1, I: 1, F: 1, O })).toBe(1)
    expect(scoreOf(rules.weights.type2, { D: 0, I: 0, F: 0, O: 0 })).toBe(0)
  })
})

describe('a control', () => {
  it('without an owner, with a vague statement or without a policy is not designed, and says each reason', () => {
    const at = setting(30)
    const bad = facts(version('IAM-02', { statement: 'Access is reviewed periodically by the team.' }), at, {
      checks: 'o'.repeat(30),
      owner: null,
      policy: 'missing',
    })
    const a = assess(bad, at)
    expect(a?.D.reasons).toEqual([
      'nobody owns it',
      'its policy POL-05 was never approved',
      'its statement cannot be tested: "periodically" names no number',
    ])
    expect(values(a)).toEqual({ D: 0, I: 0, F: 0, O: 0, score: 0 })
  })
  it('not in effect yet, or left out, is not assessed', () => {
    expect(assess(facts(version('IAM-02', { effective_from: dayN(40) }), setting(39)), setting(39))).toBeUndefined()
    expect(assess(facts(version('IAM-02', { state: 'out' }), setting(39)), setting(39))).toBeUndefined()
  })
  it('that started on day 40 owes only the days since', () => {
    const at = setting(100)
    const late = facts(version('END-01', { effective_from: dayN(40) }), at, { checks: 'o'.repeat(100) })
    expect(late.cells.slice(0, 39)).toBe('.'.repeat(39))
    expect(late.cells[39]).toBe('o')
    expect(assess(late, at)?.O).toMatchObject({ passed: 61, expected: 61, value: 1 })
  })
  it('whose connector is silent for 9 days shows no data, counts them as not passing, and is not fresh', () => {
    const at = setting(60)
    const silent = facts(version('IAM-02'), at, { checks: 'o'.repeat(51) })
    expect(silent.cells.slice(51, 60)).toBe('n'.repeat(9))
    const a = assess(silent, at)
    expect(a?.O).toMatchObject({ passed: 51, expected: 60, value: 0.85 })
    expect(a?.F.value).toBe(0)
    expect(a?.ineffective).toContain('51 of 60')
  })
  it('with rejected stale evidence in a required slot is not fresh, and the old item does not vanish', () => {
    const at = setting(90)
    const scan = version('VUL-01', { required_slots: ['document-1'], nature: 'manual' })
    const link = (state: 'accepted' | 'rejected', day: number) => ({
      id: `lnk_${day}`,
      slot: 'document-1',
      day: dayN(day),
      state,
    })
    const a = assess(facts(scan, at, { performances: [performed(dayN(38))], evidence: [link('rejected', 38)] }), at)
    expect(a?.F).toEqual({ value: 0, reasons: ['evidence for document-1 is rejected'] })
    const renewed = facts(scan, at, {
      performances: [performed(dayN(88))],
      evidence: [link('rejected', 38), link('accepted', 88)],
    })
    expect(assess(renewed, at)?.F.value).toBe(1)
  })
  it('triggered by events is the share of items that passed; what could not be judged did not pass', () => {
    const at = setting(90)
    const changes = facts(version('CHG-02'), at, {
      checks: 'o'.repeat(90),
      items: { pass: 18, fail: 1, inconclusive: 1 },
    })
    expect(assess(changes, at)?.O).toMatchObject({ passed: 18, expected: 20, value: 0.9 })
  })
  it('that was silent is not as good as one to which nothing happened', () => {
    const at = setting(90)
    const silent = assess(facts(version('CHG-02'), at, { checks: 'o'.repeat(20) + 'n'.repeat(70) }), at)
    expect(silent?.O).toMatchObject({ value: 0, expected: 0, none_because: 'no_data' })
    expect(silent?.score).toBe(0.4)
    const quiet = assess(facts(version('CHG-02'), at, { checks: 'o'.repeat(90) }), at)
    expect(quiet?.O).toMatchObject({ value: null, none_because: 'not_triggered' })
    expect(quiet?.score).toBe(1)
  })
  it('that came back into scope is measured from the day it came back', () => {
    const at = setting(25)
    const [first, out, again] = [
      version('IAM-02'),
      version('IAM-02', { n: 2, state: 'out', effective_from: dayN(11) }),
      version('IAM-02', { n: 3, effective_from: dayN(20) }),
    ]
    const checks = 'o'.repeat(10) + '-'.repeat(9) + 'f'.repeat(6)
    const a = assess(facts([first, out, again], at, { checks }), at)
    expect(a?.since).toBe(dayN(20))
    expect(a).toMatchObject({ I: { value: 0 }, O: { value: 0 } })
    const repaired = checks.slice(0, -1) + 'o'
    expect(assess(facts([first, out, again], at, { checks: repaired }), at)?.O).toMatchObject({
      passed: 1,
      expected: 6,
    })
  })
  it('performed by a person is not performed because a check passes', () => {
    const at = setting(180)
    const watched = facts(version('IAM-06', { effective_from: '2025-10-01' }), at, {
      checks: 'o'.repeat(180),
      performances: [performed('2025-12-01')],
    })
    expect(assess(watched, at)?.O).toMatchObject({ passed: 0, expected: 1 })
  })
  it('performed annually outside a short period is not due, and a performance inside it counts', () => {
    const at = setting(60, { to: dayN(90) })
    const pentest = (day: LocalDate) =>
      facts(version('MON-03', { effective_from: '2025-01-01' }), at, { performances: [performed(day)] })
    expect(assess(pentest('2025-11-02'), at)?.O).toMatchObject({ value: null, none_because: 'not_due' })
    expect(assess(pentest('2025-11-02'), at)?.score).toBe(1)
    expect(assess(pentest(dayN(20)), at)?.O).toMatchObject({ passed: 1, expected: 1 })
  })
  it('whose check has failed for longer than its grace is ineffective', () => {
    const at = setting(170)
    const failing = (tail: string) =>
      assess(facts(version('IAM-02'), at, { checks: 'o'.repeat(170 - tail.length) + tail }), at)
    expect(failing('f')?.ineffective).toBeNull()
    expect(failing('ff')?.ineffective).toContain('failing')
  })
  it('whose check has failed since the first day is ineffective, not only without evidence', () => {
    const at = setting(90)
    const never = assess(facts(version('CRY-02'), at, { checks: 'f'.repeat(90) }), at)
    expect(never).toMatchObject({ I: { value: 0 }, score: 0.2 })
    expect(never?.ineffective).toContain('failing')
    expect(assess(facts(version('CRY-02'), at, { checks: 'n'.repeat(90) }), at)?.ineffective).toBeNull()
  })
})

describe('a control that people perform', () => {
  const monthly = version('IAM-06', { frequency: 'monthly' })
  it('fails for a month attested as not performed, and owes nothing for one in which nothing occurred', () => {
    const at = setting(100)
    const said = [
      performed(dayN(20)),
      performed(dayN(50), dayN(50), 'not_performed'),
      performed(dayN(80), dayN(80), 'no_occurrence'),
    ]
    expect(assess(facts(monthly, at, { performances: said }), at)?.O).toMatchObject({ passed: 1, expected: 2 })
  })
  it('fails for a month in which a check failed last', () => {
    const at = setting(62)
    const said = [performed(dayN(20)), performed(dayN(50))]
    const checks = 'o'.repeat(54) + 'ffff' + '-'.repeat(4)
    const failed = assess(facts(monthly, at, { performances: said, checks }), at)?.O
    expect(failed).toMatchObject({ passed: 1, expected: 2, reasons: ['its check failed at the end of 1 of 2'] })
    // Silence after the failure repairs nothing; a passing check does.
    const silent = facts(monthly, at, { performances: said, checks: 'o'.repeat(54) + 'ffffnnnn' })
    expect(assess(silent, at)?.O).toMatchObject({ passed: 1, expected: 2 })
  })
  it('is performed in a month in which its check failed and was repaired', () => {
    const at = setting(62)
    const said = [performed(dayN(20)), performed(dayN(50))]
    const repaired = facts(monthly, at, { performances: said, checks: 'o'.repeat(34) + 'ffff' + 'o'.repeat(24) })
    expect(assess(repaired, at)?.O).toMatchObject({ passed: 2, expected: 2, reasons: [] })
  })
  it('triggered by events without checks counts what was attested', () => {
    const at = setting(60)
    const said = [performed(dayN(10)), performed(dayN(40)), performed(dayN(50), dayN(50), 'not_performed')]
    expect(assess(facts(version('INC-02'), at, { performances: said }), at)?.O).toMatchObject({
      passed: 2,
      expected: 3,
    })
  })
  it('whose owner left is not designed', () => {
    const at = setting(10)
    const gone = facts(monthly, at, {
      owner: { id: 'usr_x', name: null, active: false },
      performances: [performed(dayN(5))],
    })
    expect(assess(gone, at)?.D.reasons).toEqual(['its owner is no longer active'])
  })
  it('is not asked for operation before the period or in a type 1', () => {
    const before = { ...setting(0), today: '2025-12-31' }
    const early = version('IAM-02', { effective_from: '2025-12-01' })
    const seen = { ...facts(early, setting(1), { checks: 'o' }), cells: 'o', cells_from: '2025-12-31' }
    expect(assess(seen, before)).toMatchObject({ O: { value: null }, score: 1 })
  })
})

describe('superseded versions', () => {
  const versions = [
    version('IAM-06', { effective_from: START }),
    version('IAM-06', { n: 2, effective_from: '2026-06-01', frequency: 'monthly' }),
  ]
  it('owe a quarter each until the change and a month each after it', () => {
    const at = setting(212, { to: '2026-07-31' })
    const done = ['2026-03-30', '2026-05-20', '2026-06-30', '2026-07-30'].map((day) => performed(day))
    expect(assess(facts(versions, at, { performances: done }), at)?.O).toMatchObject({ passed: 4, expected: 4 })
    expect(assess(facts(versions, at, { performances: done.slice(0, 3) }), at)?.O).toMatchObject({
      passed: 3,
      expected: 3,
    })
  })
})

const nothing: Surroundings = { compensated: new Set(), unmitigated: new Map() }
const good = (id: string, changes: Partial<Assessment> = {}): Assessment => ({
  control_id: id,
  version: version('IAM-02', { control_id: id }),
  since: START,
  has_owner: true,
  D: { value: 1, reasons: [] },
  I: { value: 1, reasons: [] },
  F: { value: 1, reasons: [] },
  O: { value: 1, reasons: [], passed: 1, expected: 1, none_because: null },
  score: 1,
  weights: rules.weights.type2,
  ineffective: null,
  ...changes,
})

describe('a criterion', () => {
  const judge = (controls: readonly Assessment[], around = nothing) => assessCriterion('CC7.5', controls, around, rules)
  it('without a control in scope is not ready, with score 0', () => {
    expect(judge([])).toMatchObject({ score: 0, status: 'not_ready' })
  })
  it('weighs a key control twice a supporting one', () => {
    const supporting = good('B', { score: 0, version: version('IAM-02', { is_key: false }) })
    expect(judge([good('A'), supporting]).score).toBeCloseTo(2 / 3, 6)
  })
  it('with an ineffective key control is capped at 0.5 until a verified control makes up for it', () => {
    const controls = [good('A', { ineffective: 'is failing', score: 0.9 }), good('B'), good('C'), good('D')]
    expect(judge(controls)).toMatchObject({ score: 0.5, status: 'not_ready' })
    expect(judge(controls).caps[0]?.because).toContain('A is not effective: is failing')
    expect(judge(controls, { ...nothing, compensated: new Set(['A']) })).toMatchObject({ status: 'ready', caps: [] })
  })
  it('whose only control is stale is capped at 0.6 and shown as thin', () => {
    const stale = good('A', { F: { value: 0, reasons: ['old'] }, score: 0.8 })
    expect(judge([stale])).toMatchObject({ score: 0.6, status: 'at_risk', thin: true })
    expect(judge([stale, good('B')])).toMatchObject({ status: 'ready', thin: false })
  })
  it('with an untreated risk above appetite is capped at 0.7', () => {
    expect(
      judge([good('A'), good('B')], { ...nothing, unmitigated: new Map([['CC7.5', ['ransomware']]]) }),
    ).toMatchObject({
      score: 0.7,
      status: 'at_risk',
    })
  })
  it('names first what would raise it most', () => {
    const { moves } = judge([
      good('A', { F: { value: 0, reasons: ['stale'] }, score: 0.8 }),
      good('B', { D: { value: 0, reasons: ['nobody owns it'] }, score: 0 }),
    ])
    expect(moves.map((m) => [m.control_id, m.component])).toEqual([
      ['B', 'D'],
      ['A', 'F'],
    ])
  })
  it('never scores above its best control or its lowest cap, and never ready with a cap', () => {
    const some = fc.record({
      score: fc.double({ min: 0, max: 1, noNaN: true }),
      ineffective: fc.constantFrom(null, 'fails'),
    })
    fc.assert(
      fc.property(fc.array(some, { maxLength: 6 }), (list) => {
        const found = judge(list.map((c, i) => good(`C${i}`, c)))
        expect(found.score).toBeLessThanOrEqual(Math.max(0, ...list.map((c) => c.score)) + 1e-6)
        for (const cap of found.caps) expect(found.score).toBeLessThanOrEqual(cap.at)
        if (found.status === 'ready') expect(found.caps).toEqual([])
      }),
    )
  })
})

describe('words about readiness', () => {
  it('count criteria and claim nothing', () => {
    const rows = [{ status: 'ready' }, { status: 'at_risk' }, { status: 'not_ready' }, { status: 'not_ready' }] as const
    const said = sentence(tally(rows))
    expect(said).toBe('1 of 4 criteria is ready; 1 is at risk, 2 are not ready.')
    for (const banned of [...rulebook().distribution.banned_claims, 'compliant', 'certified', 'passed'])
      expect(said.toLowerCase()).not.toContain(banned.toLowerCase())
    expect(sentence(tally([]))).toContain('save a scope')
    expect(sentence(tally([{ status: 'ready' }, { status: 'ready' }]))).toBe('2 of 2 criteria are ready.')
    expect(sentence(tally([{ status: 'at_risk' }, { status: 'at_risk' }, { status: 'not_ready' }]))).toBe(
      '0 of 3 criteria are ready; 2 are at risk, 1 is not ready.',
    )
  })
})
