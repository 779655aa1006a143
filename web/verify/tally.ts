// SPDX-License-Identifier: Apache-2.0
import type { Check, Verdict } from '../../proof/verify.ts'

/** Verdicts as they come, counted by what was looked at; of failures the first ones are kept whole. */
export interface Tally {
  readonly counts: ReadonlyMap<Check, { readonly good: number; readonly bad: number }>
  readonly failures: readonly Verdict[]
  readonly total: number
}

/** More failures than this are counted, not listed. */
export const MOST_LISTED = 200

export function newTally(): { add: (verdict: Verdict) => void; read: () => Tally } {
  const counts = new Map<Check, { good: number; bad: number }>()
  const failures: Verdict[] = []
  let total = 0
  return {
    add(verdict) {
      const count = counts.get(verdict.check) ?? { good: 0, bad: 0 }
      count[verdict.ok ? 'good' : 'bad'] += 1
      counts.set(verdict.check, count)
      if (!verdict.ok && failures.length < MOST_LISTED) failures.push(verdict)
      total += 1
    },
    read: () => ({ counts, failures, total }),
  }
}
