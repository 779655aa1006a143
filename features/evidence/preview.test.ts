// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { previewOf } from './preview.ts'

test.each([
  ['a zero byte', Buffer.of(0x41, 0, 0x42), '00000000  41 00 42'],
  ['bytes that are no UTF-8', Buffer.of(0xc3, 0x28), '00000000  c3 28'],
])('%s is shown in hexadecimal, not as text', (_, bytes, start) => {
  const preview = previewOf(bytes, {})
  expect(preview).toMatchObject({ encoding: 'hex', from: 0, to: bytes.length, marked: null })
  expect(preview.content.startsWith(start)).toBe(true)
})
