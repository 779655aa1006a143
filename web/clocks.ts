// SPDX-License-Identifier: Apache-2.0
import { isLocalDate, type LocalDate } from '../lib/time.ts'
import type { Clocks } from './client.ts'
import { dayText, today } from './dates.ts'
import { useSearchTexts } from './search.ts'

/** The two dates in the address: what was so on a day, as it was known on another. Absent is today. */
export interface Dates {
  readonly asOf: LocalDate | undefined
  readonly knownAt: LocalDate | undefined
}

export function useDates(): Dates {
  const { asOf, knownAt } = useSearchTexts()
  return { asOf: dayOrNothing(asOf), knownAt: dayOrNothing(knownAt) }
}

/** The day that the page speaks about: what is due or late is so against it. */
export const useDay = (): LocalDate => useDates().asOf ?? today()

export const isMoved = (dates: Dates): boolean => dates.asOf !== undefined || dates.knownAt !== undefined

/** As the server takes them: days of the engagement, whose zone the server knows; one address means one moment to all. */
export const useClocks = (): Clocks => useDates()

/** `as of 3 Mar 2026, as known today`. */
export function datesText(dates: Dates): string {
  const word = (day: LocalDate | undefined): string => (day === undefined ? 'today' : dayText(day))
  return `as of ${word(dates.asOf)}, as known ${word(dates.knownAt)}`
}

const dayOrNothing = (text: string | undefined): LocalDate | undefined =>
  text !== undefined && isLocalDate(text) ? text : undefined
