// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { browserOf } from './browser.ts'
import { nameFrom } from './names.ts'

test.each([
  ['system', 'Assay'],
  ['anonymous', 'Somebody not signed in'],
  ['usr_1', 'Ada Brandt'],
  ['usr_2', 'usr_2'],
  ['usr_3', 'usr_3'],
])('a record that keeps only %s shows %s', (id, name) => {
  expect(
    nameFrom(
      [
        { id: 'usr_1', name: 'Ada Brandt' },
        { id: 'usr_2', name: null },
      ],
      id,
    ),
  ).toBe(name)
})

test.each([
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox on macOS'],
  ['Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36', 'Chrome on Android'],
  ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0', 'Edge on Windows'],
  ['curl/8.5.0', 'Another program'],
])('a session of %s is called %s', (agent, name) => {
  expect(browserOf(agent)).toBe(name)
})
