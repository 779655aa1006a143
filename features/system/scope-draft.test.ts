// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { blankScope, tidied, withSuggestion } from './scope-draft.ts'

const TODAY = '2026-03-15'
const blank = blankScope('Acme', TODAY, 'Europe/Berlin')
const suggestion = {
  categories: [
    { category: 'security', chosen: true, because: '' },
    { category: 'privacy', chosen: false, because: '' },
  ],
  stage: { value: 'growth', because: '' },
  report: { value: 'type1', because: '' },
  window_months: { value: 3, because: '' },
  facts: { has_office: false, own_data_centre: false, carve_out_cloud: true, personal_data: 'none' },
} as unknown as Parameters<typeof withSuggestion>[1]

test('a first scope is a half year from the first of next month, with security alone', () => {
  expect(blank).toMatchObject({
    categories: ['security'],
    engagement: { type: 'type2', period_from: '2026-04-01', period_to: '2026-09-30' },
  })
})

test('a suggestion sets categories, stage and dates, and leaves what was written by hand', () => {
  const written = { ...blank, purpose: 'Sells bread' }
  expect(withSuggestion(written, suggestion, 80, TODAY)).toMatchObject({
    purpose: 'Sells bread',
    people: 80,
    stage: 'growth',
    categories: ['security'],
    engagement: { type: 'type1', as_of: '2026-06-01' },
  })
  const type2 = { ...suggestion, report: { ...suggestion.report, value: 'type2' } } as typeof suggestion
  expect(withSuggestion(written, type2, 80, TODAY).engagement).toEqual({
    type: 'type2',
    period_from: '2026-04-01',
    period_to: '2026-06-30',
  })
})

test('lines that were left empty are no part of the scope', () => {
  const { outside: _, ...draft } = blank
  expect(
    tidied({ ...draft, services: [{ name: '' }, { name: 'Shop' }, { name: ' ', description: 'sells' }] }),
  ).toMatchObject({
    services: [{ name: 'Shop' }, { name: ' ', description: 'sells' }],
    outside: [],
  })
  expect(
    tidied({
      ...blank,
      inside: [' web ', ' '],
      outside: [
        { what: '', because: ' ' },
        { what: '', because: 'sold' },
        { what: 'Till', because: '' },
      ],
    }),
  ).toMatchObject({ services: [], inside: ['web'], outside: [{ because: 'sold' }, { what: 'Till' }] })
})
