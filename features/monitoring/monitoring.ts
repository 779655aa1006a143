// SPDX-License-Identifier: Apache-2.0
import { spanMs, type Check, type Verdict } from '../../catalog/check.ts'
import { instant, type Instant } from '../../lib/time.ts'

/**
 * Monitoring (CC4.1): checks look at what was collected, and what they find is kept over time. The rules here decide
 * what a reading may prove; they are the engine's, so that no author of a check can be kinder than another.
 */

/** Codes of this slice. */
export type MonitoringRefusal =
  | 'UNKNOWN_CHECK'
  | 'UNKNOWN_KIND'
  | 'UNKNOWN_CONTROL'
  | 'UNKNOWN_SUBJECT'
  | 'UNKNOWN_EXCEPTION'
  | 'UNKNOWN_REQUEST'
  | 'ALREADY_DECIDED'
  | 'BAD_CHECK'
  | 'BAD_EXPRESSION'
  | 'CHECK_TOO_LARGE'
  | 'EXAMPLES_FAIL'
  | 'ID_TAKEN'
  | 'NOTHING_CHANGED'
  | 'SELF_APPROVED'
  | 'EXCEPTION_DATES'
  | 'ALREADY_WITHDRAWN'

/** A reading as a check needs to know it. */
export interface Reading {
  readonly id: string
  readonly source_id: number
  readonly source_name: string
  readonly stream: string
  readonly kind: string
  readonly outcome: 'complete' | 'partial' | 'denied' | 'unsupported' | 'failed'
  readonly why: string | null
  readonly suspect: string | null
  readonly census: { readonly n: number; readonly exact: string } | null
  readonly reconciliation: string
  readonly unreachable: readonly { readonly subject: string; readonly because: string }[]
  readonly window_from: Instant | null
  readonly observed_at: Instant
  readonly manifest: string
  readonly supersedes: string | null
}

/** Why a reading tells a check nothing at all; `undefined` when its facts may be judged. */
export function unusable(reading: Reading, check: Check): string | undefined {
  const name = `${reading.source_name}: ${reading.stream}`
  if (reading.suspect !== null) return `the reading of ${name} is suspect: ${reading.suspect}`
  if (reading.outcome !== 'complete' && reading.outcome !== 'partial')
    return `${name} could not be read (${reading.outcome}): ${reading.why ?? 'no reason given'}`
  if (check.needs_census !== undefined && check.for === reading.kind) {
    const exact = reading.census?.exact === 'exact' && reading.reconciliation === 'equal'
    if (!exact) return `${name} has no exact independent count that agrees, which this check needs`
  }
  return undefined
}

/** The kinds of facts that a check looks up beside its subjects. */
export const joinedKinds = (check: Check): string[] => [...new Set(Object.values(check.lookup).map(({ from }) => from))]

/**
 * The readings that a check looks at together with one of them. A run of a connection reads its streams one after the
 * other: a check that joins them sees all that the run brought of what it needs, or it would judge today's people by
 * yesterday's accounts. A stream that could not be read is not waited for, and every other reading is looked at alone.
 * @param run what the run of the connection brought; empty when no connection brought the reading
 */
export function readTogether(check: Check, reading: Reading, run: readonly Reading[]): readonly Reading[] {
  const joined = joinedKinds(check)
  const needed = run.filter(
    (other) => (other.kind === check.for || joined.includes(other.kind)) && unusable(other, check) === undefined,
  )
  return needed.length > 1 && needed.some(({ kind }) => joined.includes(kind)) ? needed : [reading]
}

/** The moment at which readings are judged: when the last of them was read. */
export const lastObserved = (readings: readonly Reading[]): Instant =>
  readings.reduce((last, { observed_at }) => (observed_at > last ? observed_at : last), '')

/** Why a reading that was judged does not prove that the check operated over everything. */
export const incomplete = (reading: Reading): string | undefined =>
  reading.outcome === 'partial'
    ? `${reading.source_name}: ${reading.stream} was read in part: ${reading.why ?? 'no reason given'}`
    : undefined

