// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { framework } from '../../catalog/framework.ts'
import { addDays } from '../../lib/time.ts'
import { textOf, type ControlVersion } from '../controls/control.ts'
import { checkDates, longestTerm } from './exceptions.ts'

const NOW = '2026-03-02T09:00:00.000Z'

const version = (effective_from: string, parameters: Record<string, unknown>): ControlVersion => ({
  ...textOf(framework().controls.get('GOV-13')!, false), // the library has it
  control_id: 'GOV-13',
  n: 1,
  state: 'in',
  effective_from,
  because: 'test',
  saved_by: 'usr_test',
  recorded_at: '2026-01-01T00:00:00.000Z',
  manifest: '',
  parameters,
})

test('a failure is accepted for the term of GOV-13: the organisation’s own from its first day, the library’s 180 days before', () => {
  const own = [version('2026-03-01', { max_term_days: 30 })]
  expect(longestTerm([], '2026-03-02')).toBe(180)
  expect(longestTerm(own, '2026-02-28')).toBe(180)
  expect(longestTerm(own, '2026-03-01')).toBe(30)
})

test.each([
  ['no number', {}],
  ['a word', { max_term_days: 'long' }],
  ['nothing', { max_term_days: 0 }],
])('a version of GOV-13 whose term is %s leaves the library’s', (_what, parameters) => {
  expect(longestTerm([version('2026-03-01', parameters)], '2026-03-02')).toBe(180)
})

test('an exception may last to the last moment of its term, and not a day more', () => {
  const until = (days: number): string => `${addDays('2026-03-02', days)}T09:00:00.000Z`
  checkDates({ from: NOW, until: until(30), now: NOW }, 30)
  expect(() => checkDates({ from: NOW, until: until(31), now: NOW }, 30)).toThrow(/within 30 days .* as GOV-13 has it/)
  expect(() => checkDates({ from: NOW, until: NOW, now: NOW }, 30)).toThrow(/expected an end/)
  expect(() => checkDates({ from: until(-1), until: until(1), now: NOW }, 30)).toThrow(/expected a beginning/)
})
