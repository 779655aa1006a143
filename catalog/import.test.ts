// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { latest, momentOf, plainText } from './import.ts'
import { keyOfParts } from './kind.ts'

test.each([
  ['2026-03-01', '2026-03-01T00:00:00.000Z'],
  ['2026-03-01 09:30', '2026-03-01T09:30:00.000Z'],
  ['2026-03-01T09:30:15,5 UTC', '2026-03-01T09:30:15.500Z'],
  ['2026-03-01T09:30:15.123456+0200', '2026-03-01T07:30:15.123Z'],
  ['2026-03-01T09:30:15-05:30', '2026-03-01T15:00:15.000Z'],
  [1_772_356_215, '2026-03-01T09:10:15.000Z'],
  [1_772_356_215_000, '2026-03-01T09:10:15.000Z'],
  ['2026-13-01', undefined],
  ['last Monday', undefined],
  [Number.NaN, undefined],
  [9e15, undefined],
  [null, undefined],
])('a tool that writes %j means %s', (written, moment) => {
  expect(momentOf(written)).toBe(moment)
})

test('text of a file is kept as it is where it can be, and is always whole characters, none of them NUL', () => {
  expect(plainText('Zoë')).toBe('Zoë')
  expect(plainText('a\0b')).toBe('a\uFFFDb')
  expect(plainText('x'.repeat(9), 4)).toBe('xxx…')
  fc.assert(
    fc.property(fc.array(fc.nat(0xffff), { maxLength: 30 }), fc.integer({ min: 1, max: 20 }), (units, most) => {
      const kept = plainText(String.fromCharCode(...units), most)
      expect(kept.isWellFormed() && !kept.includes('\0') && kept.length <= most).toBe(true)
    }),
  )
})

test('the latest of some moments is the one that counts', () => {
  expect(latest(['2026-03-01T00:00:00Z', null, '2026-03-02T00:00:00Z', undefined])).toBe('2026-03-02T00:00:00Z')
  expect(latest([])).toBeNull()
})

test('different parts never make the same key, and a part that is missing is empty', () => {
  expect(keyOfParts('db', null, 5)).toBe('db||5')
  expect(keyOfParts('a|b', 'c')).not.toBe(keyOfParts('a', 'b|c'))
  fc.assert(
    fc.property(fc.array(fc.string()), fc.array(fc.string()), (some, others) => {
      fc.pre(some.length === others.length)
      expect(keyOfParts(...some) === keyOfParts(...others)).toBe(some.join('\0') === others.join('\0'))
    }),
  )
})
