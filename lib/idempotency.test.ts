// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWorld, type World } from '../test/world.ts'
import { once } from './idempotency.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

let runs = 0
const run = async (): Promise<{ n: number }> => ({ n: ++runs })
const send = (key: string | undefined, input: object = { a: 1 }, operation = 'noun.verb', work = run) =>
  world.tenant((tx) => once(tx, key, operation, input, work))

test('a command that is sent again with its key runs once and answers the same', async () => {
  const before = runs
  const first = await send('k1')
  expect(await send('k1')).toEqual(first)
  expect(runs).toBe(before + 1)
})

test('two that arrive at the very same moment run once', async () => {
  const before = runs
  const answers = await Promise.all(Array.from({ length: 5 }, () => send('k2')))
  expect(runs).toBe(before + 1)
  expect(new Set(answers.map(({ n }) => n)).size).toBe(1)
})

test('the order of an input’s names makes it no other input', async () => {
  const first = await send('k7', { a: [{ c: 1, d: 2.5 }], b: 2 })
  expect(await send('k7', { b: 2, a: [{ d: 2.5, c: 1 }] })).toEqual(first)
})

test('a command that fails keeps nothing, so that it can be sent again', async () => {
  const failing = async (): Promise<{ n: number }> => {
    throw new Error('the disk is gone')
  }
  await expect(send('k3', { a: 1 }, 'noun.verb', failing)).rejects.toThrow('the disk is gone')
  expect(await send('k3')).toEqual({ n: runs })
})

test('a key that comes with another input or operation is refused', async () => {
  await send('k4')
  await expect(send('k4', { a: 2 })).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', status: 409 })
  await expect(send('k4', { a: 1 }, 'noun.other')).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
})

test('a key is forgotten after a day, and one of another organisation was never known', async () => {
  const before = await send('k5')
  const other = await world.organization('Another Company')
  expect(await world.tenant((tx) => once(tx, 'k5', 'noun.verb', { a: 1 }, run), other)).not.toEqual(before)
  world.clock.advance(25 * 3_600_000)
  expect(await send('k5')).not.toEqual(before)
})

test('a key is of 1 to 200 characters', async () => {
  await expect(send('x'.repeat(201))).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  await expect(send('')).rejects.toMatchObject({ code: 'INVALID_INPUT' })
})

test('what an answer shows only once is not readable in the database', async () => {
  await send('k6', { password: 'a-secret-input' }, 'noun.verb', async () => ({ n: 1, key: 'a-secret-answer' }))
  const { rows } = await world.owner.query<{ sealed: Buffer; row: string }>(
    `select sealed_answer as sealed, i::text as row from idempotency i where key = 'k6'`,
  )
  expect(rows).toHaveLength(1)
  for (const { sealed, row } of rows) expect(sealed.toString('latin1') + row).not.toContain('a-secret')
})
