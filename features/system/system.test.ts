// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { framework } from '../../catalog/framework.ts'
import { rulebook } from '../../catalog/rulebook.ts'
import { scoping } from '../../catalog/scoping.ts'
import { CATEGORIES, type Category, type Facts, STAGES } from '../../catalog/terms.ts'
import { Refused } from '../../lib/refused.ts'
import { addDays, dayText, daysBetween } from '../../lib/time.ts'
import { proposeControls, setSizes, stageSet } from './control-set.ts'
import { answers, suggest } from './interview.ts'
import { addMonths, outsidePeriod, periodOfMonths } from './period.ts'
import { costsOf, makePlan, publishedFor, type PlanInput } from './plan.ts'
import {
  applicableCriteria,
  checkScope,
  lastDay,
  scopeDocument,
  sizeOf,
  windowMonths,
  type ScopeInput,
} from './scope.ts'

const { criteria, controls } = framework()
const facts: Facts = { has_office: true, own_data_centre: false, carve_out_cloud: true, personal_data: 'controller' }
const input: ScopeInput = {
  organization_name: 'Acme',
  system_name: 'Acme Cloud',
  services: [{ name: 'Acme Cloud' }],
  inside: ['production'],
  categories: ['security'],
  engagement: { type: 'type2', period_from: '2026-01-01', period_to: '2026-06-30' },
  time_zone: 'Europe/Berlin',
  stage: 'startup',
  people: 20,
  facts,
}
const scope = (changes: Partial<ScopeInput> = {}) => scopeDocument.parse({ ...input, ...changes })
const refusal = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof Refused) return error.code
    throw error
  }
  return 'none'
}

describe('criteria that apply', () => {
  it('are 33 for security; availability makes 36, confidentiality 38, processing integrity 43, privacy 61', () => {
    const count = (n: number) => applicableCriteria(criteria.values(), CATEGORIES.slice(0, n)).length
    expect([1, 2, 3, 4, 5].map(count)).toEqual([33, 36, 38, 43, 61])
  })
  it('hold none of another category', () => {
    const only = applicableCriteria(criteria.values(), ['security'])
    expect(only.every((c) => c.id.startsWith('CC'))).toBe(true)
  })
})

describe('control sets', () => {
  it('have the sizes that the library states for each stage and category', () => {
    for (const stage of STAGES)
      expect(setSizes(controls.values(), stage)).toEqual(
        framework().meta.controls.cumulative_set_size_by_stage_and_category[stage],
      )
  })
  it('are 99, 128 and 134 controls with all five categories', () => {
    expect(STAGES.map((stage) => stageSet(controls.values(), stage, CATEGORIES).length)).toEqual([99, 128, 134])
  })
  it('leave out office controls where there is no office, and say so', () => {
    const set = proposeControls(controls, scoping().fact_rules, {
      stage: 'growth',
      categories: ['security'],
      facts: { ...facts, has_office: false },
    })
    expect(set.left_out.map((l) => l.control_id)).toEqual(['PHY-02', 'PHY-03'])
    expect(set.left_out[0]?.because).toContain('no office')
    expect(set.controls.some((c) => c.control_id === 'PHY-02')).toBe(false)
  })
  it('add the doors of an own data centre at any stage', () => {
    const set = proposeControls(controls, scoping().fact_rules, {
      stage: 'startup',
      categories: ['security'],
      facts: { ...facts, own_data_centre: true, carve_out_cloud: false },
    })
    const ids = set.controls.map((c) => c.control_id)
    expect(ids).toEqual(expect.arrayContaining(['PHY-02', 'PHY-03', 'PHY-04']))
    expect(ids).not.toContain('PHY-01')
  })
  it('give each member a reason', () => {
    for (const stage of STAGES)
      for (const proposal of proposeControls(controls, scoping().fact_rules, { stage, categories: CATEGORIES, facts })
        .controls)
        expect(proposal.because.length, proposal.control_id).toBeGreaterThan(10)
  })
})

