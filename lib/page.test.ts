// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { cursorOf, keyOf, page } from './page.ts'

test('pages one after the other give every row once, in order', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(), { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (numbers, limit) => {
      const rows = numbers.toSorted((a, b) => a - b)
      const seen: number[] = []
      let after: number | undefined
      for (let turns = 0; turns <= rows.length; turns++) {
        const asked = rows.filter((row) => after === undefined || row > after).slice(0, limit + 1)
        const { rows: shown, next } = page(asked, limit, (row) => [row])
        expect(shown.length).toBeLessThanOrEqual(limit)
        seen.push(...shown)
        if (next === null) break
        after = keyOf(next, z.tuple([z.number()]))?.[0]
      }
      expect(seen).toEqual(rows)
    }),
  )
})

test('a cursor carries its key', () => {
  fc.assert(
    fc.property(fc.tuple(fc.string(), fc.integer()), (key) => {
      expect(keyOf(cursorOf(key), z.tuple([z.string(), z.number()]))).toEqual(key)
    }),
  )
})

test('text that no row can have is no cursor', () => {
  for (const text of ['a\0b', '\ud800'])
    expect(() => keyOf(cursorOf([text]), z.tuple([z.string()]))).toThrow(
      expect.objectContaining({ code: 'BAD_CURSOR' }),
    )
})

test.each(['', 'x', '%%%', cursorOf(['text']), Buffer.from('{"a":1}').toString('base64url')])(
  '%j is no cursor of a list by number',
  (cursor) => {
    expect(() => keyOf(cursor, z.tuple([z.number()]))).toThrow(expect.objectContaining({ code: 'BAD_CURSOR' }))
  },
)
