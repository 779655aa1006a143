// SPDX-License-Identifier: Apache-2.0
import { DAY_MS, instant, type Instant } from '../../lib/time.ts'

/** How long a log key signs beside its successor, so that everybody who pinned it can learn of the new one. */
export const OVERLAP_DAYS = 90

interface Announced {
  readonly purpose: 'log' | 'collector'
  readonly recorded_at: Instant
}

/**
 * Where each key of one purpose stands at a moment. The newest is in force; a log key signs along for 90 days after its
 * successor came, a collector key not at all.
 * @param keys oldest first
 */
export function standingOf<K extends Announced>(
  keys: readonly K[],
  now: Instant,
): { readonly key: K; readonly state: 'in force' | 'signing along' | 'retired'; readonly until: Instant | null }[] {
  return keys.map((key, i) => {
    const successor = keys[i + 1]
    if (!successor) return { key, state: 'in force', until: null }
    const overlap = key.purpose === 'log' ? OVERLAP_DAYS * DAY_MS : 0
    const until = instant(Date.parse(successor.recorded_at) + overlap)
    return { key, state: now < until ? 'signing along' : 'retired', until }
  })
}

/** The log keys that sign at a moment. @param keys oldest first */
export const keysInForce = <K extends { readonly recorded_at: Instant }>(keys: readonly K[], now: Instant): K[] =>
  standingOf(
    keys.map((key) => ({ purpose: 'log' as const, recorded_at: key.recorded_at, key })),
    now,
  )
    .filter(({ state }) => state !== 'retired')
    .map(({ key }) => key.key)
