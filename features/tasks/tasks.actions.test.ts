// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { controlsActions } from '../controls/controls.actions.ts'
import { addPerson } from '../people/people.store.ts'
import { policiesActions } from '../policies/policies.actions.ts'
import { readinessActions } from '../readiness/readiness.actions.ts'
import { syncCatalogChecks } from '../monitoring/versions.store.ts'
import { sql } from '../../lib/db.ts'
import { ANNA, BORIS, givenAttestation, givenProgramme, goTo } from '../../test/programme.ts'
import { account, givenReading } from '../../test/readings.ts'
import { createWorld, type World } from '../../test/world.ts'
import { tasksActions, tasksJobs } from './tasks.actions.ts'

const actions = { ...tasksActions, ...readinessActions, ...controlsActions, ...policiesActions }
type Name = keyof typeof actions
const LEAD = 'usr_00000000000000000000000003'
let world: World
const as = (id: string, ...roles: Parameters<World['actor']>[0]) => ({ ...world.actor(roles), id })
const run = <N extends Name>(name: N, input: unknown, who = world.actor(['so_admin'])) =>
  world.perform(name, actions[name], input, who)
const refresh = () =>
  tasksJobs.gaps(world)({ org: world.org, actor: 'system', input: {}, id: 'job', signal: new AbortController().signal })
const open = async (input: object = {}) => (await run('tasks.list', { state: 'unfinished', limit: 500, ...input })).rows
const events = () =>
  world.tenant((tx) => tx.one<{ n: number }>(sql`select count(*) as n from task_event where org_id = ${tx.org}`))
const refused = (code: string) => expect.objectContaining({ code })

beforeAll(async () => {
  world = await createWorld({ start: '2026-01-02T12:00:00.000Z' })
  await refresh() // Without a scope there is nothing to find.
  await givenProgramme(world, { controls: ['IAM-02', 'IAM-06', 'GOV-03', 'HRS-01'], policies: false })
  await world.tenant((tx) =>
    addPerson(tx, { id: LEAD, name: 'lea', email: 'lea@acme.test', roles: ['compliance_manager'], password: 'none' }),
  )
  await world.tenant((tx) => syncCatalogChecks(tx, world.jobs))
})
afterAll(() => world.close())

