// SPDX-License-Identifier: Apache-2.0
import { Fault } from './value.ts'

/**
 * Integers of 64 bits: a number where that is exact, a bigint beyond 2^53, and never the other way round, so that equal
 * integers are identical. What leaves 64 bits is a fault.
 */
export type Int = number | bigint

const MOST = 2n ** 63n - 1n
const LEAST = -(2n ** 63n)

/** The integer in its one form; `undefined` when it does not fit. */
export function toInt(value: bigint): Int | undefined {
  if (value > MOST || value < LEAST) return undefined
  const short = Number(value)
  return Number.isSafeInteger(short) ? short : value
}

const OVERFLOW = new Fault('a number is too large: integers have 64 bits')
const BY_ZERO = new Fault('division by zero')
const fit = (value: bigint): Int | Fault => toInt(value) ?? OVERFLOW

export function add(a: Int, b: Int): Int | Fault {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  return fit(BigInt(a) + BigInt(b))
}

export function subtract(a: Int, b: Int): Int | Fault {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b
    if (Number.isSafeInteger(difference)) return difference
  }
  return fit(BigInt(a) - BigInt(b))
}

export function multiply(a: Int, b: Int): Int | Fault {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b
    // A sum with zero turns the -0 of numbers into the only zero that integers have.
    if (Number.isSafeInteger(product)) return product + 0
  }
  return fit(BigInt(a) * BigInt(b))
}

/** Towards zero, as in the language's definition. */
export const divide = (a: Int, b: Int): Int | Fault => (b === 0 ? BY_ZERO : fit(BigInt(a) / BigInt(b)))
export const modulo = (a: Int, b: Int): Int | Fault => (b === 0 ? BY_ZERO : fit(BigInt(a) % BigInt(b)))
export const negate = (a: Int): Int | Fault => subtract(0, a)
