// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { actions } from '../features/index.ts'
import { query, READERS, type Action, type Ctx } from '../lib/action.ts'
import { sql } from '../lib/db.ts'
import { Refused } from '../lib/refused.ts'
import { givenProgramme } from '../test/programme.ts'
import { json, openDoors, type Doors, type Person } from '../test/door.ts'

/** How often the question was answered anew. */
let made = 0
let isRefused = false
const look = query({
  summary: 'Count the people of the organisation',
  may: READERS,
  shared: true,
  input: z.strictObject({ about: z.string().optional() }),
  output: z.object({ people: z.number(), org: z.string(), as_of: z.string() }),
  async run({ tx, asOf }) {
    made++
    if (isRefused) throw new Refused('NOT_NOW', 'expected another moment', { status: 409 })
    const { n } = await tx.one<{ n: number }>(sql`select count(*) as n from person where org_id = ${tx.org}`)
    return { people: n, org: tx.org, as_of: asOf }
  },
})
type Looked = z.infer<typeof look.output>

let doors: Doors
let owner: Person
beforeAll(async () => {
  doors = await openDoors({ ...actions, 'test.look': look })
  owner = await doors.owner()
})
afterAll(() => doors.close())
beforeEach(() => {
  made = 0
  isRefused = false
  doors.world.clock.advance(60_000)
})

const ask = async (who: Person = owner, input: object = {}): Promise<Looked> =>
  json<Looked>(await who.query('test.look', input))

test('people who look at once share answers, also while others write to the same server of databases', async () => {
  await ask()
  const look = async (): Promise<number> => {
    made = 0
    doors.world.clock.advance(1000)
    await Promise.all(Array.from({ length: 20 }, () => ask()))
    return made
  }
  // Any commit on the server begins a new answer; other tests commit all the time, but not between every two of twenty.
  await expect.poll(look, { timeout: 20_000 }).toBeLessThanOrEqual(10)
})

test('whatever is committed shows at once', async () => {
  const before = await ask()
  await doors.join(owner, ['control_owner'])
  const after = await ask()
  expect(after.people).toBe(before.people + 1)
})

test('another input, another day and another organisation are other questions', async () => {
  const day = '/api/v1/test.look?asOf=2026-02-01'
  await ask()
  await ask(owner, { about: 'something else' })
  expect(json<Looked>(await owner.get(day)).as_of).toMatch(/^2026-02-01/)
  expect(json<Looked>(await owner.get(`${day}&knownAt=2026-02-02`)).as_of).toMatch(/^2026-02-01/)
  expect(made).toBe(4)
})

test('whoever may not ask is refused, whether or not there is an answer', async () => {
  const employee = await doors.join(owner, ['employee'])
  await ask()
  expect((await employee.query('test.look')).statusCode).toBe(403)
})

test('a refusal is kept for nobody', async () => {
  isRefused = true
  expect((await owner.query('test.look')).statusCode).toBe(409)
  isRefused = false
  expect((await owner.query('test.look')).statusCode).toBe(200)
})

const shared = Object.entries(actions as Readonly<Record<string, Action>>).filter(([, action]) => action.shared)
const INPUTS: Readonly<Record<string, object>> = {
  'readiness.control': { id: 'IAM-02' },
  'readiness.criterion': { id: 'CC6.1' },
}

describe('a question that is answered once for all', () => {
  beforeAll(() => givenProgramme(doors.world, { controls: ['IAM-02'] }))

  test.each(shared)('is a question, and %s does not look at who asks', async (name, action) => {
    expect(action.kind).toBe('query')
    const { world } = doors
    await world.tenant(async (tx) => {
      const nobody = { tx, now: tx.now, asOf: tx.now, knownAt: tx.now, config: world.config, log: world.log }
      expect(await action.run(nobody as unknown as Ctx, action.input.parse(INPUTS[name] ?? {}))).toBeDefined()
    })
  })
})
