// SPDX-License-Identifier: Apache-2.0
import type { CostModel } from '../../catalog/rulebook.ts'
import { addDays, dayText, type LocalDate } from '../../lib/time.ts'
import { addMonths } from './period.ts'

/** The timeline counted back from the report, and what it may cost (spec M). Estimates, with their sources. */

export interface PlanInput {
  readonly today: LocalDate
  readonly type: 'type1' | 'type2'
  /** Months of the period; ignored for a type 1. */
  readonly window_months: number
  /** The day the report is wanted; the earliest honest one when absent. */
  readonly target?: LocalDate | undefined
  /** First and last day when they are already decided; they stand, whatever the target. */
  readonly fixed?: { readonly from: LocalDate; readonly to: LocalDate } | undefined
  /** 0: nothing is open; 1: as many gaps as controls. Scales the time for repairs. */
  readonly open_gap_share: number
  readonly size: 'small' | 'mid' | 'enterprise'
  /** Controls of the present choice of categories, and of security alone. */
  readonly controls: { readonly chosen: number; readonly security_only: number }
}

type PhaseId = 'gap_assessment' | 'remediation' | 'observation' | 'fieldwork' | 'draft_and_review'

export interface Phase {
  readonly id: PhaseId
  readonly work: string
  readonly from: LocalDate
  readonly to: LocalDate
}

export interface Alternative {
  readonly id: 'later' | 'type1_first' | 'shorter_window' | 'fewer_categories'
  readonly change: string
  readonly report_date: LocalDate
  readonly consequence: string
}

export interface Plan {
  readonly report_date: LocalDate
  /** When everything goes quickly, and with the careful durations. */
  readonly quick: readonly Phase[]
  readonly careful: readonly Phase[]
  /** Whether the quick plan starts today or later, or its past part is over. */
  readonly feasible: boolean
  readonly because: string
  readonly earliest_report_date: LocalDate
  readonly alternatives: readonly Alternative[]
  readonly years: readonly { readonly date: LocalDate; readonly what: string }[]
}

interface Durations {
  readonly gap: number
  readonly remediation: number
  readonly fieldwork: number
  readonly draft: number
}

const WORK: Readonly<Record<PhaseId, string>> = {
  gap_assessment: 'Scope, controls and what is missing',
  remediation: 'Close the gaps, name owners, approve policies, connect systems',
  observation: 'The period runs and evidence accumulates',
  fieldwork: 'The auditor tests',
  draft_and_review: 'The auditor drafts, management reads, both sign',
}

function durations(model: CostModel['durations'], share: number, end: 0 | 1): Durations {
  const [short, long] = model.remediation_months
  return {
    gap: model.gap_assessment_weeks[end] * 7,
    remediation: Math.round((short + (long - short) * Math.min(1, Math.max(0, share))) * 30.4),
    fieldwork: model.fieldwork_weeks[end] * 7,
    draft: model.draft_and_review_weeks[end] * 7,
  }
}

/** Phases counted back from the day of the report; the days of the period when given stand as they are. */
function backward(report: LocalDate, months: number, d: Durations, fixed: PlanInput['fixed']): Phase[] {
  const end = fixed?.to ?? addDays(report, -(d.fieldwork + d.draft))
  const start = fixed?.from ?? (months === 0 ? end : addMonths(addDays(end, 1), -months))
  const remediationTo = addDays(start, -1)
  const remediationFrom = addDays(start, -d.remediation)
  const phase = (id: PhaseId, from: LocalDate, to: LocalDate): Phase => ({ id, work: WORK[id], from, to })
  return [
    phase('gap_assessment', addDays(remediationFrom, -d.gap), addDays(remediationFrom, -1)),
    phase('remediation', remediationFrom, remediationTo),
    ...(months === 0 ? [] : [phase('observation', start, end)]),
    phase('fieldwork', addDays(end, 1), addDays(end, d.fieldwork)),
    phase('draft_and_review', addDays(end, d.fieldwork + 1), addDays(end, d.fieldwork + d.draft)),
  ]
}

/** The day of the report when the work starts on `start`. */
function forward(start: LocalDate, months: number, d: Durations): LocalDate {
  const begin = addDays(start, d.gap + d.remediation)
  const end = months === 0 ? begin : addDays(addMonths(begin, months), -1)
  return addDays(end, d.fieldwork + d.draft)
}

const quickest = (input: PlanInput, model: CostModel['durations'], months: number, share = input.open_gap_share) =>
  forward(input.today, months, durations(model, share, 0))

