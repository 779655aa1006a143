// SPDX-License-Identifier: Apache-2.0
import type { Freshness, ReadinessRules } from '../../catalog/rulebook.ts'
import type { Frequency } from '../../catalog/terms.ts'
import { addDays, daysBetween, type LocalDate } from '../../lib/time.ts'
import { timeline, type ControlVersion, type Segment } from '../controls/control.ts'
import { policyState, type PolicyDates, type PolicyState } from '../policies/policy.ts'
import { coveredDays, type Scope } from '../system/scope.ts'
import { assessCriterion, type CriterionReadiness, type Surroundings } from './criterion.ts'
import { assess, type Assessment, type ControlFacts, type Setting } from './scoring.ts'
import type { SlotEvidence } from './slots.ts'
import { chainOn, strip, type Performance } from './strip.ts'

/** Readiness of a whole engagement on a day, put together from what the stores load. Pure. */

/** Which days are shown and which day is asked about. */
export interface Calendar {
  readonly from: LocalDate
  readonly to: LocalDate
  /** The day of the question, at most the last day the report covers. */
  readonly today: LocalDate
}

const DAYS_BEFORE = 89

/** The period; before it, and for a type 1, the 90 days up to the day of the question. */
export function calendarOf(scope: Pick<Scope, 'engagement'>, day: LocalDate): Calendar {
  const { from, to } = coveredDays(scope.engagement)
  const today = day < to ? day : to
  if (scope.engagement.type === 'type1' || today < from) return { from: addDays(today, -DAYS_BEFORE), to: today, today }
  return { from, to, today }
}

/** What the stores know, before anything is reckoned. */
export interface Loaded {
  readonly scope: Scope
  readonly calendar: Calendar
  readonly versions: readonly ControlVersion[]
  readonly owners: ReadonlyMap<string, NonNullable<ControlFacts['owner']>>
  readonly policies: ReadonlyMap<string, readonly PolicyDates[]>
  /** Strips by checks, over the calendar's days. */
  readonly checks: ReadonlyMap<string, string>
  readonly items: ReadonlyMap<string, readonly (ControlFacts['items'] & { readonly day: LocalDate | null })[]>
  readonly performances: ReadonlyMap<string, readonly Performance[]>
  readonly evidence: ReadonlyMap<string, readonly SlotEvidence[]>
  /** Criteria in scope that were not decided to be irrelevant, in order. */
  readonly criteria: readonly string[]
  /** Controls that somebody named to make up for another, by the other. */
  readonly compensating: ReadonlyMap<string, string>
  readonly unmitigated: Surroundings['unmitigated']
  readonly rules: ReadinessRules
  readonly freshness: (frequency: Frequency) => Freshness
}

export interface Snapshot {
  readonly setting: Setting
  readonly segments: ReadonlyMap<string, readonly Segment[]>
  readonly facts: ReadonlyMap<string, ControlFacts>
  /** Controls in effect on the day. */
  readonly assessments: ReadonlyMap<string, Assessment>
  readonly policies: ReadonlyMap<string, PolicyState>
  readonly criteria: readonly CriterionReadiness[]
}

export function composeSnapshot(loaded: Loaded): Snapshot {
  const { calendar, scope, rules, freshness } = loaded
  const setting: Setting = {
    type: scope.engagement.type,
    ...coveredDays(scope.engagement),
    today: calendar.today,
    rules,
    freshness,
  }
  const segments = new Map(
    [...Map.groupBy(loaded.versions, (v) => v.control_id)].map(([id, own]) => [id, timeline(own)]),
  )
  const policies = new Map([...loaded.policies].map(([id, versions]) => [id, policyState(versions, calendar.today)]))
  const facts = new Map([...segments].map(([id, own]) => [id, factsOf(id, own, policies, loaded)]))
  const assessments = new Map(
    [...facts].flatMap(([id, of]) => {
      const found = assess(of, setting)
      return found ? [[id, found] as const] : []
    }),
  )
  const around = { compensated: verified(loaded.compensating, assessments), unmitigated: loaded.unmitigated }
  const byCriterion = new Map<string, Assessment[]>(loaded.criteria.map((id) => [id, []]))
  for (const found of assessments.values()) for (const id of found.version.criteria) byCriterion.get(id)?.push(found)
  return {
    setting,
    segments,
    facts,
    assessments,
    policies,
    criteria: [...byCriterion].map(([id, controls]) => assessCriterion(id, controls, around, rules)),
  }
}

function factsOf(
  control_id: string,
  segments: readonly Segment[],
  policies: ReadonlyMap<string, PolicyState>,
  loaded: Loaded,
): ControlFacts {
  const { calendar } = loaded
  const checks = loaded.checks.get(control_id) ?? null
  const performances = loaded.performances.get(control_id) ?? []
  const version = segments.findLast((s) => s.from <= calendar.today)?.version
  return {
    control_id,
    segments,
    owner: loaded.owners.get(control_id) ?? null,
    policy: policies.get(version?.policy_id ?? '') ?? 'missing',
    cells: strip({ ...calendar, segments, checks, performances, freshness: loaded.freshness }),
    cells_from: calendar.from,
    checks,
    items: itemsOf(loaded.items.get(control_id) ?? [], segments, calendar.today),
    performances,
    evidence: loaded.evidence.get(control_id) ?? [],
  }
}

/** Items since the control came into effect; what happened before is not its own. */
function itemsOf(
  rows: NonNullable<ReturnType<Loaded['items']['get']>>,
  segments: readonly Segment[],
  today: LocalDate,
): ControlFacts['items'] {
  const since = chainOn(segments, today)?.[0]?.from
  const own = rows.filter(({ day }) => day === null || (since !== undefined && day >= since))
  const sum = (of: keyof ControlFacts['items']): number => own.reduce((total, row) => total + row[of], 0)
  return { pass: sum('pass'), fail: sum('fail'), inconclusive: sum('inconclusive') }
}

/** A compensating control counts when it is itself designed, implemented and not ineffective. */
function verified(
  compensating: ReadonlyMap<string, string>,
  assessments: ReadonlyMap<string, Assessment>,
): ReadonlySet<string> {
  return new Set(
    [...compensating].flatMap(([id, by]) => {
      const other = assessments.get(by)
      return by !== id && other?.D.value === 1 && other.I.value === 1 && other.ineffective === null ? [id] : []
    }),
  )
}

/** One letter that changed to another, on the day it did. */
export interface Change {
  readonly control_id: string
  readonly day: LocalDate
  readonly before: string
  readonly after: string
}

/**
 * Changes of the strips in the last days up to today, newest first. Becoming due or not due is no change to tell, nor is a
 * first day on which nobody has looked yet.
 */
export function changesOf(facts: Iterable<ControlFacts>, calendar: Calendar, days: number): Change[] {
  const found: Change[] = []
  for (const { control_id, cells } of facts)
    for (let back = 0; back < days; back++) {
      const day = addDays(calendar.today, -back)
      const at = daysBetween(calendar.from, day)
      const [before, after] = [cells[at - 1], cells[at]]
      if (before === undefined || after === undefined || before === after || before + after === '.n') continue
      if ('fnxo'.includes(after) && (after !== 'o' || 'fnx'.includes(before)))
        found.push({ control_id, day, before, after })
    }
  return found.toSorted((a, b) => (a.day > b.day ? -1 : a.day < b.day ? 1 : a.control_id < b.control_id ? -1 : 1))
}
