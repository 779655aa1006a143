// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { enrolment, readRecoveryCode, recoveryCode, stepOf } from './second-factor.ts'

// RFC 6238 appendix B, SHA-1, cut to six digits.
const secret = Buffer.from('12345678901234567890')
const vectors = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
] as const

test.each(vectors)('at second %i of RFC 6238 the code is %s', (second, code) => {
  expect(stepOf(secret, code, new Date(second * 1000))).toBe(Math.floor(second / 30))
})

test('a code counts for its half minute and one before and after, and belongs to its own', () => {
  const [second, code] = vectors[3]
  const step = Math.floor(second / 30)
  for (const [offset, expected] of [
    [-60, undefined],
    [-30, step],
    [0, step],
    [30, step],
    [60, undefined],
  ] as const)
    expect(stepOf(secret, code, new Date((second + offset) * 1000))).toBe(expected)
})

test.each(['', '12345', '1234567', 'abcdef', '-12345', '1e5000', '１２３４５６'])('%j is no code', (code) => {
  expect(stepOf(secret, code, new Date(0))).toBeUndefined()
})

test('an authenticator app reads the same secret from the image, the address and the text', () => {
  const { uri, svg, secret: text } = enrolment(secret, 'olga@company.test')
  expect(text).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
  const address = new URL(uri)
  expect(address.protocol).toBe('otpauth:')
  expect(address.searchParams.get('secret')).toBe(text)
  expect(address.searchParams.get('issuer')).toBe('Assay')
  expect(svg).toMatch(/^<svg /)
  expect(svg).not.toContain('<script')
})

test('a recovery code is read however it is typed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 10, maxLength: 10 }), (random) => {
      const code = recoveryCode(random)
      expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}$/)
      const typed = ` ${code.toUpperCase().replace('-', ' ').replaceAll('0', 'O').replaceAll('1', 'l')} `
      expect(readRecoveryCode(typed)).toBe(code)
    }),
  )
  expect(readRecoveryCode('too short')).toBeUndefined()
})
