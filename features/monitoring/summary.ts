// SPDX-License-Identifier: Apache-2.0
import type { Instant } from '../../lib/time.ts'
import { checkState, type CheckState, type Counts } from './monitoring.ts'

/** The newest run of a check on one stream, and until when judged readings cover the stream. */
export interface StreamState {
  /** Null when all streams were judged together. */
  readonly source_id: number | null
  /** The connection was switched off: nobody waits for it. */
  readonly ended: boolean
  readonly at: Instant
  readonly state: 'judged' | 'partial' | 'inconclusive'
  readonly because: string | null
  readonly fresh_until: Instant | null
  /** Of the newest run that reached the subjects; null when none did. */
  readonly counts: Counts | null
  readonly counted_at: Instant | null
}

/** Subjects in trouble at the asked moment, counted from what stands. */
export interface TroubleCounts {
  readonly fail: number
  readonly excepted: number
  readonly inconclusive: number
}

export interface CheckSummary {
  readonly state: CheckState
  /** Why there is no data, or why the newest run could not look. */
  readonly because: string | null
  readonly counts: TroubleCounts & Pick<Counts, 'pass' | 'not_applicable' | 'unreachable'>
  readonly last_run_at: Instant | null
  readonly fresh_until: Instant | null
}

/** What a check says of itself at a moment. */
export function summarise(all: readonly StreamState[], trouble: TroubleCounts, asOf: Instant): CheckSummary {
  const runs = all.filter((run) => !run.ended)
  const fresh_until = freshness(runs)
  const state = checkState({
    ...trouble,
    fresh: fresh_until !== null && fresh_until > asOf,
    everRun: runs.length > 0,
  })
  const stale =
    state === 'no_data' && fresh_until !== null ? `the last complete reading was good until ${fresh_until}` : null
  return {
    state,
    because: newest(runs.filter((run) => run.state !== 'judged'))?.because ?? stale,
    counts: { ...calmCounts(runs), ...trouble },
    last_run_at: newest(runs)?.at ?? null,
    fresh_until,
  }
}

const newest = (runs: readonly StreamState[]): StreamState | undefined =>
  runs.toSorted((a, b) => (a.at < b.at ? 1 : -1))[0]

/** Until when all streams are covered; null when one never was. */
export function freshness(runs: readonly StreamState[]): Instant | null {
  const together = runs.find((run) => run.source_id === null)?.fresh_until ?? ''
  const own = runs.filter((run) => run.source_id !== null).map((run) => run.fresh_until ?? '')
  const ends = own.length === 0 ? [together] : own.map((end) => (end > together ? end : together))
  return ends.toSorted()[0] || null
}

/** Subjects that are in no trouble: as the newest run over all streams counted them, or the newest of each stream. */
function calmCounts(runs: readonly StreamState[]): Pick<Counts, 'pass' | 'not_applicable' | 'unreachable'> {
  const together = runs.find((run) => run.source_id === null)
  const own = runs.filter((run) => run.source_id !== null)
  const later = own.some((run) => (run.counted_at ?? '') > (together?.counted_at ?? ''))
  const counted = together?.counts && !later ? [together] : own
  const sum = (field: 'pass' | 'not_applicable' | 'unreachable'): number =>
    counted.reduce((total, run) => total + (run.counts?.[field] ?? 0), 0)
  return { pass: sum('pass'), not_applicable: sum('not_applicable'), unreachable: sum('unreachable') }
}
