// SPDX-License-Identifier: Apache-2.0
import { addDays, type LocalDate } from '../../lib/time.ts'
import type { ControlVersion } from '../controls/control.ts'
import { nextDue } from './schedule.ts'
import type { ControlFacts } from './scoring.ts'
import type { ControlRow } from './shapes.ts'
import type { Calendar, Snapshot } from './snapshot.ts'

/** Rows for people, made from a snapshot. */

/** The version that speaks for a control on a day: the one in effect, else the last before, else the first to come. */
const shown = (facts: ControlFacts, today: LocalDate): ControlVersion | undefined =>
  (facts.segments.findLast((s) => s.from <= today) ?? facts.segments[0])?.version

export function controlRowOf(facts: ControlFacts, of: Snapshot): ControlRow | undefined {
  const version = shown(facts, of.setting.today)
  if (!version) return undefined
  const found = of.assessments.get(facts.control_id)
  return {
    control_id: facts.control_id,
    title: version.title,
    is_key: version.is_key,
    owner: facts.owner,
    in_effect: found !== undefined,
    score: found?.score ?? null,
    components: found ? { D: found.D, I: found.I, F: found.F, O: found.O } : null,
    ineffective: found?.ineffective ?? null,
    criteria: [...version.criteria],
    frequency: version.frequency,
    nature: version.nature,
    has_checks: facts.checks !== null,
    cells: facts.cells,
  }
}

/** Controls that have, had or will have days in the calendar, in the order of the library. */
export const controlRows = (of: Snapshot, order: Iterable<string>): ControlRow[] =>
  [...order].flatMap((id) => {
    const facts = of.facts.get(id)
    const row = facts && controlRowOf(facts, of)
    return row && (row.in_effect || /[^. ]/.test(row.cells)) ? [row] : []
  })

export interface Due {
  readonly kind: 'control' | 'policy' | 'task'
  readonly id: string
  readonly title: string
  readonly due: LocalDate
  readonly overdue: boolean
}

/** What has to be done next, overdue first: controls on a schedule, policy reviews and tasks. */
export function nextOf(
  of: Snapshot,
  calendar: Calendar,
  policies: readonly { readonly id: string; readonly title: string; readonly next_review: LocalDate }[],
  tasks: readonly { readonly id: string; readonly title: string; readonly due_on: LocalDate }[],
  limit: number,
): Due[] {
  const controls = [...of.assessments.values()].flatMap(({ control_id, version, since }): Due[] => {
    const facts = of.facts.get(control_id)
    const segment = facts?.segments.findLast((s) => s.from <= calendar.today)
    if (
      !facts ||
      !segment ||
      (facts.checks !== null && version.nature === 'automated') ||
      version.frequency === 'continuous'
    )
      return []
    const due = nextDue(segment, since, facts.performances, calendar.today, of.setting.freshness)
    return due
      ? [
          {
            kind: 'control',
            id: control_id,
            title: version.title,
            due: due.due,
            overdue: due.overdue_from <= calendar.today,
          },
        ]
      : []
  })
  const horizon = addDays(calendar.today, 90)
  return [
    ...controls,
    ...policies.map((p): Due => ({
      kind: 'policy',
      id: p.id,
      title: p.title,
      due: p.next_review,
      overdue: p.next_review < calendar.today,
    })),
    ...tasks.map((t): Due => ({
      kind: 'task',
      id: t.id,
      title: t.title,
      due: t.due_on,
      overdue: t.due_on < calendar.today,
    })),
  ]
    .filter((row) => row.due <= horizon)
    .toSorted((a, b) => (a.due < b.due ? -1 : a.due > b.due ? 1 : a.id < b.id ? -1 : 1))
    .slice(0, limit)
}
