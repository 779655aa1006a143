// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromUtf8, utf8 } from './bytes.ts'
import { encodeLeaf, LEAF_KINDS, parseLeaf, type Leaf } from './leaf.ts'

const hex = (digits: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), minLength: digits, maxLength: digits })
const leaf: Leaf = {
  kind: 'evidence',
  manifest: '9f'.repeat(32),
  n: 42,
  previous: '1c'.repeat(32),
  stream: `st_${'0a'.repeat(16)}`,
  time_ms: 1_767_225_600_123,
}
const written = fromUtf8(encodeLeaf(leaf))

test('a leaf looks as it is documented', () => {
  expect(written).toBe(
    `{"k":"evidence","m":"sha256:${'9f'.repeat(32)}","n":42,"p":"sha256:${'1c'.repeat(32)}","s":"st_${'0a'.repeat(16)}","t":1767225600123,"v":1}`,
  )
})

test('every leaf is read back as it was written, in at most 512 bytes', () => {
  fc.assert(
    fc.property(
      fc.record({
        kind: fc.constantFrom(...LEAF_KINDS),
        manifest: hex(64),
        stream: hex(32).map((text) => `st_${text}`),
        n: fc.maxSafeNat(),
        previous: hex(64),
        time_ms: fc.maxSafeNat(),
      }),
      ({ previous, ...rest }) => {
        const one = rest.n === 0 ? rest : { ...rest, previous }
        const bytes = encodeLeaf(one)
        expect(bytes.length).toBeLessThanOrEqual(512)
        expect(parseLeaf(bytes)).toEqual(one)
      },
    ),
  )
})

test.each([
  ['a member more', written.replace(',"v":1', ',"u":1,"v":1')],
  ['a member less', written.replace('"n":42,', '')],
  ['no previous leaf, but a number', written.replace(/"p":"[^"]*",/, '')],
  ['a previous leaf of the first', written.replace('"n":42', '"n":0')],
  ['another version', written.replace('"v":1', '"v":2')],
  ['an unknown kind', written.replace('evidence', 'gossip')],
  ['a digest of another kind', written.replace('"m":"sha256:', '"m":"sha512:')],
  ['a previous digest in capitals', written.replace('1c', '1C')],
  ['a number below zero', written.replace('"n":42', '"n":-1')],
  ['a time as text', written.replace('1767225600123', '"1767225600123"')],
  ['a stream that says its name', written.replace(/st_[0-9a-f]*/, 'st_users')],
  ['a number as the stream', written.replace(/"st_[0-9a-f]*"/, '1')],
  ['white space', written.replace(',', ', ')],
  ['a repeated member', written.replace('"k":"evidence"', '"k":"evidence","k":"evidence"')],
  ['no object', '[]'],
  ['too many bytes', `"${'x'.repeat(2048)}"`],
])('a leaf with %s is refused', (_, text) => {
  expect(() => parseLeaf(utf8(text))).toThrow(/expected/)
})
