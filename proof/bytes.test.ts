// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat, equal, excerpt, fromBase64, fromHex, fromUtf8, owned, toBase64, toHex, utf8 } from './bytes.ts'
import { Malformed } from './malformed.ts'

test('bytes survive hexadecimal and base64', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(equal(fromHex(toHex(bytes)), bytes)).toBe(true)
      expect(equal(fromBase64(toBase64(bytes)), bytes)).toBe(true)
      expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'))
      expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'))
    }),
  )
  const large = new Uint8Array(100_000).fill(7)
  expect(toBase64(large)).toBe(Buffer.from(large).toString('base64'))
})

test('a text has one base64 reading: changing any character gives other bytes or none', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(), fc.nat(255), (bytes, at, code) => {
      const text = toBase64(bytes)
      const changed = text.slice(0, at % text.length) + String.fromCharCode(code) + text.slice((at % text.length) + 1)
      if (changed === text) return
      try {
        expect(equal(fromBase64(changed), bytes)).toBe(false)
      } catch (error) {
        expect(error).toBeInstanceOf(Malformed)
      }
    }),
  )
})

test.each(['Zg', 'Zg=', 'Zh==', 'Zm9=', 'Zm 9v', '_-8=', 'Zg==\n', '=', 'Zg==Zg=='])(
  'base64 that is not in standard form is refused: %j',
  (text) => {
    expect(() => fromBase64(text)).toThrow(/base64/)
  },
)

test.each(['A0', 'a', 'zz', ' 0'])('hexadecimal in another form is refused: %j', (text) => {
  expect(() => fromHex(text)).toThrow(/0-9 a-f/)
})

test('text is read as UTF-8 and nothing looser, a byte order mark included', () => {
  expect(fromUtf8(utf8('\ufeffü'))).toBe('\ufeffü')
  expect(() => fromUtf8(Uint8Array.of(0xc3, 0x28))).toThrow(/expected UTF-8/)
})

test('bytes are equal only when all are', () => {
  expect(equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true)
  expect(equal(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false)
  expect(equal(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false)
  expect([...concat(Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2, 3))]).toEqual([1, 2, 3])
})

test('bytes in shared memory are copied before WebCrypto sees them', () => {
  const shared = new Uint8Array(new SharedArrayBuffer(2))
  const plain = Uint8Array.of(1)
  expect(owned(shared).buffer).toBeInstanceOf(ArrayBuffer)
  expect(owned(plain)).toBe(plain)
})

test('a message quotes the beginning of something long', () => {
  expect(excerpt('x'.repeat(100))).toBe(`${'x'.repeat(60)}…`)
  expect(excerpt('short')).toBe('short')
})