describe('gaps', () => {
  it('are found after a change: missing policies and criteria without a control, each with owner, severity and date', async () => {
    expect(world.jobs.waiting.map((job) => job.name)).toContain('gaps')
    await refresh()
    const tasks = await open()
    expect(
      tasks
        .filter((t) => t.type === 'missing_policy')
        .flatMap((t) => t.policy_id ?? [])
        .toSorted((a, b) => (a < b ? -1 : 1)),
    ).toEqual(['POL-03', 'POL-05', 'POL-22'])
    expect(tasks.find((t) => t.criterion_id === 'CC7.5')).toMatchObject({
      type: 'unmapped_criterion',
      severity: 'critical',
      due_on: '2026-01-16',
      owner: LEAD,
      by_rule: true,
      state: 'open',
    })
    expect(tasks.filter((t) => t.owner === null)).toEqual([])
    expect(tasks.map((t) => t.due_on)).toEqual(tasks.map((t) => t.due_on).toSorted())
  })

  it('are the same when the job comes twice', async () => {
    const before = await events()
    await refresh()
    expect(await events()).toEqual(before)
  })

  it('close when the rule finds them no more, verified by the system', async () => {
    await run(
      'policies.approve',
      {
        id: 'POL-05',
        version_label: '1',
        reference: 'wiki',
        sha256: 'a'.repeat(64),
        effective_from: '2025-12-01',
        next_review: '2026-12-01',
      },
      as(BORIS, 'executive'),
    )
    await refresh()
    const task = (await run('tasks.list', { type: 'missing_policy', state: 'closed' })).rows[0]
    expect(task?.policy_id).toBe('POL-05')
    const { events: story } = await run('tasks.get', { id: task?.id })
    expect(story.map((e) => [e.state, e.acted_by])).toEqual([
      ['closed', 'system'],
      ['verified', 'system'],
      ['open', 'system'],
    ])
    expect(story[0]?.because).toContain('finds it no more')
  })

  it('of evidence open only once something is overdue', async () => {
    expect(await open({ control: 'IAM-06' })).toEqual([])
    goTo(world, '2026-04-20') // 106 days after 1 January have passed
    await refresh()
    expect(await open({ control: 'IAM-06' })).toMatchObject([
      { type: 'lacking_documentation', owner: ANNA, severity: 'medium' },
    ])
    expect((await run('readiness.control', { id: 'IAM-06' })).gaps).toHaveLength(1)
    await givenAttestation(world, 'IAM-06', '2026-01-01', '2026-04-19')
    await refresh()
    expect(await open({ control: 'IAM-06' })).toEqual([])
  })

  it('of an ineffective key control are high, belong to its owner, and stay closed once verified until it fails again', async () => {
    for (const [day, mfa] of [
      ['2026-04-21', false],
      ['2026-04-27', false],
    ] as const) {
      goTo(world, day)
      await givenReading(world, {
        kind: 'user-account',
        source: 'identity',
        rows: [account('ada', { mfa }), account('bob')],
      })
    }
    await refresh()
    // Nothing ever passed on a whole day: its check fails, past its grace, and that is the gap, not a missing paper.
    expect((await open({ control: 'IAM-02' })).map((t) => t.type)).toEqual(['ineffective_control'])
    goTo(world, '2026-04-28')
    await givenReading(world, { kind: 'user-account', source: 'identity', rows: [account('ada'), account('bob')] })
    goTo(world, '2026-04-29')
    await refresh()
    const [task] = await open({ control: 'IAM-02' })
    expect(task).toMatchObject({ type: 'ineffective_control', severity: 'high', owner: ANNA, due_on: '2026-05-27' })
    const anna = as(ANNA, 'control_owner')
    const step = (state: string) => run('tasks.update', { id: task?.id, state }, anna)
    await step('planned')
    await step('in_progress')
    await step('ready_for_verification')
    const verify = { id: task?.id, done: true, because: 'saw the policy and the list of accounts' }
    await expect(run('tasks.verify', verify, anna)).rejects.toEqual(refused('OWN_TASK'))
    expect(await run('tasks.verify', verify, as(BORIS, 'control_owner'))).toMatchObject({ state: 'closed' })
    await refresh()
    expect(await open({ control: 'IAM-02' })).toEqual([])
    goTo(world, '2026-05-01')
    await givenReading(world, {
      kind: 'user-account',
      source: 'identity',
      rows: [account('ada', { mfa: false }), account('bob')],
    })
    await refresh()
    expect(await open({ control: 'IAM-02' })).toMatchObject([{ id: task?.id, state: 'open' }])
  })
})

