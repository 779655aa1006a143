// SPDX-License-Identifier: Apache-2.0
import type { Collected } from '../../catalog/collected.ts'
import { Refused } from '../../lib/refused.ts'
import { HOUR_MS, type Instant } from '../../lib/time.ts'

/**
 * Evidence: what was read from a system, a scanner's file or a person, with the bytes it rests on. It is never edited:
 * a correction is a new item that names the one it replaces, and late evidence stays labelled late for ever.
 */

/** Codes of this slice. */
export type EvidenceRefusal =
  | 'COUNTS_DO_NOT_ADD_UP'
  | 'OUTCOME_WITHOUT_REASON'
  | 'DUPLICATE_SUBJECT'
  | 'FROM_THE_FUTURE'
  | 'UNKNOWN_EVIDENCE'
  | 'ALREADY_SUPERSEDED'
  | 'OTHER_SERIES'
  | 'UNKNOWN_CONTROL'
  | 'UNKNOWN_SLOT'
  | 'UNKNOWN_LINK'
  | 'OWN_EVIDENCE'
  | 'REASON_REQUIRED'
  | 'EVIDENCE_REQUIRED'
  | 'PERIOD_IN_FUTURE'
  | 'PERIOD_ENDS_BEFORE_START'

/** Clocks of two machines may differ by this much before a claimed time counts as being in the future. */
const CLOCK_SKEW_MS = 5 * 60_000

/**
 * Refuses a reading whose own numbers contradict each other. Nothing of it is stored.
 * @throws Refused COUNTS_DO_NOT_ADD_UP, OUTCOME_WITHOUT_REASON, DUPLICATE_SUBJECT, FROM_THE_FUTURE
 */
export function checkCollected(collected: Collected, now: Instant): void {
  const { listed, rows, unreachable } = collected
  if (collected.collected !== rows.length || listed !== collected.collected + unreachable.length)
    throw new Refused(
      'COUNTS_DO_NOT_ADD_UP',
      `expected listed = collected + unreachable, got ${listed} listed, ${collected.collected} collected (${rows.length} rows), ${unreachable.length} unreachable`,
    )
  if (collected.outcome !== 'complete' && !collected.why)
    throw new Refused('OUTCOME_WITHOUT_REASON', `expected a reason for the outcome ${collected.outcome}, got none`)
  if (collected.outcome === 'complete' && (unreachable.length > 0 || collected.reconciliation === 'mismatch'))
    throw new Refused(
      'COUNTS_DO_NOT_ADD_UP',
      `a complete reading reaches everything and agrees with its census; got ${unreachable.length} unreachable, reconciliation ${collected.reconciliation}`,
    )
  if (Date.parse(collected.observed_at) > Date.parse(now) + CLOCK_SKEW_MS)
    throw new Refused('FROM_THE_FUTURE', `expected a time up to ${now}, got ${collected.observed_at}`, {
      pointer: '/observed_at',
    })
  const keys = new Set<string>()
  for (const row of rows) {
    if (keys.has(row.key)) throw new Refused('DUPLICATE_SUBJECT', `expected each subject once, got ${row.key} twice`)
    keys.add(row.key)
  }
}

/**
 * Why a reading that calls itself complete must not be trusted to mean absence: it saw nothing where the one before
 * saw many (a broken filter, a changed permission). `undefined` when there is nothing odd.
 */
export function suspicion(collected: Collected, previousCount: number | undefined): string | undefined {
  if (collected.outcome !== 'complete' || previousCount === undefined) return undefined
  const empty = collected.rows.length === 0 && previousCount > 0
  const exactZero = collected.census?.n === 0 && collected.census.exact === 'exact'
  return empty && !(exactZero && previousCount < 5)
    ? `0 rows were read where the reading before had ${previousCount}`
    : undefined
}

/** Whether evidence reached Assay so much later than the time it speaks about that a reader must be told. */
export const isLate = (observed: Instant, recorded: Instant, policyHours = 24): boolean =>
  Date.parse(recorded) - Date.parse(observed) > policyHours * HOUR_MS

/** What the last decision on a piece of evidence makes of it. */
export type LinkState = 'submitted' | 'accepted' | 'rejected' | 'withdrawn'
