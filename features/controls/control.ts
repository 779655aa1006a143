// SPDX-License-Identifier: Apache-2.0
import type { LibraryControl } from '../../catalog/framework.ts'
import { type Frequency } from '../../catalog/terms.ts'
import { Refused } from '../../lib/refused.ts'
import { addDays, type Instant, type LocalDate } from '../../lib/time.ts'

/**
 * Controls: what the organisation does to meet criteria, in its own words, version by version. A version holds from its
 * day until the day before the next one's; nothing that was in force is ever rewritten.
 */

/** Codes of this slice. */
export type ControlRefusal =
  | 'UNKNOWN_CONTROL'
  | 'ALREADY_ADOPTED'
  | 'NOTHING_TO_ADOPT'
  | 'NOT_ADOPTED'
  | 'ALREADY_EXCLUDED'
  | 'NOT_EXCLUDED'
  | 'CONTROL_CHANGED'
  | 'NOTHING_CHANGED'
  | 'EFFECTIVE_TOO_EARLY'
  | 'UNKNOWN_CRITERION'
  | 'UNKNOWN_POLICY'
  | 'UNKNOWN_SLOT'
  | 'UNKNOWN_OWNER'

/** What management says about a control in one version. */
export interface ControlText {
  readonly title: string
  readonly statement: string
  readonly owner_role: string
  readonly nature: LibraryControl['nature']
  readonly frequency: Frequency
  readonly is_key: boolean
  readonly policy_id: string
  readonly criteria: readonly string[]
  readonly parameters: Readonly<Record<string, unknown>>
  /** Evidence slots without which the evidence is not complete; when empty, one piece of whatever sort will do. */
  readonly required_slots: readonly string[]
}

export interface ControlVersion extends ControlText {
  readonly control_id: string
  readonly n: number
  /** `out`: left out of scope from this day, for the reason given. */
  readonly state: 'in' | 'out'
  readonly effective_from: LocalDate
  readonly because: string
  readonly saved_by: string
  readonly recorded_at: Instant
  readonly manifest: string
}

/** A stretch of days in which one version holds; `to` is included, null means it still holds. */
export interface Segment {
  readonly version: ControlVersion
  readonly from: LocalDate
  readonly to: LocalDate | null
}

/**
 * Lays versions of one control on the calendar. They are taken in the order in which they were recorded; each replaces
 * whatever was said for its first day and after. Days before the first version belong to none.
 */
export function timeline(versions: readonly ControlVersion[]): Segment[] {
  const laid: Segment[] = []
  for (const version of versions.toSorted((a, b) => a.n - b.n)) {
    while ((laid.at(-1)?.from ?? '') >= version.effective_from) laid.pop()
    const before = laid.pop()
    if (before) laid.push({ ...before, to: addDays(version.effective_from, -1) })
    laid.push({ version, from: version.effective_from, to: null })
  }
  return laid
}

/** The version that holds on a day, excluded or not; `undefined` before the first. */
export const versionOn = (segments: readonly Segment[], day: LocalDate): ControlVersion | undefined =>
  segments.find((s) => s.from <= day && (s.to === null || s.to >= day))?.version

/** Days between two stretches in which the control was in scope: a hole that an auditor sees as a late start. */
export function gapsBetween(segments: readonly Segment[]): { readonly from: LocalDate; readonly to: LocalDate }[] {
  const firstIn = segments.findIndex((s) => s.version.state === 'in')
  const lastIn = segments.findLastIndex((s) => s.version.state === 'in')
  return segments
    .slice(firstIn + 1, Math.max(firstIn + 1, lastIn))
    .flatMap((s) => (s.version.state === 'out' && s.to !== null ? [{ from: s.from, to: s.to }] : []))
}

const VAGUE =
  /\b(as needed|as required|periodically|timely|regularly|as appropriate|from time to time|when necessary)\b/gi

/** Words of a statement that cannot be tested, because they name no number; empty when it is sound. */
export const vagueWords = (statement: string): string[] =>
  [...statement.matchAll(VAGUE)].map((match) => match[0].toLowerCase())

/** The text of the library, as the first version of an organisation's control. */
export const textOf = (control: LibraryControl, is_key: boolean): ControlText => ({
  title: control.title,
  statement: control.statement,
  owner_role: control.owner_role,
  nature: control.nature,
  frequency: control.frequency,
  is_key,
  policy_id: control.policy,
  criteria: control.criteria,
  parameters: control.parameters ?? {},
  required_slots: [],
})

/** The text alone of a version, with changes laid over it; a change that is absent or undefined changes nothing. */
export function withChanges(
  of: ControlText,
  changes: { readonly [K in keyof ControlText]?: ControlText[K] | undefined } = {},
): ControlText {
  return {
    title: changes.title ?? of.title,
    statement: changes.statement ?? of.statement,
    owner_role: changes.owner_role ?? of.owner_role,
    nature: changes.nature ?? of.nature,
    frequency: changes.frequency ?? of.frequency,
    is_key: changes.is_key ?? of.is_key,
    policy_id: changes.policy_id ?? of.policy_id,
    criteria: changes.criteria ?? of.criteria,
    parameters: changes.parameters ?? of.parameters,
    required_slots: changes.required_slots ?? of.required_slots,
  }
}

/** The fields in which two texts differ. */
export const changedFields = (before: ControlText, after: ControlText): (keyof ControlText)[] =>
  (Object.keys(after) as (keyof ControlText)[]).filter(
    (field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]),
  )

/**
 * Refuses a version that would rewrite days on which a later one already holds.
 * @throws Refused EFFECTIVE_TOO_EARLY
 */
export function checkEffective(last: Pick<ControlVersion, 'effective_from' | 'n'>, from: LocalDate): void {
  if (from < last.effective_from)
    throw new Refused(
      'EFFECTIVE_TOO_EARLY',
      `version ${last.n} holds from ${last.effective_from}; expected that day or a later one, got ${from}`,
      { pointer: '/effective_from' },
    )
}
