// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { isNamed } from './commit.ts'

const ADA = { name: 'Ada Adams', email: 'ada@example.org' }

test.each([
  ['her name and address', 'Ada Adams <ada@example.org>', true],
  ['her address under another name', 'A. A. <ADA@Example.org> (maintainer)', true],
  ['her address alone', ' ada@example.org ', true],
  ['her name alone', 'ada adams', true],
  ['an address that ends as hers does', 'Canada <canada@example.org>', false],
  ['an address that begins as hers does', 'Ada <ada@example.org.example.com>', false],
  ['a namesake’s address', 'Ada Adams <adams@example.org>', false],
  ['nothing', '', false],
])('a review names the author of a change by %s', (_what, words, itIs) => {
  expect(isNamed(words, ADA)).toBe(itIs)
})

test('an author without name and address is named by nothing', () => {
  expect(isNamed('', { name: '', email: '' })).toBe(false)
  expect(isNamed('Ada <>', { name: '', email: '' })).toBe(false)
})
