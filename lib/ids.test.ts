// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isId, newId } from './ids.ts'

const moments = fc.integer({ min: 0, max: 2 ** 47 })

test('an id is its prefix and 26 characters that nobody confuses', () => {
  fc.assert(
    fc.property(moments, (at) => {
      const id = newId('con', at)
      expect(id).toMatch(/^con_[0-9a-hjkmnp-tv-z]{26}$/)
      expect(isId('con', id)).toBe(true)
      expect(isId('usr', id)).toBe(false)
    }),
  )
})

test('ids sort by the moment of their birth', () => {
  fc.assert(
    fc.property(moments, moments, (a, b) => {
      if (a < b) expect(newId('con', a) < newId('con', b)).toBe(true)
    }),
  )
})

test('ids of one moment differ', () => {
  expect(new Set(Array.from({ length: 1000 }, () => newId('con', 1))).size).toBe(1000)
})

test.each(['', 'con', 'con_', 'con_short', `con_${'u'.repeat(26)}`, `con_${'0'.repeat(27)}`, `con_${'0'.repeat(25)}/`])(
  '%j is no id',
  (text) => {
    expect(isId('con', text)).toBe(false)
  },
)
