// SPDX-License-Identifier: Apache-2.0
import { DAY_MS, type Instant } from '../../lib/time.ts'

/** How long a log key signs beside its successor, so that everybody who pinned it can learn of the new one. */
export const OVERLAP_DAYS = 90

/**
 * The log keys that sign at a moment: the newest, and each one before it until 90 days after its successor came.
 * @param keys oldest first, with the moment each was announced
 */
export function keysInForce<K extends { readonly recorded_at: Instant }>(keys: readonly K[], now: Instant): K[] {
  return keys.filter((_, i) => {
    const successor = keys[i + 1]
    return !successor || Date.parse(now) < Date.parse(successor.recorded_at) + OVERLAP_DAYS * DAY_MS
  })
}
