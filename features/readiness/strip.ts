// SPDX-License-Identifier: Apache-2.0
import type { Freshness } from '../../catalog/rulebook.ts'
import type { Frequency, Nature } from '../../catalog/terms.ts'
import { addDays, daysBetween, type LocalDate } from '../../lib/time.ts'
import type { Segment } from '../controls/control.ts'

/**
 * The control-day strip: one letter a day, from what checks saw and what people attested.
 *
 * `o` performed and passing · `f` failing, or attested as not performed · `n` no data, or overdue · `x` failing under an
 * approved exception · `-` not due, or nothing occurred · `.` not in effect · ` ` in the future
 */
export type DayState = 'o' | 'f' | 'n' | 'x' | '-' | '.' | ' '

/** Somebody's word, or an accepted piece of evidence, about a span of days (both ends included). */
export interface Performance {
  readonly from: LocalDate
  readonly to: LocalDate
  readonly outcome: 'performed' | 'not_performed' | 'no_occurrence'
  readonly by: 'attestation' | 'evidence'
  readonly id: string
  /** It rests on evidence, not on a word alone. */
  readonly corroborated: boolean
}

export interface StripInput {
  readonly from: LocalDate
  readonly to: LocalDate
  /** The day of the question; later days are future. */
  readonly today: LocalDate
  readonly segments: readonly Segment[]
  /** One letter a day from `from` to `to` by the checks that speak for the control; null when none does. */
  readonly checks: string | null
  readonly performances: readonly Performance[]
  readonly freshness: (frequency: Frequency) => Freshness
}

/**
 * Whether people have to attest. Checks speak for automated controls and for those that have no schedule; a manual control
 * on a schedule is performed by a person, and a check can only take away from it: it adds failing days, but neither its
 * passing nor its silence stands in for the person's word.
 */
export const attestationIsDue = (nature: Nature, frequency: Frequency, hasChecks: boolean): boolean =>
  !hasChecks || (nature !== 'automated' && frequency !== 'continuous' && frequency !== 'event_driven')

const ORDER = 'fnxo'

/** Failing beats no data, no data beats an exception, an exception beats passing; `-` says nothing either way. */
export function joinDay(a: DayState, b: DayState): DayState {
  for (const state of ORDER) if (a === state || b === state) return state as DayState
  return '-'
}

/** The strip of one control. As many letters as days from `from` to `to`. */
export function strip(input: StripInput): string {
  const days = daysBetween(input.from, input.to) + 1
  const cells = Array<DayState>(Math.max(0, days)).fill('.')
  const last = daysBetween(input.from, input.today)
  const attested = attestedDays(input.from, days, input.performances)
  for (const chain of chains(input.segments)) {
    for (const segment of chain) {
      const lo = Math.max(0, daysBetween(input.from, segment.from))
      const hi = Math.min(days - 1, segment.to === null ? days - 1 : daysBetween(input.from, segment.to))
      fill(cells, lo, Math.min(hi, last), segment, chain[0] ?? segment, input, attested)
    }
  }
  for (let day = Math.max(0, last + 1); day < days; day++) cells[day] = ' '
  return cells.join('')
}

/** Stretches of days in which the control was in scope without a break; a new version does not break one. */
export function chains(segments: readonly Segment[]): Segment[][] {
  const found: Segment[][] = []
  for (const segment of segments) {
    if (segment.version.state === 'out') continue
    const chain = found.at(-1)
    const before = chain?.at(-1)
    if (chain && before?.to != null && addDays(before.to, 1) === segment.from) chain.push(segment)
    else found.push([segment])
  }
  return found
}

/** The stretch in scope that a day belongs to, or the last one before it. */
export const chainOn = (segments: readonly Segment[], day: LocalDate): Segment[] | undefined =>
  chains(segments).findLast((chain) => (chain[0]?.from ?? day) <= day)

interface Attested {
  readonly days: readonly (DayState | undefined)[]
  /** Last days of all performances as offsets from the strip's first day, ascending. */
  readonly ends: readonly number[]
}

const WORD: Readonly<Record<Performance['outcome'], DayState>> = {
  performed: 'o',
  not_performed: 'f',
  no_occurrence: '-',
}

function attestedDays(from: LocalDate, days: number, performances: readonly Performance[]): Attested {
  const covered = Array<DayState | undefined>(Math.max(0, days))
  for (const performance of performances) {
    const state = WORD[performance.outcome]
    const lo = Math.max(0, daysBetween(from, performance.from))
    const hi = Math.min(days - 1, daysBetween(from, performance.to))
    for (let day = lo; day <= hi; day++) covered[day] = joinDay(state, covered[day] ?? '-')
  }
  return { days: covered, ends: performances.map((p) => daysBetween(from, p.to)).toSorted((a, b) => a - b) }
}

function fill(
  cells: DayState[],
  lo: number,
  hi: number,
  segment: Segment,
  first: Segment,
  input: StripInput,
  attested: Attested,
): void {
  const { nature, frequency } = segment.version
  const due = attestationIsDue(nature, frequency, input.checks !== null)
  const { stale_after_days } = input.freshness(frequency)
  const start = daysBetween(input.from, first.from)
  let next = 0
  let covered = start - 1
  for (let day = lo; day <= hi; day++) {
    while (next < attested.ends.length && (attested.ends[next] ?? day) < day)
      covered = Math.max(covered, attested.ends[next++] ?? 0)
    const overdue = frequency === 'continuous' || day - covered > stale_after_days
    const word: DayState = attested.days[day] ?? (due && overdue ? 'n' : '-')
    const seen = (input.checks?.[day] ?? '-') as DayState
    cells[day] = joinDay(word, due && 'no'.includes(seen) ? '-' : seen)
  }
}
