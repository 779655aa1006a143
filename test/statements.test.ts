// SPDX-License-Identifier: Apache-2.0
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { actions } from '../features/index.ts'
import { actActions } from '../features/evidence/acts.actions.ts'
import { connectionsActions } from '../features/connections/connections.actions.ts'
import { syncCatalogChecks } from '../features/monitoring/versions.store.ts'
import { refreshGaps } from '../features/tasks/refresh.store.ts'
import { reportsActions } from '../features/reports/reports.actions.ts'
import { tasksActions } from '../features/tasks/tasks.actions.ts'
import type { Action } from '../lib/action.ts'
import { Refused } from '../lib/refused.ts'
import { addDays } from '../lib/time.ts'
import { fitted, inputWith, schemaOf } from './inputs.ts'
import { ANNA, givenDocument, givenProgramme } from './programme.ts'
import { givenReading } from './readings.ts'
import { createWorld, type World } from './world.ts'

/*
 * A page waits for the database as often as its query asks, and a database may be ten milliseconds away. So no query asks
 * more than three times, and none asks more often because there is more to show. An operation that is added tomorrow is
 * counted tomorrow.
 */

const MOST = 3
/** A proof follows the record to its leaf, and the leaf to the tiles on its way to the root: each step names the next. */
const MORE: Readonly<Record<string, number>> = { 'ledger.proof': 8 }
/** Not pages: they read everything there is, on purpose, to check it. */
const WHOLE = new Set(['ledger.check', 'ledger.checkEvidence'])
const queries = Object.entries(actions as Readonly<Record<string, Action>>).filter(
  ([name, { kind }]) => kind === 'query' && !WHOLE.has(name),
)

let world: World
let statements: string[] = []
beforeAll(async () => {
  world = await createWorld()
  await givenProgramme(world, { controls: ['IAM-02', 'IAM-06', 'CHG-02', 'END-01', 'GOV-01'] })
  await world.tenant((tx) => syncCatalogChecks(tx, world.jobs))
  const ask = Reflect.get(pg.Client.prototype, 'query') as (...args: unknown[]) => unknown
  vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function counted(this: pg.Client, ...args: unknown[]) {
    const [statement] = args
    const text = typeof statement === 'string' ? statement : (statement as { text?: string }).text
    if (text !== undefined) statements.push(text.replaceAll(/\s+/g, ' ').trim())
    return Reflect.apply(ask, this, args) as never
  })
}, 120_000)
afterAll(async () => {
  vi.restoreAllMocks()
  await world.close()
})

/** What every operation does, whatever it is: begin, say who asks, commit. */
const isSetUp = (text: string): boolean =>
  /^(?:begin|start transaction|commit|set transaction)/i.test(text) || text.includes("set_config('app.org'")

/** So many of everything that lists show. */
async function growTo(n: number, from: number): Promise<void> {
  const each = async (make: (i: number) => Promise<unknown>): Promise<void> => {
    for (let i = from; i < n; i++) await make(i)
  }
  const manager = world.actor(['so_admin'])
  const at = world.clock().toISOString()
  const of = <T>(make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i))
  const email = (i: number): string => `person-${i}@acme.test`
  await givenReading(world, {
    kind: 'person',
    rows: of((i) => ({
      id: `p${i}`,
      name: `Person ${i}`,
      email: email(i),
      type: 'employee',
      title: null,
      manager: null,
      started_on: '2024-01-01',
      ended_on: i % 5 === 0 ? '2026-01-31' : null,
    })),
  })
  await givenReading(world, {
    kind: 'user-account',
    rows: of((i) => ({
      system: 'wiki',
      account: `a${i}`,
      email: email(i),
      name: null,
      status: 'active',
      is_admin: false,
      mfa: i % 3 > 0,
      last_sign_in: at,
      created_at: null,
      disabled_at: null,
    })),
  })
  await givenReading(world, {
    kind: 'device',
    rows: of((i) => ({
      id: `d${i}`,
      owner_email: email(i),
      platform: 'linux',
      os_version: '1',
      disk_encrypted: i % 4 > 0,
      screen_lock: true,
      last_seen: at,
    })),
  })
  const anna = { ...world.actor(['control_owner']), id: ANNA }
  await each(async (i) => {
    const collection = await givenDocument(world, `Minutes ${i}`)
    const day = addDays('2026-01-02', i % 50)
    await world.perform(
      'evidence.link',
      actActions['evidence.link'],
      { collection, control: 'GOV-01', slot: 'document-1', period_from: day, period_to: day },
      anna,
    )
    const attestation = {
      control: 'GOV-01',
      statement: 'Done as the statement says.',
      outcome: 'performed',
      period_from: day,
      period_to: day,
      evidence: [collection],
    }
    await world.perform('evidence.attest', actActions['evidence.attest'], attestation, anna)
    const task = {
      title: `Task ${i}`,
      finding: 'It is not done yet.',
      remediation: 'Do it, and say so.',
      owner: ANNA,
      control_id: 'GOV-01',
    }
    await world.perform('tasks.create', tasksActions['tasks.create'], task, manager)
    await world.perform(
      'connections.create',
      connectionsActions['connections.create'],
      { connector: 'git', name: `code ${i}`, config: { location: world.folder } },
      manager,
    )
  })
  await world.perform('bundles.export', reportsActions['bundles.export'], { name: `bundle-${n}` }, manager)
  await world.tenant(refreshGaps)
  await world.sequence()
}

