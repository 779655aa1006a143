// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { daysInWords, fittingMonth, monthsOf, pathsOf, runPath, runsOf, stepped } from './days.ts'

const codes = fc
  .array(fc.constantFrom('o', 'f', 'n', 'x', '.', '-', ' '), { maxLength: 400 })
  .map((all) => all.join(''))

describe('the day strip', () => {
  test('runs of equal days cover every day once, in order', () => {
    fc.assert(
      fc.property(codes, (days) => {
        const rebuilt = runsOf(days)
          .map((run) => run.code.repeat(run.to - run.from))
          .join('')
        expect(rebuilt).toBe(days)
      }),
    )
  })

  test('a failing day stands taller than an operating one, so that it shows without colour', () => {
    expect(runPath({ code: 'f', from: 0, to: 1 }, 10, 20)).toContain('M0.00 0.0')
    expect(runPath({ code: 'o', from: 0, to: 1 }, 10, 20)).toContain('M0.00 4.0')
  })

  test('days not in effect and days to come are left blank', () => {
    expect(pathsOf('..oo  ', 5, 10).map((path) => path.code)).toEqual(['o'])
  })

  test('the strip is told in words: how many days of each state', () => {
    expect(daysInWords('oofn')).toBe('operating 2 days, failing 1 day, no data 1 day')
    expect(daysInWords('')).toBe('no days yet')
  })

  test('months are named where they begin, with the year at the start and each January', () => {
    expect(monthsOf('2026-11-20', 50)).toEqual([
      { index: 0, label: 'Nov 2026' },
      { index: 11, label: 'Dec' },
      { index: 42, label: 'Jan 2027' },
    ])
    expect(fittingMonth('Jan 2027', 30)).toBe('Jan')
    expect(fittingMonth('Jan 2027', 10)).toBe('')
  })

  test('arrows move by day, with shift by month, and stop at the ends', () => {
    expect(stepped('ArrowRight', false, 3, '2026-01-01', 10)).toBe(4)
    expect(stepped('ArrowRight', true, 3, '2026-01-01', 60)).toBe(31)
    expect(stepped('ArrowLeft', true, 40, '2026-01-01', 60)).toBe(0)
    expect(stepped('ArrowLeft', false, 0, '2026-01-01', 10)).toBe(0)
    expect(stepped('End', false, 0, '2026-01-01', 10)).toBe(9)
    expect(stepped('a', false, 0, '2026-01-01', 10)).toBeUndefined()
  })
})