/** A stream of a kind that a check needs, as it was last read by the moment of judging. */
export interface JoinedStream {
  readonly kind: string
  readonly source_name: string
  readonly stream: string
  /** Newest complete reading; null when there was none. */
  readonly complete_at: Instant | null
}

/** How long joined readings stay good, and why they are not good now. */
export interface Joined {
  readonly fault: string | undefined
  readonly fresh_until: Instant | undefined
}

/**
 * Whether the facts that a check joins may be believed at a moment: each joined kind was read, and each of its streams
 * completely and not too long ago. A stale list of accounts would let a leaver pass.
 * @param freshMs how long a reading of a kind proves the present
 */
export function judgeJoined(
  kinds: readonly string[],
  streams: readonly JoinedStream[],
  at: Instant,
  freshMs: (kind: string) => number,
): Joined {
  let until: number | undefined
  for (const kind of kinds) {
    const own = streams.filter((stream) => stream.kind === kind)
    if (own.length === 0) return { fault: `no reading of ${kind} yet, which this check needs`, fresh_until: undefined }
    for (const { source_name, stream, complete_at } of own) {
      const name = `${source_name}: ${stream}`
      if (complete_at === null)
        return { fault: `${name}, which this check needs, was never read completely`, fresh_until: undefined }
      const good = Date.parse(complete_at) + freshMs(kind)
      if (good <= Date.parse(at))
        return {
          fault: `${name}, which this check needs, was last read completely on ${complete_at}`,
          fresh_until: undefined,
        }
      until = Math.min(until ?? Infinity, good)
    }
  }
  return { fault: undefined, fresh_until: until === undefined ? undefined : instant(until) }
}

/** Until when a reading proves the present for a check. */
export function freshUntil(check: Check, observed_at: Instant, joined: Joined): Instant {
  const own = instant(Date.parse(observed_at) + spanMs(check.fresh))
  return joined.fresh_until !== undefined && joined.fresh_until < own ? joined.fresh_until : own
}

/** How many subjects got which verdict. `unreachable` are those that the source could not show; they are no subjects. */
export interface Counts extends Readonly<Record<Verdict, number>> {
  readonly subjects: number
  readonly unreachable: number
}

export function countsOf(statuses: Iterable<Verdict>, unreachable = 0): Counts {
  const counts = { pass: 0, fail: 0, inconclusive: 0, not_applicable: 0, subjects: 0, unreachable }
  for (const status of statuses) {
    counts[status]++
    counts.subjects++
  }
  return counts
}

/**
 * Why having nobody to judge proves nothing; `undefined` when it does, or when there was somebody. No rows at all need
 * an exact census of zero; rows of which none is in scope are a population that was looked at.
 */
export function emptiness(check: Check, counts: Counts, reading: Reading): string | undefined {
  if (counts.subjects > counts.not_applicable) return undefined
  if (counts.subjects === 0 && reading.kind !== check.for) return `no ${check.for} is known yet`
  if (check.empty === undefined)
    return counts.subjects === 0 ? 'there was nothing to judge' : 'no subject is in the scope of this check'
  const exactZero = reading.census?.n === 0 && reading.census.exact === 'exact'
  if (counts.subjects === 0 && !exactZero)
    return 'there was nothing to judge, and no exact count says that there is nothing'
  return undefined
}

/** What a list shows as the state of a check: the worst of what stands, or why nothing does. */
export type CheckState = 'fail' | 'inconclusive' | 'pass' | 'excepted' | 'no_data' | 'not_set_up'

export function checkState(of: {
  readonly fail: number
  readonly excepted: number
  readonly inconclusive: number
  /** Whether a reading that is still fresh was judged in all its parts. */
  readonly fresh: boolean
  readonly everRun: boolean
}): CheckState {
  if (!of.everRun) return 'not_set_up'
  if (of.fail > 0) return 'fail'
  if (!of.fresh) return 'no_data'
  if (of.inconclusive > 0) return 'inconclusive'
  return of.excepted > 0 ? 'excepted' : 'pass'
}
