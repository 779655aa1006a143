// SPDX-License-Identifier: Apache-2.0
import { dayText, daysBetween, localDate, monthName, type Instant, type LocalDate } from '../lib/time.ts'

export { dayText, monthName }

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const

/** The zone of the reader's computer; moments are shown in it, with the zone named where it matters. */
export const here = Intl.DateTimeFormat().resolvedOptions().timeZone

/** `2026-03-03` as `Tue 3 Mar 2026`. */
export const weekdayText = (day: LocalDate): string =>
  `${DAYS[new Date(`${day}T00:00:00Z`).getUTCDay()] ?? ''} ${dayText(day)}`

/** A moment as `3 Mar 2026, 09:14` in the reader's zone. */
export function momentText(moment: Instant): string {
  const at = new Date(moment)
  const pad = (n: number): string => String(n).padStart(2, '0')
  return `${dayText(localDate(at, here))}, ${pad(at.getHours())}:${pad(at.getMinutes())}`
}

/** A moment with seconds in UTC, for records: `2026-03-03 09:14:05 UTC`. */
export const utcText = (moment: Instant): string => `${moment.slice(0, 10)} ${moment.slice(11, 19)} UTC`

/** How long ago or ahead, in people's units: `4 hours ago`, `in 3 days`, `today`. */
export function distanceText(moment: Instant, now: Date = new Date()): string {
  const minutes = Math.round((now.getTime() - Date.parse(moment)) / 60_000)
  const [n, unit] = quantity(Math.abs(minutes))
  if (n === 0) return 'less than a minute ago'
  const words = `${n} ${unit}${n === 1 ? '' : 's'}`
  return minutes >= 0 ? `${words} ago` : `in ${words}`
}

function quantity(minutes: number): [number, string] {
  if (minutes < 60) return [minutes, 'minute']
  if (minutes < 60 * 36) return [Math.round(minutes / 60), 'hour']
  if (minutes < 60 * 24 * 60) return [Math.round(minutes / 1440), 'day']
  return [Math.round(minutes / 43_800), 'month']
}

/** A day against the day of the question: `today`, `yesterday`, `in 12 days`, `9 days ago`. */
export function dayDistance(day: LocalDate, today: LocalDate): string {
  const days = daysBetween(today, day)
  if (days === 0) return 'today'
  if (days === 1) return 'tomorrow'
  if (days === -1) return 'yesterday'
  return days > 0 ? `in ${days} days` : `${-days} days ago`
}

export const today = (): LocalDate => localDate(new Date(), here)
