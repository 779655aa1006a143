// SPDX-License-Identifier: Apache-2.0
import type { Frequency } from '../../catalog/terms.ts'

/** How often a control operated, in the unit that its frequency counts by. */

/** `1 day`, `3 days`. */
export const days = (n: number): string => `${n} ${n === 1 ? 'day' : 'days'}`

/** Days of a continuous control, items that events brought, times it was due. */
export function operatedWords(
  frequency: Frequency,
  of: { readonly passed: number; readonly expected: number },
): string {
  if (frequency === 'continuous') return `operated on ${of.passed} of ${days(of.expected)}`
  if (frequency === 'event_driven') return `operated for ${of.passed} of ${of.expected} items`
  return `was performed ${of.passed} of ${of.expected} times it was due`
}
