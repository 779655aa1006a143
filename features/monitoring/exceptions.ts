// SPDX-License-Identifier: Apache-2.0
import { framework } from '../../catalog/framework.ts'
import { Refused } from '../../lib/refused.ts'
import { DAY_MS, type Instant, type LocalDate } from '../../lib/time.ts'
import { timeline, versionOn, type ControlVersion } from '../controls/control.ts'

/** The control that governs deviations: who asks, who approves, and for how long. */
export const EXCEPTIONS_CONTROL = 'GOV-13'

/**
 * Longest time in days for which a failure may be accepted before somebody looks again: what the organisation's own
 * version of GOV-13 says on the day, else the library's.
 * @param versions the versions of GOV-13
 */
export function longestTerm(versions: readonly ControlVersion[], day: LocalDate): number {
  const own = versionOn(timeline(versions), day)
  const said = [own?.parameters, framework().controls.get(EXCEPTIONS_CONTROL)?.parameters].map(
    (p) => p?.['max_term_days'],
  )
  const days = said.find((value) => typeof value === 'number' && value > 0)
  if (typeof days !== 'number') throw new Error(`the library's ${EXCEPTIONS_CONTROL} names its max_term_days`)
  return days
}

/** @throws Refused EXCEPTION_DATES when it begins in the past, ends before it begins, or lasts longer than `longest` days */
export function checkDates(dates: { from: Instant; until: Instant; now: Instant }, longest: number): void {
  const { from, until, now } = dates
  if (from < now)
    throw new Refused('EXCEPTION_DATES', `expected a beginning from ${now} on, got ${from}`, { pointer: '/from' })
  if (until <= from || Date.parse(until) - Date.parse(from) > longest * DAY_MS)
    throw new Refused(
      'EXCEPTION_DATES',
      `expected an end within ${longest} days after ${from}, as ${EXCEPTIONS_CONTROL} has it, got ${until}`,
      { pointer: '/until' },
    )
}
