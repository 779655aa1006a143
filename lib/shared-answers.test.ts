// SPDX-License-Identifier: Apache-2.0
import { beforeEach, expect, test } from 'vitest'
import type { Tx } from './db.ts'
import { openSharedAnswers, type SharedAnswers } from './shared-answers.ts'

/** A transaction as far as an answer is kept by it. */
const at = (ms: number, snapshot = '10:10:', org = 'org_a'): Tx =>
  ({ org, snapshot, now: new Date(Date.parse('2026-03-02T09:00:00.000Z') + ms).toISOString() }) as unknown as Tx

let made: number
let answers: SharedAnswers
beforeEach(() => {
  made = 0
  answers = openSharedAnswers()
})
const ask = (tx: Tx, ...question: unknown[]): Promise<string> =>
  answers.answer(tx, question, async () => `answer ${++made}`)

test('people who ask at once, and within a second, get the one answer', async () => {
  expect(await Promise.all(Array.from({ length: 50 }, () => ask(at(0), 'overview')))).toEqual(
    Array.from({ length: 50 }, () => 'answer 1'),
  )
  expect(await ask(at(999), 'overview')).toBe('answer 1')
})

test('after a second it is made anew, for time alone changes states', async () => {
  await ask(at(0), 'overview')
  expect(await ask(at(1000), 'overview')).toBe('answer 2')
  expect(await ask(at(1999), 'overview')).toBe('answer 2')
})

test('a clock that was set back gets no answer of the future', async () => {
  await ask(at(5000), 'overview')
  expect(await ask(at(0), 'overview')).toBe('answer 2')
})

test('whatever was committed meanwhile, the answer is made anew', async () => {
  await ask(at(0), 'overview')
  expect(await ask(at(1, '10:11:'), 'overview')).toBe('answer 2')
})

test('another organisation and another question have their own', async () => {
  await ask(at(0), 'overview', { limit: 5 })
  expect(await ask(at(0, '10:10:', 'org_b'), 'overview', { limit: 5 })).toBe('answer 2')
  expect(await ask(at(0), 'overview', { limit: 6 })).toBe('answer 3')
  expect(await ask(at(0), 'overview', { limit: 5 })).toBe('answer 1')
})

test('a failure is kept for nobody', async () => {
  const fails = answers.answer(at(0), ['overview'], async () => {
    throw new Error('the database went away')
  })
  await expect(fails).rejects.toThrow('went away')
  expect(await ask(at(0), 'overview')).toBe('answer 1')
})

test('fifty answers are kept, and the oldest goes first', async () => {
  for (let i = 0; i < 51; i++) await ask(at(0), i)
  expect(await ask(at(0), 1)).toBe('answer 2')
  expect(await ask(at(0), 0)).toBe('answer 52')
})
