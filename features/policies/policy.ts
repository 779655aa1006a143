// SPDX-License-Identifier: Apache-2.0
import { Refused } from '../../lib/refused.ts'
import type { LocalDate } from '../../lib/time.ts'
import { addMonths } from '../system/period.ts'

/** Policies: approved versions with the day they begin to hold and the day they must be looked at again. */

/** Codes of this slice. */
export type PolicyRefusal =
  | 'UNKNOWN_POLICY'
  | 'UNKNOWN_EVIDENCE'
  | 'DOCUMENT_REQUIRED'
  | 'REVIEW_TOO_LATE'
  | 'REVIEW_BEFORE_START'
  | 'OWN_POLICY'

export interface PolicyDates {
  readonly n: number
  readonly effective_from: LocalDate
  readonly next_review: LocalDate
}

export type PolicyState = 'missing' | 'not_yet_in_force' | 'in_date' | 'overdue'

/** The version in force on a day: the newest that has begun; `undefined` when none has. */
export const inForce = <V extends PolicyDates>(versions: readonly V[], day: LocalDate): V | undefined =>
  versions.filter((v) => v.effective_from <= day).toSorted((a, b) => b.n - a.n)[0]

/** How a policy stands on a day: the day of the next review is still in date, the day after is overdue. */
export function policyState(versions: readonly PolicyDates[], day: LocalDate): PolicyState {
  const holds = inForce(versions, day)
  if (!holds) return versions.length > 0 ? 'not_yet_in_force' : 'missing'
  return day <= holds.next_review ? 'in_date' : 'overdue'
}

/** @throws Refused REVIEW_BEFORE_START, REVIEW_TOO_LATE when the next review is not within 12 months */
export function checkReview(effective_from: LocalDate, next_review: LocalDate): void {
  const latest = addMonths(effective_from, 12)
  if (next_review <= effective_from)
    throw new Refused('REVIEW_BEFORE_START', `expected a review after ${effective_from}, got ${next_review}`, {
      pointer: '/next_review',
    })
  if (next_review > latest)
    throw new Refused(
      'REVIEW_TOO_LATE',
      `a policy is reviewed within 12 months: expected ${latest} at the latest, got ${next_review}`,
      {
        pointer: '/next_review',
      },
    )
}