describe('the interview', () => {
  const ask = (given: Record<string, unknown>) => suggest(answers.parse(given), scoping().category_reasons)
  const chosen = (of: ReturnType<typeof ask>): Category[] =>
    of.categories.filter((c) => c.chosen).map((c) => c.category)
  it('always proposes security, and only what the answers ask for besides', () => {
    expect(chosen(ask({ people: 10 }))).toEqual(['security'])
    expect(chosen(ask({ people: 10, promises_availability: true, holds_confidential: true }))).toEqual([
      'security',
      'availability',
      'confidentiality',
    ])
  })
  it('advises a processor against privacy unless customers ask for it', () => {
    expect(chosen(ask({ people: 10, personal_data: 'processor' }))).not.toContain('privacy')
    expect(chosen(ask({ people: 10, personal_data: 'processor', customers_ask_privacy: true }))).toContain('privacy')
    expect(chosen(ask({ people: 10, personal_data: 'controller' }))).toContain('privacy')
  })
  it('takes the stage from the size, raised by a second report or regulated customers', () => {
    expect(ask({ people: 50 }).stage.value).toBe('startup')
    expect(ask({ people: 51 }).stage.value).toBe('growth')
    expect(ask({ people: 501 }).stage.value).toBe('enterprise')
    expect(ask({ people: 10, had_report: true }).stage.value).toBe('growth')
    expect(ask({ people: 80, regulated: true }).stage.value).toBe('enterprise')
  })
  it('proposes a type 1 first when there is no time for a period', () => {
    expect(ask({ people: 10, months_until_needed: 3 }).report.value).toBe('type1')
    expect(ask({ people: 10, months_until_needed: 12 }).report.value).toBe('type2')
  })
  it('has a question for every answer it takes', () => {
    expect(
      scoping()
        .questions.map((q) => q.id)
        .toSorted(),
    ).toEqual(Object.keys(answers.shape).toSorted())
  })
})

describe('a scope is refused', () => {
  const check = (changes: Partial<ScopeInput>) => refusal(() => checkScope(scope(changes), criteria))
  it('without security', () => expect(check({ categories: ['availability'] })).toBe('SECURITY_REQUIRED'))
  it('not when it is a type 1, of any size of organisation', () => {
    expect(check({ engagement: { type: 'type1', as_of: '2026-06-30' } })).toBe('none')
    expect(lastDay({ type: 'type1', as_of: '2026-06-30' })).toBe('2026-06-30')
    expect([50, 51, 500, 501].map(sizeOf)).toEqual(['small', 'mid', 'mid', 'enterprise'])
  })
  it('in a time zone that does not exist', () => expect(check({ time_zone: 'Mars/Olympus' })).toBe('UNKNOWN_TIME_ZONE'))
  it('when its period ends before it starts', () =>
    expect(check({ engagement: { type: 'type2', period_from: '2026-02-01', period_to: '2026-01-31' } })).toBe(
      'PERIOD_ENDS_BEFORE_START',
    ))
  it('when its period is under 3 months without a reason', () => {
    const short = { type: 'type2' as const, period_from: '2026-01-01', period_to: '2026-03-30' }
    expect(check({ engagement: short })).toBe('REASON_REQUIRED')
    expect(check({ engagement: { ...short, short_because: 'a customer needs it by June' } })).toBe('none')
  })
  it('when its period is longer than two years', () =>
    expect(check({ engagement: { type: 'type2', period_from: '2024-01-01', period_to: '2026-06-30' } })).toBe(
      'PERIOD_TOO_LONG',
    ))
  it('when the report is wanted before the last day it covers', () =>
    expect(check({ target_report_date: '2026-06-30' })).toBe('REPORT_BEFORE_PERIOD_END'))
  it('when a subservice organisation meets a criterion that does not exist', () =>
    expect(
      check({
        subservice_organizations: [{ name: 'Host', service: 'hosting', method: 'carve_out', criteria: ['CC6.9'] }],
      }),
    ).toBe('UNKNOWN_CRITERION'))
})