/** Plans back from the target, says honestly whether it can be met, and what else could be done. */
export function makePlan(input: PlanInput, model: CostModel['durations']): Plan {
  const months = input.type === 'type1' ? 0 : input.window_months
  const quick = durations(model, input.open_gap_share, 0)
  const careful = durations(model, input.open_gap_share, 1)
  const soonest = quickest(input, model, months)
  const report = input.target ?? (input.fixed ? addDays(input.fixed.to, careful.fieldwork + careful.draft) : soonest)
  const phases = backward(report, months, quick, input.fixed)
  const first = phases[0]?.from ?? report
  const running = input.fixed !== undefined && input.fixed.from <= input.today
  const inTime = running || first >= input.today
  // A period that begins before the gaps can be closed is not honest, so its end promises no report either.
  const earliest = input.fixed && inTime ? addDays(input.fixed.to, quick.fieldwork + quick.draft) : soonest
  const feasible = report >= earliest && inTime
  return {
    report_date: report,
    quick: phases,
    careful: backward(report, months, careful, input.fixed),
    feasible,
    because: verdict(feasible, running, first, earliest),
    earliest_report_date: earliest,
    alternatives: feasible ? [] : alternatives(input, model, months),
    years: renewals(input.fixed?.to ?? lastObserved(phases), months === 0 ? 12 : months),
  }
}

function verdict(feasible: boolean, running: boolean, first: LocalDate, earliest: LocalDate): string {
  if (feasible)
    return running
      ? 'the period is running; what remains fits'
      : `the work has to start by ${dayText(first)}; that is still ahead`
  return `the work would have had to start on ${dayText(first)}; the earliest honest report is on ${dayText(earliest)}`
}

const lastObserved = (phases: readonly Phase[]): LocalDate =>
  addDays(phases.find((phase) => phase.id === 'fieldwork')?.from ?? '1970-01-02', -1)

function alternatives(input: PlanInput, model: CostModel['durations'], months: number): Alternative[] {
  const shorter = [9, 6, 3].filter((m) => m < months)
  const share = input.open_gap_share * (input.controls.security_only / Math.max(1, input.controls.chosen))
  return [
    {
      id: 'later',
      change: 'Keep everything and report later',
      report_date: quickest(input, model, months),
      consequence: 'Customers wait; nothing is weakened.',
    },
    ...(months > 0
      ? [
          {
            id: 'type1_first' as const,
            change: 'Report on one date first (type 1)',
            report_date: quickest(input, model, 0),
            consequence: 'Says nothing about operation; a type 2 still has to follow.',
          },
        ]
      : []),
    ...shorter.map((m) => ({
      id: 'shorter_window' as const,
      change: `Shorten the period to ${m} months`,
      report_date: quickest(input, model, m),
      consequence:
        m === 3
          ? 'Some customers refuse so short a period, and annual controls may not fall in it.'
          : 'Annual controls may not fall in it.',
    })),
    ...(input.controls.security_only < input.controls.chosen
      ? [
          {
            id: 'fewer_categories' as const,
            change: 'Report on security alone',
            report_date: quickest(input, model, months, share),
            consequence: `${input.controls.chosen - input.controls.security_only} controls fewer; promises outside security stay unexamined.`,
          },
        ]
      : []),
  ]
}

/** What comes after the last day covered: ageing, the bridge letter, and the next periods. */
function renewals(end: LocalDate, months: number): { date: LocalDate; what: string }[] {
  const next = (years: number): LocalDate => addMonths(end, 12 * years)
  return [
    { date: addDays(end, 1), what: 'The next period starts, so that no day is uncovered' },
    { date: addDays(end, 92), what: 'A bridge letter reaches this far at most' },
    { date: addMonths(end, 9), what: 'Customers begin to ask for the next report' },
    {
      date: next(1),
      what: `The report counts as stale; the ${months === 12 ? 'next' : 'following 12-month'} period ends`,
    },
    { date: next(2), what: 'The period after that ends' },
  ].toSorted((a, b) => (a.date < b.date ? -1 : 1))
}

export const COST_KINDS = ['audit', 'implementation', 'maintenance_per_year'] as const
export type CostKind = (typeof COST_KINDS)[number]

/** What management reckons with instead of a planning figure. */
export interface OwnCost {
  readonly what: CostKind
  readonly usd_from: number
  /** Null: no upper end. */
  readonly usd_to: number | null
  readonly source: string
}

export interface Cost extends OwnCost {
  /** Management's own figure; otherwise a planning default. */
  readonly own: boolean
}

/** The figures to plan with: management's own, else the planning figures of a size, each with its source. Estimates. */
export function costsOf(model: CostModel, size: PlanInput['size'], own: readonly OwnCost[] = []): Cost[] {
  return model.sizes
    .filter((row) => row.size === size)
    .flatMap((row) =>
      COST_KINDS.map((what): Cost => {
        const said = own.find((cost) => cost.what === what)
        if (said) return { ...said, own: true }
        return { what, usd_from: row[what][0], usd_to: row[what][1], source: model.source, own: false }
      }),
    )
}

/** What others publish for the same size or for any, to be read beside our own figures. */
export const publishedFor = (
  model: CostModel,
  size: PlanInput['size'],
  type: PlanInput['type'],
): CostModel['published'] =>
  model.published.filter((p) => (p.size === 'any' || p.size === size) && (p.type === 'any' || p.type === type))

/** What makes one examination cost more than another. */
export const COST_DRIVERS = [
  'categories in scope',
  'systems and locations',
  'people',
  'subservice organisations and their method',
  'number of controls',
  'deviations of earlier years',
  'share of evidence that is collected automatically',
] as const
