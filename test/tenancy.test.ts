// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { actions } from '../features/index.ts'
import { EVERYONE, PERSON_ROLES, type PersonRole } from '../features/people/roles.ts'
import { AUDITORS, permit, type Action, type Actor, type Role } from '../lib/action.ts'
import { Refused } from '../lib/refused.ts'
import { fitted, inputWith, schemaOf } from './inputs.ts'
import { addStrangers, CANARY, fingerprint, type Strangers } from './strangers.ts'
import { createWorld, type World } from './world.ts'

/*
 * Every operation there is, tried with every id of another organisation, by somebody who may do everything in their own.
 * An operation that is added tomorrow is tried tomorrow.
 */

const operations = Object.entries(actions as Readonly<Record<string, Action>>)
const actorWith = (org: string, roles: readonly Role[], id = 'usr_test'): Actor => ({ org, id, name: 'Test', roles })

let world: World
let victim: string
let strangers: Strangers
beforeAll(async () => {
  world = await createWorld()
  victim = await world.organization(CANARY)
  strangers = await addStrangers(world.owner, victim)
})
afterAll(() => world.close())

test('the other organisation has a row in every table there is', () => {
  expect(strangers.missing).toEqual([])
  expect(strangers.ids.length).toBeGreaterThan(20)
})

interface Tried {
  readonly name: string
  readonly input: unknown
  /** `DONE`, the code of a refusal, or the message of a bug. */
  readonly outcome: string
  readonly said: string
}

async function attempt(name: string, action: Action, input: unknown, org = world.org): Promise<Tried> {
  try {
    const answer: unknown = await world.perform(name, action, input, actorWith(org, action.may))
    return { name, input, outcome: 'DONE', said: JSON.stringify(answer) }
  } catch (error) {
    if (error instanceof Refused) return { name, input, outcome: error.code, said: error.message }
    return { name, input, outcome: `BUG ${String(error)}`, said: String(error) }
  }
}

async function tryEverything(name: string, action: Action): Promise<Tried[]> {
  const schema = schemaOf(action.input)
  const seen = new Set<string>()
  const tried: Tried[] = []
  for (const id of strangers.ids) {
    for (const fields of ['all', 'required'] as const) {
      const input = fitted(action.input, inputWith(schema, id, fields))
      const text = JSON.stringify(input)
      if (seen.has(text)) continue
      seen.add(text)
      const result = await attempt(name, action, input)
      tried.push(result)
      if (result.outcome !== 'INVALID_INPUT') break
    }
  }
  return tried
}

describe('with ids of another organisation', () => {
  let tried: Tried[]
  let before: Record<string, string>
  beforeAll(async () => {
    before = await fingerprint(world.owner, victim)
    tried = []
    const queue = [...operations]
    const work = async (): Promise<void> => {
      for (let next = queue.pop(); next; next = queue.pop()) tried.push(...(await tryEverything(...next)))
    }
    await Promise.all(Array.from({ length: 6 }, work))
  }, 120_000)

  test('no operation says a word of what is there', () => {
    expect(tried.filter(({ said }) => said.includes(CANARY))).toEqual([])
  })

  test('what is there is seen by those who belong there, so that silence means something', async () => {
    const seen: string[] = []
    const look = async (name: string, action: Action): Promise<void> => {
      for (const id of strangers.ids) {
        const input = fitted(action.input, inputWith(schemaOf(action.input), id, 'required'))
        const { said } = await attempt(name, action, input, victim)
        if (said.includes(CANARY)) return void seen.push(name)
      }
    }
    await Promise.all(operations.filter(([, { kind }]) => kind === 'query').map((operation) => look(...operation)))
    expect(seen.length).toBeGreaterThan(5)
  })

  test('no operation changes anything there', async () => {
    expect(await fingerprint(world.owner, victim)).toEqual(before)
  })

  test('every operation refuses by a rule, and breaks in none', () => {
    const bugs = new Map(
      tried
        .filter(({ outcome }) => outcome.startsWith('BUG'))
        .map(({ name, input, outcome }) => [name, { input, outcome }]),
    )
    expect(Object.fromEntries(bugs)).toEqual({})
  })

  test('every operation was reached, not only its input check', () => {
    const reached = new Set(tried.filter(({ outcome }) => outcome !== 'INVALID_INPUT').map(({ name }) => name))
    expect(operations.map(([name]) => name).filter((name) => !reached.has(name))).toEqual([])
  })
})

describe('who may do what', () => {
  test('is agreed for every operation and role', async () => {
    const table = operations
      .map(([name, { kind, may }]) => `${name} (${kind}): ${may.join(' ')}`)
      .toSorted()
      .join('\n')
    await expect(table + '\n').toMatchFileSnapshot('golden/permissions.txt')
  })

  test('is denied unless an operation names the role', () => {
    for (const [name, action] of operations) {
      expect(action.may.length, name).toBeGreaterThan(0)
      for (const role of PERSON_ROLES)
        expect(isPermitted(name, action, [role]), `${name} by ${role}`).toBe(action.may.includes(role))
      expect(isPermitted(name, action, []), name).toBe(false)
    }
  })

  test('is denied to a key without a scope that covers it, whatever its maker’s roles', () => {
    for (const [name, action] of operations) {
      const key = { ...actorWith('org_x', action.may, 'key_x'), scopes: ['nothing.*', `${name}x`, name.slice(0, -1)] }
      expect(() => permit(name, action, key), name).toThrow(Refused)
      expect(() => permit(name, action, { ...key, scopes: [name] }), name).not.toThrow()
    }
  })

  const commands = operations.filter(([, { kind }]) => kind === 'command')
  const commandsOf = (role: PersonRole): string[] =>
    commands.filter(([, { may }]) => may.includes(role)).map(([name]) => name)

  test('leaves auditors nothing to create or change of what management answers for', () => {
    const management = /^(system|criteria|policies|controls|connections|checks|evidence)\./
    // An auditor takes or rejects what was put forward; looking at a file or trying a check changes nothing.
    const judging = ['evidence.decide', 'evidence.preview', 'checks.try']
    for (const role of AUDITORS)
      expect(
        commandsOf(role).filter((name) => management.test(name) && !judging.includes(name)),
        role,
      ).toEqual([])
  })

  test('lets an adviser approve, accept, decide and attest nothing', () => {
    expect(
      commandsOf('advisor').filter((name) => /\.(approve|accept|decide|attest|exclude|verify)/i.test(name)),
    ).toEqual([])
  })

  test('shows employees their own and the policies, and report users their own', () => {
    const own = operations.filter(([, { may }]) => may === EVERYONE).map(([name]) => name)
    expect(own).toEqual(['me.get', 'people.keys', 'people.createKey', 'people.revokeKey'])
    const others = (role: PersonRole): string[] =>
      operations.filter(([name, { may }]) => may.includes(role) && !own.includes(name)).map(([name]) => name)
    expect(others('employee').filter((name) => !['policies.list', 'policies.get'].includes(name))).toEqual([])
    expect(others('report_user')).toEqual([])
  })
})

function isPermitted(name: string, action: Action, roles: readonly Role[]): boolean {
  try {
    permit(name, action, actorWith('org_x', roles))
    return true
  } catch (error) {
    if (error instanceof Refused) return false
    throw error
  }
}
