// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { calendarOf, changesOf } from './snapshot.ts'
import type { ControlFacts } from './scoring.ts'

describe('the days that are shown', () => {
  const type2 = { engagement: { type: 'type2' as const, period_from: '2026-01-01', period_to: '2026-06-29' } }
  test('are those of the period, and the day asked about is never after its last', () => {
    expect(calendarOf(type2, '2026-03-01')).toEqual({ from: '2026-01-01', to: '2026-06-29', today: '2026-03-01' })
    expect(calendarOf(type2, '2026-09-01')).toEqual({ from: '2026-01-01', to: '2026-06-29', today: '2026-06-29' })
  })
  test('are the ninety days before, while the period has not begun and for a type 1', () => {
    expect(calendarOf(type2, '2025-12-01')).toEqual({ from: '2025-09-03', to: '2025-12-01', today: '2025-12-01' })
    const type1 = { engagement: { type: 'type1' as const, as_of: '2026-03-31' } }
    expect(calendarOf(type1, '2026-03-01')).toEqual({ from: '2025-12-02', to: '2026-03-01', today: '2026-03-01' })
    expect(calendarOf(type1, '2026-05-01').today).toBe('2026-03-31')
  })
})

describe('what changed', () => {
  const calendar = { from: '2026-03-01', to: '2026-03-31', today: '2026-03-10' }
  const of = (control_id: string, cells: string) => ({ control_id, cells }) as ControlFacts // what changes are read from
  const told = (...facts: ControlFacts[]): string[] =>
    changesOf(facts, calendar, 7).map(({ control_id, day, before, after }) => `${day} ${control_id} ${before}${after}`)

  test('is told newest first, by control where days are the same', () => {
    expect(told(of('B-01', 'oooooofooo'), of('A-01', 'oooooofnnn'))).toEqual([
      '2026-03-08 A-01 fn',
      '2026-03-08 B-01 fo',
      '2026-03-07 A-01 of',
      '2026-03-07 B-01 of',
    ])
  })
  test('is not that a control became due, was not due, or came into effect well', () => {
    expect(told(of('A-01', '....o--o--'))).toEqual([])
    expect(told(of('A-01', '...--ffxx '))).toEqual(['2026-03-08 A-01 fx', '2026-03-06 A-01 -f'])
  })
  test('of days before the last week is over', () => {
    expect(told(of('A-01', 'ofoooooooo'))).toEqual([])
  })
})