/** Every text that could be an id of something in this world. */
async function ids(): Promise<(string | number)[]> {
  const columns = (
    await world.owner.query<{ t: string; c: string }>(`
      select table_name as t, column_name as c from information_schema.columns
      where table_schema = 'public' and (column_name ~ '(^|_)id$' or column_name in ('n', 'i', 'manifest')) and data_type in ('text', 'bigint', 'integer')`)
  ).rows
  const found = new Set<string | number>(['IAM-02', 'GOV-01', 'CC6.1', '2026-02-01'])
  for (const { t, c } of columns) {
    const { rows } = await world.owner.query<{ id: string | number }>(
      `select distinct ${c} as id from ${t} order by 1 desc limit 3`,
    )
    for (const { id } of rows) if (id !== null) found.add(id)
  }
  return [...found]
}

/** Runs each query with inputs until one is answered; gives the statements each needed. */
async function countAll(): Promise<Map<string, readonly string[]>> {
  const candidates = await ids()
  const subject = `select id from subject where kind = 'device' order by id limit 1`
  // What is named by two ids that differ.
  const pairs: Readonly<Record<string, unknown>> = {
    'checks.outcome': {
      id: 'devices-have-owners',
      subject_id: (await world.owner.query<{ id: string }>(subject)).rows[0]?.id,
    },
  }
  const counted = new Map<string, readonly string[]>()
  for (const [name, action] of queries)
    for (const id of candidates) {
      const input = pairs[name] ?? fitted(action.input, inputWith(schemaOf(action.input), id, 'required'))
      statements = []
      try {
        await world.perform(name, action, input, { ...world.actor(action.may), id: ANNA })
      } catch (error) {
        if (error instanceof Refused) continue
        throw error
      }
      counted.set(
        name,
        statements.filter((text) => !isSetUp(text)),
      )
      break
    }
  return counted
}

describe('how often a query asks the database', () => {
  const UNANSWERED = ['checks.try', 'evidence.inspect']
  let few: Map<string, readonly string[]>
  let many: Map<string, readonly string[]>
  beforeAll(async () => {
    await growTo(15, 0)
    few = await countAll()
    await growTo(150, 15)
    many = await countAll()
  }, 240_000)

  test('every query was answered', () => {
    expect(queries.map(([name]) => name).filter((name) => !many.has(name) && !UNANSWERED.includes(name))).toEqual([])
  })

  test(`is at most ${MOST} times`, () => {
    const over = [...many].filter(([name, asked]) => asked.length > (MORE[name] ?? MOST))
    expect(Object.fromEntries(over.map(([name, asked]) => [name, asked.map((text) => text.slice(0, 100))]))).toEqual({})
  })

  test('is the same for 15 and for 150 of everything', () => {
    const count = (of: Map<string, readonly string[]>) =>
      Object.fromEntries([...of].map(([name, asked]) => [name, asked.length]))
    expect(count(many)).toEqual(count(few))
  })
})
