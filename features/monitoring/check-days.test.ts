// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addDays, daysOf } from '../../lib/time.ts'
import { checkDays, controlDaysOf, type Covered, type DayFacts, type DayState, type Trouble } from './check-days.ts'

const FIRST = '2026-01-01'
const DAYS = 12
const moment = (day: number, hour = 0): string =>
  new Date(Date.parse(`${FIRST}T00:00:00Z`) + (day * 24 + hour) * 3_600_000).toISOString()
const calendar = (ended = DAYS) => {
  const days = daysOf(FIRST, addDays(FIRST, DAYS - 1))
  return { days, starts: days.map((_, i) => moment(i)), ends: days.slice(0, ended).map((_, i) => moment(i + 1)) }
}
const version = (id: number, check_id: string, strength: 'direct' | 'partial' | 'supporting' = 'direct') => ({
  id,
  check_id,
  title: `The check ${check_id}`,
  from: null,
  to: null,
  controls: [{ control_id: 'ABC-01', strength }],
})
const cover = (from: number, to: number, more: Partial<Covered> = {}): Covered => ({
  version: 1,
  stream: 'a',
  from: moment(from),
  to: moment(to),
  complete: true,
  ...more,
})
const trouble = (status: Trouble['status'], first: number, last: number, more: Partial<Trouble> = {}): Trouble => ({
  version: 1,
  stream: 'a',
  status,
  event: false,
  first,
  last,
  subjects: 1,
  ...more,
})
const facts = (of: Partial<DayFacts>): DayFacts => ({
  calendar: calendar(),
  versions: [version(1, 'a-check')],
  covered: [cover(0, DAYS)],
  trouble: [],
  ended: new Set(),
  ...of,
})
const strip = (of: Partial<DayFacts>): string | undefined => checkDays(facts(of))[0]?.states
const control = (of: Partial<DayFacts>): string | undefined => controlDaysOf(facts(of), checkDays(facts(of)))[0]?.states

