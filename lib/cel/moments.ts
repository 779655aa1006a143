// SPDX-License-Identifier: Apache-2.0
import { evaluate } from '@marcbachmann/cel-js'

/** Moments from year 1 to 9999, milliseconds since 1970: what the language knows. */
const FIRST = -62_135_596_800_000
const LAST = 253_402_300_799_999
export const isMoment = (ms: number): boolean => ms >= FIRST && ms <= LAST

const DAY = 86_400_000

/** Days since 1970 of a day of the Gregorian calendar; a month begins the year in March, so that leap days come last. */
function dayNumber(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1
  const era = Math.floor(y / 400)
  const ofEra = y - era * 400
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468
}

/** The number that `digits` decimal digits from a place on make; NaN when they are none. */
function digits(text: string, from: number, to: number): number {
  let number = 0
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 48
    if (!(digit >= 0 && digit <= 9)) return NaN
    number = number * 10 + digit
  }
  return number
}

/**
 * Milliseconds since 1970 of a text as facts have it, `2026-03-03` or `2026-03-03T07:08:09.123Z`; of any other as `Date`
 * reads it; `undefined` when it is no moment. A reading has millions of these: the common forms are read by hand.
 */
export function momentOf(text: string): number | undefined {
  const ms = readMoment(text)
  if (!Number.isNaN(ms)) return ms
  const read = Date.parse(text)
  return Number.isNaN(read) ? undefined : read
}

/** NaN for every form but the two common ones. */
function readMoment(text: string): number {
  const { length } = text
  if (length !== 10 && length !== 20 && length !== 24) return NaN
  const month = digits(text, 5, 7)
  const day = digits(text, 8, 10)
  // A day that its month does not have runs over into the next, here and in `Date`.
  if (text[4] !== '-' || text[7] !== '-' || !(month >= 1 && month <= 12 && day >= 1 && day <= 31)) return NaN
  const days = dayNumber(digits(text, 0, 4), month, day) * DAY
  if (length === 10) return days
  if (text[10] !== 'T' || text[13] !== ':' || text[16] !== ':' || text[length - 1] !== 'Z') return NaN
  const hour = digits(text, 11, 13)
  const minute = digits(text, 14, 16)
  const second = digits(text, 17, 19)
  if (!(hour <= 23 && minute <= 59 && second <= 59) || (length === 24 && text[19] !== '.')) return NaN
  const fraction = length === 24 ? digits(text, 20, 23) : 0
  return days + hour * 3_600_000 + minute * 60_000 + second * 1000 + fraction
}

const WITH_ZONE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/

/** What `timestamp('…')` means, by the library; `undefined` when it is no moment with its offset. */
export function timestampOf(text: string): number | undefined {
  if (!WITH_ZONE.test(text)) return undefined
  const ms = Date.parse(text)
  return isMoment(ms) ? ms : undefined
}

/** What `duration('…')` means, by the library, in whole milliseconds; `undefined` when it is no such time. */
export function durationOf(text: string): number | undefined {
  let read: unknown
  try {
    read = evaluate('duration(text)', { text })
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return undefined // the library refuses by throwing; the caller refuses in its own words
  }
  const { seconds, nanos } = read as { readonly seconds: bigint; readonly nanos: number } // the library's Duration
  const ms = Number(seconds) * 1000 + nanos / 1_000_000
  return Number.isSafeInteger(ms) ? ms : undefined
}
