// SPDX-License-Identifier: Apache-2.0
import type { CaptureNote, Collected } from '../../catalog/collected.ts'
import type { Kind } from '../../catalog/kind.ts'
import { Refused } from '../../lib/refused.ts'
import { endOfDay, HOUR_MS, instant, localDate, type Instant, type LocalDate } from '../../lib/time.ts'

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
  | 'OBSERVED_AT_NEEDED'
  | 'ALREADY_IMPORTED'
  | 'UNKNOWN_IMPORT'
  | 'UNKNOWN_CAPTURE'
  | 'UNKNOWN_CONTROL'
  | 'UNKNOWN_SLOT'
  | 'UNKNOWN_LINK'
  | 'ALREADY_LINKED'
  | 'LINK_WITHDRAWN'
  | 'OWN_EVIDENCE'
  | 'MANAGEMENT_ACCEPTS'
  | 'NOT_YOURS_TO_WITHDRAW'
  | 'REASON_REQUIRED'
  | 'UNKNOWN_ATTESTATION'
  | 'EVIDENCE_REQUIRED'
  | 'NOT_OVERSIGHT'
  | 'PERIOD_IN_FUTURE'
  | 'PERIOD_ENDS_BEFORE_START'

/** Clocks of two machines may differ by this much before a claimed time counts as being in the future. */
const CLOCK_SKEW_MS = 5 * 60_000

/**
 * Refuses a reading whose own numbers contradict each other. Nothing of it is stored.
 * @throws Refused COUNTS_DO_NOT_ADD_UP, OUTCOME_WITHOUT_REASON, DUPLICATE_SUBJECT, FROM_THE_FUTURE
 */
export function checkCollected(collected: Collected<CaptureNote>, now: Instant): void {
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
export function suspicion(collected: Collected<CaptureNote>, previousCount: number | undefined): string | undefined {
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

/** Until when a reading proves the present. */
export const freshUntil = (kind: Pick<Kind, 'fresh_hours'>, observed: Instant): Instant =>
  instant(Date.parse(observed) + kind.fresh_hours * HOUR_MS)

/** Whether a reading still proves how things are at `asOf`. */
export const isFresh = (kind: Pick<Kind, 'fresh_hours'>, observed: Instant, asOf: Instant): boolean =>
  Date.parse(freshUntil(kind, observed)) >= Date.parse(asOf)

/**
 * A scan that evaluated fewer rules than the one before says nothing of the others: it is a part, not the whole.
 * @param before rules of which facts stand
 * @returns why it is a part; `undefined` when it covers them all
 */
export function narrowed(before: readonly string[], rules: ReadonlySet<string>): string | undefined {
  const left = before.filter((rule) => !rules.has(rule))
  if (left.length === 0) return undefined
  const some = left.slice(0, 5).join(', ')
  return `${left.length} rules of the scan before are not in this file (${some}${left.length > 5 ? ', …' : ''}); what is known of them stays as it was`
}

/** When a document speaks about: the end of its period's last day in that zone, but never later than it was received. */
export const documentMoment = (period_to: LocalDate | null, received: Instant, timeZone: string): Instant =>
  period_to === null ? received : instant(Math.min(Date.parse(endOfDay(period_to, timeZone)) - 1, Date.parse(received)))

/** @throws Refused PERIOD_ENDS_BEFORE_START, PERIOD_IN_FUTURE */
export function checkPeriod(from: LocalDate, to: LocalDate, now: Instant): void {
  if (to < from)
    throw new Refused('PERIOD_ENDS_BEFORE_START', `expected a period that ends on or after ${from}, got ${to}`, {
      pointer: '/period_to',
    })
  // The day has begun first in the zone UTC+14; whoever says "today" there is right.
  const today = localDate(now, 'Etc/GMT-14')
  if (to > today)
    throw new Refused('PERIOD_IN_FUTURE', `expected a period that ends by ${today}, got ${to}`, {
      pointer: '/period_to',
    })
}

/** What the last decision on a piece of evidence makes of it. */
export type LinkState = 'submitted' | 'accepted' | 'rejected' | 'withdrawn'

/** A decision that somebody wants to make on evidence put forward. */
export interface Deciding {
  readonly state: 'accepted' | 'rejected' | 'withdrawn'
  readonly code?: string | undefined
  readonly because?: string | undefined
  readonly decider: {
    readonly id: string
    readonly name: string
    readonly isManager: boolean
    readonly isAuditor: boolean
  }
  readonly link: {
    readonly state: LinkState
    readonly linked_by: string
    readonly recorded_by: string
    readonly prepared_by: string | null
  }
}

/**
 * Who may decide what: evidence that a person made by hand is accepted by somebody else than the one who put it
 * forward; auditors reject but never accept, for acceptance is management's; a rejection says why.
 * @throws Refused LINK_WITHDRAWN, OWN_EVIDENCE, MANAGEMENT_ACCEPTS, NOT_YOURS_TO_WITHDRAW, REASON_REQUIRED
 */
export function checkDecision({ state, code, because, decider, link }: Deciding): void {
  if (link.state === 'withdrawn')
    throw new Refused('LINK_WITHDRAWN', 'it was withdrawn; put the evidence forward again', { status: 409 })
  switch (state) {
    case 'accepted':
      if (decider.isAuditor && !decider.isManager)
        throw new Refused('MANAGEMENT_ACCEPTS', 'an auditor may reject evidence; accepting it is for management', {
          status: 403,
        })
      if (link.prepared_by !== null && isOwn(decider, link))
        throw new Refused(
          'OWN_EVIDENCE',
          `${link.prepared_by} prepared this by hand and ${decider.name} put it forward; somebody else must accept it`,
          { status: 403 },
        )
      return
    case 'rejected':
      if (!code || !because)
        throw new Refused('REASON_REQUIRED', 'expected a reason code and a sentence that says what is wrong', {
          pointer: code ? '/because' : '/code',
        })
      return
    case 'withdrawn':
      if (decider.id !== link.linked_by && !decider.isManager)
        throw new Refused('NOT_YOURS_TO_WITHDRAW', 'only who put evidence forward, or a manager, may withdraw it', {
          status: 403,
        })
      return
    default:
      state satisfies never
  }
}

const isOwn = (decider: Deciding['decider'], link: Deciding['link']): boolean =>
  decider.id === link.linked_by ||
  decider.id === link.recorded_by ||
  decider.name.trim().toLowerCase() === link.prepared_by?.trim().toLowerCase()
