// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { durationOf, momentOf, timestampOf } from './moments.ts'

describe('the text of a moment', () => {
  const digits = (length: number) =>
    fc.string({ unit: fc.integer({ min: 0, max: 9 }).map(String), minLength: length, maxLength: length })
  const shaped = fc
    .tuple(digits(4), digits(2), digits(2), digits(2), digits(2), digits(2), digits(3))
    .chain(([y, m, d, h, mi, s, f]) =>
      fc.constantFrom(`${y}-${m}-${d}`, `${y}-${m}-${d}T${h}:${mi}:${s}Z`, `${y}-${m}-${d}T${h}:${mi}:${s}.${f}Z`),
    )
  const real = fc
    .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
    .map((date) => date.toISOString())
    .chain((text) => fc.constantFrom(text, text.slice(0, 10), `${text.slice(0, 19)}Z`, `${text.slice(0, 19)}+02:00`))
  /** One character is another than it should be. */
  const spoilt = fc
    .tuple(real, fc.nat({ max: 23 }), fc.constantFrom(' ', 'T', '-', ':', 'x', '9'))
    .map(([text, at, by]) => text.slice(0, at) + by + text.slice(at + 1))

  test('means what it means everywhere else', () => {
    fc.assert(
      fc.property(fc.oneof(shaped, real, spoilt, fc.string()), (text) => {
        const ms = Date.parse(text)
        expect(momentOf(text), text).toBe(Number.isNaN(ms) ? undefined : ms)
      }),
      { numRuns: 5000 },
    )
  })

  test('stands in a check with its offset, in the years 1 to 9999', () => {
    expect(timestampOf('2026-03-01T10:00:00+01:00')).toBe(Date.UTC(2026, 2, 1, 9))
    for (const bad of ['2026-03-01', '2026-03-01T10:00:00', '2026-13-01T10:00:00Z', '0000-06-01T10:00:00Z', 'soon'])
      expect(timestampOf(bad), bad).toBeUndefined()
  })
})

test('the text of a time is whole milliseconds', () => {
  expect(durationOf('26h')).toBe(26 * 3_600_000)
  expect(durationOf('-1h30m')).toBe(-5_400_000)
  expect(durationOf('1.5s')).toBe(1500)
  for (const bad of ['', 'soon', '1ns', '3 h', '9999999999999999h']) expect(durationOf(bad), bad).toBeUndefined()
})
