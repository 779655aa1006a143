// SPDX-License-Identifier: Apache-2.0

/** A moment in UTC as ISO 8601 text with milliseconds and `Z`: `2026-03-03T09:00:00.000Z`. Sorts as text. */
export type Instant = string & { readonly __instant?: never }
/** A calendar day in the engagement's time zone: `2026-03-03`. A period of days includes both its ends. */
export type LocalDate = string & { readonly __date?: never }

export const DAY_MS = 86_400_000
export const HOUR_MS = 3_600_000

/** Where time comes from. The server has the system clock; tests and the demo move their own. */
export type Clock = () => Date

export const instant = (date: Date | number): Instant => new Date(date).toISOString()

/** The calendar day of a moment in an IANA time zone. */
export function localDate(moment: Instant | Date, timeZone: string): LocalDate {
  return dayFormat(timeZone).format(typeof moment === 'string' ? new Date(moment) : moment)
}

const starts = new Map<string, Instant>()
const MOST_STARTS = 10_000
/**
 * The first moment of a local day, as UTC. Days of 23 and 25 hours are right because the zone itself is asked; what it said
 * is kept, because every page asks for each day of its period again.
 */
export function startOfDay(day: LocalDate, timeZone: string): Instant {
  const asked = `${day} ${timeZone}`
  const known = starts.get(asked)
  if (known !== undefined) return known
  if (starts.size >= MOST_STARTS) starts.clear()
  const start = askStartOfDay(day, timeZone)
  starts.set(asked, start)
  return start
}

function askStartOfDay(day: LocalDate, timeZone: string): Instant {
  const noon = Date.parse(`${day}T12:00:00Z`)
  // The zone's offset differs from the guess at most by a change of clocks within a day, so two rounds settle it.
  let guess = Date.parse(`${day}T00:00:00Z`) - offsetAt(noon, timeZone)
  guess = Date.parse(`${day}T00:00:00Z`) - offsetAt(guess, timeZone)
  return instant(guess)
}

/** The moment just after a local day: the first moment of the next. */
export const endOfDay = (day: LocalDate, timeZone: string): Instant => startOfDay(addDays(day, 1), timeZone)

export const addDays = (day: LocalDate, days: number): LocalDate =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)

/** Whole days from `from` to `to`; negative when `to` is earlier. */
export const daysBetween = (from: LocalDate, to: LocalDate): number =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS)

/** Every day from `from` to `to`, both included; empty when `to` is earlier. */
export const daysOf = (from: LocalDate, to: LocalDate): LocalDate[] =>
  Array.from({ length: Math.max(0, daysBetween(from, to) + 1) }, (_, i) => addDays(from, i))

export const isLocalDate = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) && addDays(text, 0) === text

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const
/** `Mar` for 3. */
export const monthName = (month: number): string => MONTHS[month - 1] ?? ''

/** `2026-03-03` as people write it: `3 Mar 2026`. */
export function dayText(day: LocalDate): string {
  const [year = '', month = '', date = ''] = day.slice(0, 10).split('-')
  return `${Number(date)} ${monthName(Number(month))} ${year}`
}

const formats = new Map<string, Intl.DateTimeFormat>()
function dayFormat(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
    formats.set(timeZone, format)
  }
  return format
}

const clocks = new Map<string, Intl.DateTimeFormat>()
/** Kept, because making a formatter is much dearer than using it and a year of days asks for hundreds. */
function clockFormat(timeZone: string): Intl.DateTimeFormat {
  let format = clocks.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    clocks.set(timeZone, format)
  }
  return format
}

function offsetAt(at: number, timeZone: string): number {
  const parts = clockFormat(timeZone).formatToParts(at)
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0)
  return (
    Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) -
    Math.floor(at / 1000) * 1000
  )
}