describe('people', () => {
  const noted = (changes: object = {}) =>
    run('tasks.create', {
      title: 'Ransomware',
      finding: 'No plan',
      remediation: 'Write one',
      severity: 'high',
      ...changes,
    })

  it('note a risk that nobody treats, and it caps its criterion', async () => {
    const { id } = await noted({ type: 'unmitigated_risk', criterion_id: 'CC1.4' })
    const { rows } = await run('readiness.criteria', {})
    expect(rows.find((r) => r.id === 'CC1.4')?.caps).toContainEqual({
      at: 0.7,
      because: 'a risk above appetite is untreated: Ransomware',
    })
    await expect(
      run(
        'tasks.accept',
        { id, until: '2026-12-31', because: 'small for us until then' },
        as(ANNA, 'compliance_manager'),
      ),
    ).rejects.toEqual(refused('EXECUTIVE_REQUIRED'))
    await run('tasks.accept', { id, until: '2026-12-31', because: 'small for us until then' }, as(BORIS, 'executive'))
    expect((await run('readiness.criteria', {})).rows.find((r) => r.id === 'CC1.4')?.caps).toEqual([])
    goTo(world, '2027-01-01')
    await refresh()
    expect((await run('tasks.get', { id })).state).toBe('open')
  })

  it('who advise propose work, and neither change, accept nor verify it', async () => {
    const adviser = as('usr_adviser', 'advisor')
    const proposed = { title: 'Name a deputy', finding: 'One person knows it all.', remediation: 'Name another.' }
    const { id } = await run('tasks.create', proposed, adviser)
    for (const [name, input] of [
      ['tasks.update', { id, remediation: 'x' }],
      ['tasks.accept', { id, until: '2027-02-01', because: 'small enough for us' }],
      ['tasks.verify', { id, done: true, because: 'looks good to me' }],
    ] as const)
      await expect(run(name, input, adviser)).rejects.toEqual(refused('FORBIDDEN'))
  })

  it('are refused what they may not, each with its reason', async () => {
    const { id } = await noted()
    await expect(run('tasks.update', { id, state: 'planned' })).rejects.toEqual(refused('PLAN_REQUIRED'))
    await expect(run('tasks.update', { id })).rejects.toEqual(refused('NOTHING_CHANGED'))
    await expect(run('tasks.update', { id, owner: 'usr_nobody' })).rejects.toEqual(refused('UNKNOWN_OWNER'))
    await expect(run('tasks.update', { id, remediation: 'x' }, as(ANNA, 'control_owner'))).rejects.toEqual(
      refused('NOT_YOURS'),
    )
    await expect(run('tasks.update', { id, based_on: 9, remediation: 'x' })).rejects.toEqual(refused('TASK_CHANGED'))
    await expect(run('tasks.update', { id: 'tsk_none', remediation: 'x' })).rejects.toEqual(refused('UNKNOWN_TASK'))
    await expect(run('tasks.get', { id: 'tsk_none' })).rejects.toEqual(refused('UNKNOWN_TASK'))
    await expect(noted({ control_id: 'XXX-01' })).rejects.toEqual(refused('UNKNOWN_CONTROL'))
    await expect(noted({ criterion_id: 'CC9.9' })).rejects.toEqual(refused('UNKNOWN_CRITERION'))
    await expect(run('tasks.create', {}, as(ANNA, 'audit_staff'))).rejects.toEqual(refused('FORBIDDEN'))
    await expect(
      run(
        'tasks.accept',
        { id, until: '2027-02-01', because: 'small for us', compensating_control: 'XXX-01' },
        as(BORIS, 'executive'),
      ),
    ).rejects.toEqual(refused('UNKNOWN_CONTROL'))
  })

  it('list by owner, state, type, criterion and day, page by page', async () => {
    const all = (await run('tasks.list', { limit: 500 })).rows
    const first = await run('tasks.list', { limit: 3 })
    const second = await run('tasks.list', { limit: 3, after: first.next })
    expect([...first.rows, ...second.rows].map((t) => t.id)).toEqual(all.slice(0, 6).map((t) => t.id))
    expect((await run('tasks.list', { owner: ANNA })).rows.every((t) => t.owner === ANNA)).toBe(true)
    expect((await run('tasks.list', { criterion: 'CC6.6' })).rows.map((t) => t.control_id)).toContain('IAM-02')
    expect(
      (await run('tasks.list', { due_before: '2026-01-17', limit: 500 })).rows.every((t) => t.due_on <= '2026-01-16'),
    ).toBe(true)
    expect((await run('tasks.list', { search: 'ransom' })).rows.map((t) => t.title)).toContain('Ransomware')
    expect((await run('tasks.list', { severity: 'critical', limit: 500 })).rows.every((t) => t.overdue)).toBe(true)
  })
})
