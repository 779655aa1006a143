// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { Malformed } from './malformed.ts'
import { judged } from './verdict.ts'

test('what a step gives is its value', async () => {
  expect(await judged('leaf', 'a', async () => 7)).toEqual({ value: 7 })
})

test('what cannot be read is a verdict against the bundle, by its name', async () => {
  const step = async (): Promise<never> => {
    throw new Malformed('LEAF', 'expected a leaf')
  }
  expect(await judged('leaf', 'a/leaf.json', step)).toEqual({
    verdict: expect.objectContaining({ check: 'leaf', subject: 'a/leaf.json', ok: false }),
  })
})

test('what is a fault of the verifier is never blamed on the bundle', async () => {
  const step = async (): Promise<never> => {
    throw new RangeError('out of memory')
  }
  await expect(judged('leaf', 'a', step)).rejects.toThrow(RangeError)
})
