// SPDX-License-Identifier: Apache-2.0
import type { Freshness } from '../../catalog/rulebook.ts'
import type { Frequency } from '../../catalog/terms.ts'
import { addDays, type LocalDate } from '../../lib/time.ts'
import type { Segment } from '../controls/control.ts'
import { addMonths } from '../system/period.ts'
import { chains, type Performance } from './strip.ts'

/** When a scheduled control was due, and whether it was performed then. */

/** One expected performance: due by the last day, late until the grace is over. */
export interface Window {
  readonly from: LocalDate
  readonly to: LocalDate
  /** Last day on which a late performance still counts. */
  readonly grace_to: LocalDate
  /** Cut short by the end of the period or of the version: counts when performed, but nothing is owed. */
  readonly partial: boolean
}

const MONTHS: Readonly<Partial<Record<Frequency, number>>> = { monthly: 1, quarterly: 3, annual: 12 }

/** Stretches of one schedule inside [from, to]; versions that keep the frequency keep the schedule. */
function spans(segments: readonly Segment[], from: LocalDate, to: LocalDate) {
  const found: { frequency: Frequency; from: LocalDate; to: LocalDate }[] = []
  for (const chain of chains(segments)) {
    let open: (typeof found)[number] | undefined
    for (const segment of chain) {
      const start = segment.from > from ? segment.from : from
      const end = segment.to !== null && segment.to < to ? segment.to : to
      if (end < start) continue
      if (open?.frequency === segment.version.frequency) open.to = end
      else {
        open = { frequency: segment.version.frequency, from: start, to: end }
        found.push(open)
      }
    }
  }
  return found
}

/**
 * The expected performances of a control from the later of the period's first day and its own, to the period's last.
 * Months, quarters and years are those of the calendar, so six months owe two quarterly performances.
 */
export function windowsOf(
  segments: readonly Segment[],
  period: { readonly from: LocalDate; readonly to: LocalDate },
  freshness: (frequency: Frequency) => Freshness,
): Window[] {
  return spans(segments, period.from, period.to).flatMap((span) => {
    const { interval_days, stale_after_days } = freshness(span.frequency)
    if (interval_days === null) return []
    const months = MONTHS[span.frequency]
    const windows: Window[] = []
    let from = span.from
    for (let n = 1; from <= span.to; n++) {
      const next = months === undefined ? addDays(from, interval_days) : addMonths(span.from, months * n)
      const to = addDays(next, -1)
      const partial = to > span.to
      windows.push({ from, to: partial ? span.to : to, grace_to: addDays(from, stale_after_days - 1), partial })
      from = next
    }
    return windows
  })
}

/** What became of a window. `pending`: still in time, nothing said yet. */
export type WindowState = 'performed' | 'not_performed' | 'nothing_occurred' | 'missed' | 'pending'

/**
 * Assigns performances to windows. One that covers a window's last day answers for it; a shorter one, and one that covers
 * only what was answered before, answers for the earliest window, grace included, that has no answer yet: whoever performs
 * something every thirty days performs it every month. Gives a state for each window, in order.
 */
export function answerWindows(
  windows: readonly Window[],
  performances: readonly Performance[],
  today: LocalDate,
): WindowState[] {
  const answers = Array<WindowState | undefined>(windows.length)
  const answer = (i: number, outcome: Performance['outcome']): void => {
    const state = outcome === 'no_occurrence' ? 'nothing_occurred' : outcome
    // Failing is not undone by a second word about the same window; a correction supersedes the first word instead.
    if (answers[i] !== 'not_performed') answers[i] = state
  }
  const inOrder = performances.filter((p) => p.to <= today).toSorted((a, b) => (a.to < b.to ? -1 : a.to > b.to ? 1 : 0))
  for (const performance of inOrder) {
    const covered = windows.flatMap((w, i) => (w.to >= performance.from && w.to <= performance.to ? [i] : []))
    const open = covered.some((i) => answers[i] === undefined)
    for (const i of covered) answer(i, performance.outcome)
    if (open) continue
    const next = windows.findIndex(
      (w, i) => answers[i] === undefined && performance.to >= w.from && performance.to <= w.grace_to,
    )
    if (next >= 0) answer(next, performance.outcome)
  }
  return windows.map((w, i) => answers[i] ?? (today > w.grace_to && !w.partial ? 'missed' : 'pending'))
}

/** When a control is due next, and since when it is overdue; null for those without a schedule. */
export function nextDue(
  current: Segment,
  chainStart: LocalDate,
  performances: readonly Performance[],
  today: LocalDate,
  freshness: (frequency: Frequency) => Freshness,
): { readonly due: LocalDate; readonly overdue_from: LocalDate } | null {
  const { interval_days, stale_after_days } = freshness(current.version.frequency)
  if (interval_days === null) return null
  const covered = performances.map((p) => p.to).filter((day) => day >= chainStart && day <= today)
  const last = covered.toSorted().at(-1) ?? addDays(chainStart, -1)
  return { due: addDays(last, interval_days), overdue_from: addDays(last, stale_after_days + 1) }
}