describe('a day of a check', () => {
  test('failing beats no data, which beats excepted, which beats operating', () => {
    expect(
      strip({
        trouble: [trouble('fail', 0, 0), trouble('inconclusive', 0, 1), trouble('excepted', 0, 2)],
      }),
    ).toBe('fnxooooooooo')
  })

  test('a part that was looked at shows its failures, but proves nothing', () => {
    const looked = { covered: [cover(0, 2), cover(5, 5, { complete: false })], trouble: [trouble('fail', 3, 7)] }
    expect(strip(looked)).toBe('oonnnfnnnnnn')
  })

  test('subjects are summed over streams and days', () => {
    const [days] = checkDays(
      facts({
        covered: [cover(0, DAYS), cover(0, DAYS, { stream: 'b' })],
        trouble: [trouble('fail', 1, 3, { subjects: 5 }), trouble('fail', 3, 4, { stream: 'b', subjects: 2 })],
      }),
    )
    expect(days?.failing.slice(0, 6)).toEqual([0, 5, 5, 7, 2, 0])
  })

  test('readings of all streams at once cover each stream', () => {
    expect(strip({ covered: [cover(0, 2), cover(0, 2, { stream: 'b' }), cover(2, 6, { stream: '' })] })).toBe(
      'oooooonnnnnn',
    )
  })

  test('a version covers only the days on which it judged', () => {
    const versions = [
      { ...version(1, 'a-check'), to: moment(4) },
      { ...version(2, 'a-check'), from: moment(6) },
    ]
    expect(strip({ versions, covered: [cover(0, DAYS), cover(0, DAYS, { version: 2 })] })).toBe('oooonnoooooo')
  })

  test('a check that never looked has no strip', () => {
    expect(strip({ covered: [] })).toBeUndefined()
  })

  test('the strip agrees with a day-by-day account, whatever happened', () => {
    const span = fc.tuple(fc.nat(DAYS - 1), fc.nat(DAYS - 1)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
    const stream = fc.constantFrom('a', 'b')
    fc.assert(
      fc.property(
        fc.array(fc.tuple(span, stream), { minLength: 1, maxLength: 6 }),
        fc.array(fc.tuple(span, stream, fc.constantFrom('fail', 'inconclusive', 'excepted'), fc.boolean()), {
          maxLength: 8,
        }),
        (covers, troubles) => {
          const covered = covers.map(([[from, to], of]) => cover(from, to + 1, { stream: of }))
          const rows = troubles.map(([[first, last], of, status, event]) =>
            trouble(status, first, event ? first : last, { stream: of, event }),
          )
          expect(strip({ covered, trouble: rows })).toBe(byHand(covers, rows))
        },
      ),
    )
  })
})

/** The same question answered one day at a time; whole days only. */
function byHand(covers: readonly (readonly [readonly [number, number], string])[], rows: readonly Trouble[]): string {
  const streams = [...new Set(covers.map(([, stream]) => stream))]
  const isCovered = (stream: string, day: number): boolean =>
    covers.some(([[from, to], of]) => of === stream && from <= day && day <= to)
  // A coverage that ends at midnight is still there in the first instant of the day.
  const isTouched = (stream: string, day: number): boolean =>
    isCovered(stream, day) || (day > 0 && isCovered(stream, day - 1))
  const begun = (stream: string, day: number): boolean => covers.some(([[from], of]) => of === stream && from <= day)
  return Array.from({ length: DAYS }, (_, day): DayState => {
    const has = (status: string): boolean =>
      rows.some(
        (row) =>
          row.status === status && row.first <= day && day <= row.last && (row.event || isTouched(row.stream, day)),
      )
    if (has('fail')) return 'f'
    const open = streams.filter((stream) => begun(stream, day))
    if (open.length === 0) return '-'
    if (open.some((stream) => !isCovered(stream, day)) || has('inconclusive')) return 'n'
    return has('excepted') ? 'x' : 'o'
  }).join('')
}

describe('a day of a control', () => {
  const two = [version(1, 'a-check'), version(2, 'b-check', 'partial')]

  test('is the worst of its direct and partial checks', () => {
    const covered = [cover(0, DAYS), cover(3, 6, { version: 2 })]
    expect(control({ versions: two, covered, trouble: [trouble('fail', 8, 8)] })).toBe('oooooonnfnnn')
  })

  test('is decided by no supporting check', () => {
    expect(control({ versions: [version(1, 'a-check', 'supporting')] })).toBeUndefined()
    const versions = [version(1, 'a-check'), version(2, 'b-check', 'supporting')]
    const covered = [cover(0, DAYS), cover(0, DAYS, { version: 2 })]
    expect(control({ versions, covered, trouble: [trouble('fail', 0, DAYS - 1, { version: 2 })] })).toBe(
      'o'.repeat(DAYS),
    )
  })

  test('has no data before its first check looked, and is not yet after the asked moment', () => {
    expect(control({ calendar: calendar(6), covered: [cover(3, DAYS)] })).toBe('nnnooo------')
  })

  test('a check that was retired leaves the control to the others', () => {
    const versions = [version(1, 'a-check'), { ...version(2, 'b-check'), to: moment(4) }]
    const covered = [cover(0, DAYS), cover(0, DAYS, { version: 2 })]
    expect(control({ versions, covered, trouble: [trouble('fail', 0, DAYS - 1, { version: 2 })] })).toBe('ffffoooooooo')
  })

  test('a check that begins later adds to the control from its first day, and each control has a strip of its own', () => {
    const later = { ...version(2, 'b-check'), from: moment(4) }
    const other = { ...version(3, 'c-check'), controls: [{ control_id: 'ABC-00', strength: 'direct' as const }] }
    const never = version(4, 'd-check')
    const covered = [cover(0, DAYS), cover(0, DAYS, { version: 2 }), cover(0, DAYS, { version: 3 })]
    const of = facts({
      versions: [version(1, 'a-check'), later, other, never],
      covered,
      trouble: [trouble('fail', 0, DAYS - 1, { version: 2 })],
    })
    expect(controlDaysOf(of, checkDays(of)).map(({ control_id, states }) => [control_id, states])).toEqual([
      ['ABC-00', 'o'.repeat(DAYS)],
      ['ABC-01', 'ooooffffffff'],
    ])
  })
})
