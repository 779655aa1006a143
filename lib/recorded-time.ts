// SPDX-License-Identifier: Apache-2.0
import { instant, type Clock, type Instant } from './time.ts'

/** A step back of at most this much is waited out at the newest moment; more is a clock that is wrong. */
const STEP_MS = 60_000
/** A step ahead of more than this is worth a word: the clock was set, or the machine slept. */
const AHEAD_MS = 3_600_000

/** What the clock does, for `/readyz` and the log. */
export interface ClockHealth {
  readonly ok: boolean
  readonly says: string
}

/**
 * Keeps recorded time from running backwards when a clock does. While the clock stands behind the newest moment that was
 * recorded, time goes on from that moment at the pace of the machine's own counter, which nobody sets: what is recorded
 * stays in its order, sessions still end, and nothing recorded before lies in the future. Once the clock has caught up
 * it counts again. One per process, shared by its pools.
 */
export class RecordedTime {
  #newest = -Infinity
  /** The machine's counter when `#newest` was. */
  #at = 0
  #behind_ms = 0
  #seen: { clock: number; at: number } | undefined
  #ahead: { at: number; by_ms: number } | undefined
  readonly #tell: (warning: string) => void
  readonly #counter: () => number

  /** @param counter milliseconds that only ever grow; tests give their own */
  constructor(tell: (warning: string) => void, counter: () => number = () => performance.now()) {
    this.#tell = tell
    this.#counter = counter
  }

  /** The newest recorded moment that is known. */
  get newest(): Instant | undefined {
    return this.#newest === -Infinity ? undefined : instant(this.#newest)
  }

  /** The moment that counts when the clock says `clock`. */
  held(clock: number): number {
    this.#observe(clock)
    if (clock >= this.#newest) return clock
    return this.#newest - clock <= STEP_MS ? this.#newest : this.#newest + Math.floor(this.#counter() - this.#at)
  }

  /** Something was recorded at a moment. */
  recorded(at: number): void {
    if (at <= this.#newest) return
    this.#newest = at
    this.#at = this.#counter()
  }

  health(): ClockHealth {
    if (this.#behind_ms > STEP_MS)
      return {
        ok: false,
        says: `the clock is ${inWords(this.#behind_ms)} behind what was recorded last (${this.newest}): recorded times go on from there; set the clock right`,
      }
    if (this.#ahead)
      return {
        ok: true,
        says: `the clock moved ahead by ${inWords(this.#ahead.by_ms)} at ${instant(this.#ahead.at)}: if the machine did not sleep, set it right before more is recorded`,
      }
    return { ok: true, says: 'runs with the recorded times' }
  }

  #observe(clock: number): void {
    const at = this.#counter()
    const moved = this.#seen ? clock - this.#seen.clock - (at - this.#seen.at) : 0
    this.#seen = { clock, at }
    const was = this.#behind_ms > STEP_MS
    this.#behind_ms = this.#newest === -Infinity ? 0 : Math.max(0, this.#newest - clock)
    if (moved > AHEAD_MS && !was) this.#ahead = { at: clock, by_ms: moved }
    if (moved < -AHEAD_MS) this.#ahead = undefined
    if (moved > AHEAD_MS || was !== this.#behind_ms > STEP_MS) this.#tell(this.health().says)
  }
}

/** A clock that never falls behind what was recorded. */
export const heldClock =
  (time: RecordedTime, clock: Clock): Clock =>
  () =>
    new Date(time.held(clock().getTime()))

function inWords(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes < 120) return `${minutes} minutes`
  return minutes < 2880 ? `${Math.round(minutes / 60)} hours` : `${Math.round(minutes / 1440)} days`
}
