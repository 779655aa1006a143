// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { refuseCarvedOut, relevanceOf } from './criteria.ts'

test.each([
  [undefined, 'applies'],
  ['withdrawn', 'applies'],
  ['proposed', 'proposed_not_relevant'],
  ['approved', 'not_relevant'],
] as const)('a criterion whose last decision is %s: %s', (last, relevance) => {
  expect(relevanceOf(last)).toBe(relevance)
})

test('a criterion that a carved-out organisation helps to meet applies, whoever decides otherwise', () => {
  const subservice = [{ name: 'Cloud', criteria: ['CC6.4'] }]
  expect(() => refuseCarvedOut('CC6.4', subservice)).toThrow(/CC6\.4 rests on Cloud/)
  expect(() => refuseCarvedOut('CC6.5', subservice)).not.toThrow()
})
