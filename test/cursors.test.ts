// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from 'vitest'
import { actions } from '../features/index.ts'
import type { Action } from '../lib/action.ts'
import { cursorOf } from '../lib/page.ts'
import { Refused } from '../lib/refused.ts'
import { fitted, inputWith, schemaOf } from './inputs.ts'
import { createWorld, type World } from './world.ts'

/*
 * Cursors come back from outside, and whoever sends one may have written it. Every list there is, asked to go on after
 * keys that no row has; a list that is added tomorrow is asked tomorrow.
 */

const lists = Object.entries(actions as Readonly<Record<string, Action>>).filter(
  ([, { input }]) => 'after' in (schemaOf(input).properties ?? {}),
)

const PARTS = [
  ...['', 'x', "' or 1=1", 'waiting', 'index', 'pass', 'not_applicable', '{}', 'infinity'],
  ...['2026-02-30', '0000-01-01', '9999-12-31', '0000-01-01T00:00:00.000Z', '9999-99-99T00:00:00.000Z'],
  ...[-1, 1.5, 2 ** 31, 2 ** 53 - 1, 2 ** 63, -(2 ** 53) + 1],
]
const CURSORS = [
  ...PARTS.map((part) => cursorOf([part])),
  ...PARTS.flatMap((first) => PARTS.map((second) => cursorOf([first, second]))),
  'con_1/0',
  Buffer.from('null').toString('base64url'),
]

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

async function ask(name: string, action: Action, input: unknown): Promise<string> {
  try {
    await world.perform(name, action, input)
    return 'DONE'
  } catch (error) {
    return error instanceof Refused ? error.code : `BUG ${String(error)}`
  }
}

test('there are lists', () => {
  expect(lists.length).toBeGreaterThan(15)
})

test.each(lists)('%s goes on after any key, or refuses it as a cursor', async (name, action) => {
  // Lists of something answer that there is no such thing; all others have no rows yet.
  const input = fitted(action.input, inputWith(schemaOf(action.input), 'x', 'required')) as object
  const without = await ask(name, action, input)
  expect(without).toMatch(/^(DONE|UNKNOWN_[A-Z]+)$/)
  const said = new Map<string, string>()
  for (const after of CURSORS)
    said.set(await ask(name, action, { ...input, after }), Buffer.from(after, 'base64url').toString())
  expect(said.has('BAD_CURSOR') || said.has('INVALID_INPUT')).toBe(true)
  for (const code of ['BAD_CURSOR', 'INVALID_INPUT', without]) said.delete(code)
  expect([...said]).toEqual([])
})
