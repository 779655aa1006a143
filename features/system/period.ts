// SPDX-License-Identifier: Apache-2.0
import { addDays, dayText, daysBetween, type LocalDate } from '../../lib/time.ts'

/** The length of a type 2 period, and which controls would have nothing to show in it (spec C.2). */

/** The same day `months` later; the last day of the month where there is none (31 January + 1 = 28 February). */
export function addMonths(day: LocalDate, months: number): LocalDate {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  const first = new Date(Date.UTC(year, month - 1 + months, 1))
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate()
  return new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), Math.min(date, last)))
    .toISOString()
    .slice(0, 10)
}

/** A period of whole months: both ends included, so it ends the day before the same day. */
export const periodOfMonths = (from: LocalDate, months: number): { from: LocalDate; to: LocalDate } => ({
  from,
  to: addDays(addMonths(from, months), -1),
})

/** A control with a schedule, and when it was last performed as far as is known. */
export interface Scheduled {
  readonly id: string
  readonly title: string
  readonly frequency: string
  /** Days between two performances. */
  readonly interval_days: number
  readonly performed: readonly LocalDate[]
}

export interface PeriodWarning {
  readonly control_id: string
  readonly title: string
  readonly frequency: string
  /** The performance nearest to the period; null when none is known. */
  readonly nearest: LocalDate | null
  readonly because: string
  /** Days to move the whole period so that it contains a performance: negative is earlier. Null when none is known. */
  readonly shift_days: number | null
  readonly shifted: { readonly from: LocalDate; readonly to: LocalDate } | null
}

/**
 * Annual and quarterly controls that would not fall inside a period. A control counts as falling inside when it was
 * performed in it, or when its next performance is due in it.
 */
export function outsidePeriod(from: LocalDate, to: LocalDate, controls: readonly Scheduled[]): PeriodWarning[] {
  const length = daysBetween(from, to) + 1
  return controls.flatMap((control): PeriodWarning[] => {
    const known = control.performed.toSorted()
    // Due again an interval after the last one.
    const dates = [...known, ...known.slice(-1).map((last) => addDays(last, control.interval_days))]
    if (dates.some((day) => day >= from && day <= to)) return []
    if (dates.length === 0 && length >= control.interval_days) return []
    const shifts = dates.map((day) => (day < from ? daysBetween(from, day) : daysBetween(to, day)))
    const shift = shifts.toSorted((a, b) => Math.abs(a) - Math.abs(b))[0] ?? null
    const nearest = shift === null ? null : (dates[shifts.indexOf(shift)] ?? null)
    return [
      {
        control_id: control.id,
        title: control.title,
        frequency: control.frequency,
        nearest,
        because:
          nearest === null
            ? `is ${control.frequency} and may not be due in a period of ${length} days`
            : `is ${control.frequency}; its nearest performance is ${dayText(nearest)}, outside the period`,
        shift_days: shift,
        shifted: shift === null ? null : { from: addDays(from, shift), to: addDays(to, shift) },
      },
    ]
  })
}
