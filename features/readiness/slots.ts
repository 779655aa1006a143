// SPDX-License-Identifier: Apache-2.0
import type { Freshness } from '../../catalog/rulebook.ts'
import { daysBetween, type LocalDate } from '../../lib/time.ts'

/** How the evidence of a control stands, slot by slot (spec G). */

export type SlotState = 'not_due' | 'due' | 'fresh' | 'stale' | 'missing' | 'rejected'

/** Evidence put forward for a slot, with the last decision about it. */
export interface SlotEvidence {
  readonly id: string
  readonly slot: string
  /** The last day it speaks about. */
  readonly day: LocalDate
  readonly state: 'submitted' | 'accepted' | 'rejected' | 'withdrawn'
}

/** Whether something of this age still proves the present. */
export const isStale = (day: LocalDate, today: LocalDate, of: Freshness): boolean =>
  daysBetween(day, today) > of.stale_after_days

/** Proven within the interval, within its grace, or not any more. */
const ageState = (days: number, of: Freshness): 'fresh' | 'due' | 'stale' =>
  days > of.stale_after_days ? 'stale' : of.interval_days !== null && days > of.interval_days ? 'due' : 'fresh'

/**
 * The state of one slot on a day. Only accepted evidence counts; a rejected piece shows until something newer is accepted.
 * @param since the day the control came into effect
 */
export function slotState(
  evidence: readonly SlotEvidence[],
  since: LocalDate,
  today: LocalDate,
  of: Freshness,
): SlotState {
  const byDay = evidence.filter((e) => e.state !== 'withdrawn').toSorted((a, b) => (a.day < b.day ? -1 : 1))
  const accepted = byDay.findLast((e) => e.state === 'accepted')
  if (accepted) {
    const state = ageState(daysBetween(accepted.day, today), of)
    if (state !== 'stale') return state
  }
  if (byDay.some((e) => e.state === 'rejected' && (!accepted || e.day >= accepted.day))) return 'rejected'
  if (accepted) return 'stale'
  const waited = daysBetween(since, today) + 1
  const state = ageState(waited, of)
  return state === 'fresh' ? 'not_due' : state === 'due' ? 'due' : 'missing'
}

/** States that leave the evidence complete: proven, and inside its interval or grace. */
export const isProven = (state: SlotState, hasAccepted: boolean): boolean =>
  state === 'fresh' || (state === 'due' && hasAccepted)
