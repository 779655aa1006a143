// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { add, divide, modulo, multiply, negate, subtract, toInt } from './int64.ts'
import { Fault } from './value.ts'

const MOST = 2n ** 63n - 1n
const edges = [0n, 1n, -1n, MOST, -MOST - 1n, 2n ** 53n, -(2n ** 53n), 2n ** 53n - 1n, 3_037_000_500n]
const int = fc.oneof(
  fc.constantFrom(...edges),
  fc.bigInt({ min: -MOST - 1n, max: MOST }),
  fc.bigInt({ min: -9n, max: 9n }),
)
const BINARY = {
  add: [add, (a: bigint, b: bigint) => a + b],
  subtract: [subtract, (a: bigint, b: bigint) => a - b],
  multiply: [multiply, (a: bigint, b: bigint) => a * b],
  divide: [divide, (a: bigint, b: bigint) => (b === 0n ? undefined : a / b)],
  modulo: [modulo, (a: bigint, b: bigint) => (b === 0n ? undefined : a % b)],
} as const

test.each(Object.entries(BINARY))('%s is exact in 64 bits, and a fault beyond', (_, [ours, exact]) => {
  fc.assert(
    fc.property(int, int, (a, b) => {
      const wanted = exact(a, b)
      const fits = wanted !== undefined && toInt(wanted) !== undefined
      const found = ours(toInt(a) ?? 0, toInt(b) ?? 0)
      if (!fits) expect(found).toBeInstanceOf(Fault)
      // One form for each integer: identical when equal, and never a negative zero.
      else expect(Object.is(found, toInt(wanted))).toBe(true)
    }),
    { numRuns: 2000 },
  )
})

test('the least integer has no opposite', () => {
  expect(negate(-MOST - 1n)).toBeInstanceOf(Fault)
  expect(negate(5)).toBe(-5)
  expect(Object.is(negate(0), 0)).toBe(true)
  expect(toInt(MOST + 1n)).toBeUndefined()
})
