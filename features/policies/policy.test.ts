// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { checkReview, inForce, policyState } from './policy.ts'

const first = { n: 1, effective_from: '2026-01-10', next_review: '2026-12-31' }
const second = { n: 2, effective_from: '2026-06-01', next_review: '2027-05-31' }

test.each([
  [[], '2026-01-10', 'missing'],
  [[first], '2026-01-09', 'not_yet_in_force'],
  [[first], '2026-01-10', 'in_date'],
  [[first], '2026-12-31', 'in_date'],
  [[first], '2027-01-01', 'overdue'],
  [[first, second], '2027-01-01', 'in_date'],
] as const)('with the versions %j a policy is on %s: %s', (versions, day, state) => {
  expect(policyState(versions, day)).toBe(state)
})

test('the newest version that has begun is in force', () => {
  expect(inForce([first, second], '2026-05-31')?.n).toBe(1)
  expect(inForce([first, second], '2026-06-01')?.n).toBe(2)
})

test('a policy is looked at again after it begins, and within twelve months', () => {
  expect(() => checkReview('2026-01-10', '2027-01-10')).not.toThrow()
  expect(() => checkReview('2026-01-10', '2027-01-11')).toThrow(/expected 2027-01-10 at the latest/)
  expect(() => checkReview('2026-01-10', '2026-01-10')).toThrow(/expected a review after 2026-01-10/)
})