describe('months', () => {
  it('end on the last day where there is no such day', () => {
    expect(addMonths('2026-01-31', 1)).toBe('2026-02-28')
    expect(addMonths('2028-01-31', 1)).toBe('2028-02-29')
    expect(addMonths('2026-03-31', -1)).toBe('2026-02-28')
  })
  it('of a period count both its ends', () => {
    expect(windowMonths('2026-01-01', '2026-03-31')).toBe(3)
    expect(windowMonths('2026-01-01', '2026-03-30')).toBe(2)
    expect(windowMonths('2026-01-15', '2027-01-14')).toBe(12)
  })
  it('of any whole period are what it was made of', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 1, max: 24 }), (offset, months) => {
        const from = addDays('2024-01-01', offset)
        fc.pre(Number(from.slice(8)) <= 28)
        const { to } = periodOfMonths(from, months)
        expect(windowMonths(from, to)).toBe(months)
      }),
    )
  })
})

describe('controls outside a period', () => {
  const pentest = { id: 'MON-03', title: 'Annual penetration test', frequency: 'annual', interval_days: 365 }
  it('an annual test two months before a 90-day window is named, with the smallest shift that includes it', () => {
    const [warning] = outsidePeriod('2026-03-01', '2026-05-29', [{ ...pentest, performed: ['2026-01-02'] }])
    expect(warning).toMatchObject({
      control_id: 'MON-03',
      nearest: '2026-01-02',
      shift_days: -58,
      shifted: { from: '2026-01-02', to: '2026-04-01' },
    })
  })
  it('one performed or due in the window is not named', () => {
    expect(outsidePeriod('2026-03-01', '2026-05-29', [{ ...pentest, performed: ['2026-05-29'] }])).toEqual([])
    expect(outsidePeriod('2026-03-01', '2026-05-29', [{ ...pentest, performed: ['2025-04-01'] }])).toEqual([])
  })
  it('one never performed is named when the window is shorter than its interval', () => {
    const never = { ...pentest, performed: [] }
    expect(outsidePeriod('2026-01-01', '2026-06-30', [never])).toHaveLength(1)
    expect(outsidePeriod('2026-01-01', '2026-12-31', [never])).toHaveLength(0)
  })
  it('a proposed shift always puts the nearest performance inside, and no smaller one does', () => {
    fc.assert(
      fc.property(fc.integer({ min: -500, max: 500 }), fc.integer({ min: 20, max: 200 }), (offset, length) => {
        const from = '2026-01-01'
        const to = addDays(from, length)
        const day = addDays(from, offset)
        for (const w of outsidePeriod(from, to, [{ ...pentest, performed: [day] }])) {
          const { shifted, shift_days, nearest } = w
          expect(nearest! >= shifted!.from && nearest! <= shifted!.to).toBe(true) // a performance is known
          expect(daysBetween(shifted!.from, shifted!.to)).toBe(length)
          const less = shift_days! - Math.sign(shift_days!)
          expect(nearest! >= addDays(from, less) && nearest! <= addDays(to, less)).toBe(false)
        }
      }),
    )
  })
})

