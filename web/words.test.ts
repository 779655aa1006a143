// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { dayDistance, dayText, distanceText, weekdayText } from './dates.ts'
import { count, listed, oneOf, sentence, shortHash, sizeText } from './words.ts'

describe('how numbers and dates are said', () => {
  test('days are written as people write them', () => {
    expect(dayText('2026-03-03')).toBe('3 Mar 2026')
    expect(weekdayText('2026-03-03')).toBe('Tue 3 Mar 2026')
  })

  test('distances are in the units that people use', () => {
    const now = new Date('2026-03-03T12:00:00Z')
    expect(distanceText('2026-03-03T11:20:00Z', now)).toBe('40 minutes ago')
    expect(distanceText('2026-03-05T12:00:00Z', now)).toBe('in 2 days')
    expect(dayDistance('2026-03-02', '2026-03-03')).toBe('yesterday')
    expect(dayDistance('2026-03-15', '2026-03-03')).toBe('in 12 days')
  })

  test('one is singular and everything else is plural', () => {
    expect(count(1, 'control')).toBe('1 control')
    expect(count(0, 'control')).toBe('0 controls')
    expect(count(1200, 'criterion', 'criteria')).toBe('1,200 criteria')
    expect(['controls', 'criteria', 'policies'].map(oneOf)).toEqual(['control', 'criterion', 'policy'])
    expect(listed(['a', 'b', 'c'])).toBe('a, b and c')
  })

  test('identifiers, hashes and sizes are made readable', () => {
    expect(sentence('event_driven')).toBe('Event driven')
    expect(shortHash('a'.repeat(64))).toBe('aaaaaaaa…aaaa')
    expect(sizeText(4_200_000)).toBe('4.2 MB')
    expect(sizeText(999)).toBe('999 B')
  })
})
