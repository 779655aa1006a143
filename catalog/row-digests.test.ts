// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalJson } from '../proof/canonical-json.ts'
import { leafHash, sha256 } from '../proof/hash.ts'
import { merkleRoot } from '../proof/merkle.ts'
import { toHex, utf8 } from '../proof/bytes.ts'
import { digestRows } from './row-digests.ts'

const text = fc.string({ unit: 'binary' })
const value = fc.oneof(
  text,
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.constant(null),
  fc.array(text, { maxLength: 3 }),
  fc.dictionary(text, fc.integer(), { maxKeys: 3 }),
)
const body = fc.dictionary(fc.oneof(text, fc.constantFrom('at', 'a', 'b')), value, { maxKeys: 5 })
const rows = fc
  .uniqueArray(fc.record({ key: text, body }), { selector: ({ key }) => key, maxLength: 12 })
  .map((list) => list.map((row) => ({ ...row, label: '', capture: 0, pointer: '' })))

it('the root of a reading is that of its rows in canonical JSON, by key, and a row’s digest leaves out what is volatile', () => {
  fc.assert(
    fc.property(rows, (list) => {
      const { root, digests } = digestRows({ volatile: ['at'] }, list)
      const byKey = list.toSorted((a, b) => (a.key < b.key ? -1 : 1))
      const leaves = byKey.map((row) => leafHash(utf8(canonicalJson({ body: row.body, key: row.key }))))
      expect(root).toBe(toHex(merkleRoot(leaves)))
      expect(digests.map(toHex)).toEqual(
        list.map((row) => {
          const lasting = Object.fromEntries(Object.entries(row.body).filter(([name]) => name !== 'at'))
          return toHex(sha256(utf8(canonicalJson({ body: lasting, key: row.key }))))
        }),
      )
    }),
  )
})

it('a row that canonical JSON cannot hold is refused, wherever it stands', () => {
  const fine = { key: 'k', label: '', body: { a: 1 }, capture: 0, pointer: '' }
  for (const bad of [
    { ...fine, body: { a: 1.5 } },
    { ...fine, body: { a: '\ud800' } },
    { ...fine, key: '\udc00' },
  ])
    expect(() => digestRows({}, [fine, bad])).toThrow(/expected/)
  expect(digestRows({}, [])).toMatchObject({ root: hash('sha256', ''), digests: [] })
})
