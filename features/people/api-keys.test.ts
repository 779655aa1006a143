// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newId } from '../../lib/ids.ts'
import { newToken } from '../../lib/tokens.ts'
import { checkScopes, formatKey, parseKey } from './api-keys.ts'

test('a key is recognised by its prefix and read back whole', () => {
  const id = newId('key', 1_700_000_000_000)
  const secret = newToken()
  const key = formatKey(id, secret)
  expect(key).toMatch(/^assay_[0-9a-z]{26}_[A-Za-z0-9_-]{43}[0-9a-f]{8}$/)
  expect(parseKey(key)).toEqual({ id, secret })
})

test('a key with one wrong character is refused before anybody is asked', () => {
  const key = formatKey(newId('key', 1_700_000_000_000), newToken())
  fc.assert(
    fc.property(fc.nat(key.length - 1), fc.constantFrom(...'abcXYZ019_-'.split('')), (at, sign) => {
      const other = key.slice(0, at) + sign + key.slice(at + 1)
      if (other !== key) expect(parseKey(other)).toBeUndefined()
    }),
  )
})

const OPERATIONS = ['controls.list', 'evidence.list', 'people.revokeKey']

test.each([
  '*',
  'controls',
  'controls.lists',
  'control.*',
  'controls.',
  '.list',
  'controls.*.*',
  'Controls.list',
  'a b.c',
  '',
])('%j is no scope', (scope) => {
  expect(() => checkScopes([scope], OPERATIONS)).toThrow(expect.objectContaining({ code: 'BAD_SCOPE' }))
})

test('an operation, all of a noun, and hearing what happens are scopes', () => {
  const scopes = ['controls.list', 'evidence.*', 'people.revokeKey', 'events.*']
  expect(() => checkScopes(scopes, OPERATIONS)).not.toThrow()
})