describe('the plan', () => {
  const model = rulebook().cost_model_usd
  const base: PlanInput = {
    today: '2026-01-01',
    type: 'type2',
    window_months: 6,
    open_gap_share: 0,
    size: 'small',
    controls: { chosen: 99, security_only: 71 },
  }
  it('counts back from the report: fieldwork and draft, the period, repairs, the gap assessment', () => {
    const plan = makePlan({ ...base, target: '2027-02-12' }, model.durations)
    const at = (id: string) => plan.quick.find((p) => p.id === id)
    expect(at('draft_and_review')?.to).toBe('2027-02-12')
    expect(at('observation')).toMatchObject({ from: '2026-07-02', to: '2027-01-01' })
    expect(at('remediation')?.to).toBe('2026-07-01')
    expect(plan.feasible).toBe(true)
    expect(plan.alternatives).toEqual([])
  })
  it('leaves no day between its phases', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 300, max: 900 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (m, days, share) => {
          const plan = makePlan(
            { ...base, window_months: m, open_gap_share: share, target: addDays(base.today, days) },
            model.durations,
          )
          for (const phases of [plan.quick, plan.careful])
            phases.slice(1).forEach((p, i) => expect(p.from).toBe(addDays(phases[i]!.to, 1))) // i is the phase before
          expect(plan.careful[0]!.from <= plan.quick[0]!.from).toBe(true) // plans have phases
        },
      ),
    )
  })
  it('says the earliest honest date and alternatives when the start is in the past', () => {
    const plan = makePlan({ ...base, target: '2026-06-01' }, model.durations)
    expect(plan.feasible).toBe(false)
    expect(plan.alternatives.map((a) => a.id)).toEqual(['later', 'type1_first', 'shorter_window', 'fewer_categories'])
    for (const alternative of plan.alternatives) {
      expect(alternative.consequence).not.toBe('')
      expect(alternative.report_date <= plan.earliest_report_date, alternative.id).toBe(true)
    }
  })
  it('an earliest date is itself feasible', () => {
    for (const type of ['type1', 'type2'] as const) {
      const earliest = makePlan({ ...base, type, target: '2026-02-01' }, model.durations).earliest_report_date
      expect(makePlan({ ...base, type, target: earliest }, model.durations).feasible).toBe(true)
    }
  })
  it('of a type 1 has no period, and offers no type 1 first', () => {
    const plan = makePlan(
      { ...base, type: 'type1', target: '2026-02-01', controls: { chosen: 71, security_only: 71 } },
      model.durations,
    )
    expect(plan.quick.map((p) => p.id)).not.toContain('observation')
    expect(plan.alternatives.map((a) => a.id)).toEqual(['later'])
  })
  it('without a target is the earliest honest one', () => {
    const plan = makePlan(base, model.durations)
    expect(plan.report_date).toBe(plan.earliest_report_date)
    expect(makePlan({ ...base, window_months: 12 }, model.durations).years.map((y) => y.what)).toContain(
      'The report counts as stale; the next period ends',
    )
  })
  it('takes longer with more gaps open', () => {
    const with_ = (share: number) =>
      makePlan({ ...base, open_gap_share: share, target: '2026-02-01' }, model.durations).earliest_report_date
    expect(with_(0) < with_(0.5) && with_(0.5) < with_(1)).toBe(true)
  })
  it('keeps a period that is running', () => {
    const plan = makePlan(
      { ...base, today: '2026-04-01', fixed: { from: '2026-01-01', to: '2026-06-30' } },
      model.durations,
    )
    expect(plan).toMatchObject({ feasible: true, report_date: '2026-09-08', earliest_report_date: '2026-08-11' })
  })
  it('does not take a period that begins before the gaps can be closed for an honest one', () => {
    const plan = makePlan({ ...base, fixed: { from: '2026-01-05', to: '2026-07-04' } }, model.durations)
    expect(plan.feasible).toBe(false)
    expect(plan.earliest_report_date).toBe(makePlan(base, model.durations).earliest_report_date)
    expect(plan.because).toBe(
      'the work would have had to start on 22 Sep 2025; the earliest honest report is on ' +
        dayText(plan.earliest_report_date),
    )
  })
  it('names a source for every figure and puts published ones beside ours', () => {
    expect(costsOf(model, 'small').map((c) => [c.what, c.usd_from, c.usd_to])).toEqual([
      ['audit', 5000, 10000],
      ['implementation', 10000, 20000],
      ['maintenance_per_year', 5000, 10000],
    ])
    expect(costsOf(model, 'enterprise')[0]?.usd_to).toBeNull()
    for (const cost of [...costsOf(model, 'mid'), ...publishedFor(model, 'mid', 'type2')])
      expect(cost.source).not.toBe('')
    expect(publishedFor(model, 'small', 'type2').map((p) => p.usd[1])).toEqual([150000, 60000, 75000])
  })
})
