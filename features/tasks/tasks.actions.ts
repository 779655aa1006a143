// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { framework } from '../../catalog/framework.ts'
import { rulebook } from '../../catalog/rulebook.ts'
import { command, MANAGERS, type Ctx } from '../../lib/action.ts'
import type { JobHandler } from '../../lib/jobs.ts'
import { Refused } from '../../lib/refused.ts'
import { asSystem, type Services } from '../../lib/services.ts'
import { listPossibleOwners } from '../controls/controls.store.ts'
import { recordAudit } from '../ledger/ledger.store.ts'
import { localDate } from '../system/scope.ts'
import { get, list, today, unknown } from './reading.actions.ts'
import { refreshGaps } from './refresh.store.ts'
import {
  checkAcceptance,
  checkMove,
  checkVerifier,
  dueOn,
  SEVERITIES,
  TASK_STATES,
  TASK_TYPES,
  type TaskStand,
} from './task.ts'
import { listEvents, saveEvents, saveTasks, takeTask, type TaskRow } from './tasks.store.ts'

const WORKERS = [...MANAGERS, 'control_owner', 'executive'] as const

const text = z.string().trim().min(1).max(4000)
const reason = z.string().trim().min(10, 'expected the reason in at least 10 characters').max(2000)
const saved = z.object({ id: z.string(), n: z.number(), state: z.enum(TASK_STATES) })

async function checkOwner(ctx: Ctx, owner: string | null): Promise<void> {
  if (owner !== null && (await listPossibleOwners(ctx.tx, [owner])).length === 0)
    throw new Refused('UNKNOWN_OWNER', `a task is owned by an active person on management's side; ${owner} is none`, {
      pointer: '/owner',
    })
}

const create = command({
  summary: 'Note work to do, or a gap that no rule can see',
  may: [...WORKERS, 'advisor'],
  input: z.strictObject({
    type: z.enum(TASK_TYPES).default('other'),
    title: z.string().trim().min(1).max(300),
    finding: text,
    remediation: text,
    severity: z.enum(SEVERITIES).default('medium'),
    owner: z.string().nullable().default(null),
    due_on: localDate.optional().describe('By severity unless given: 14, 30, 60 or 90 days'),
    control_id: z.string().optional(),
    criterion_id: z.string().optional(),
  }),
  output: saved,
  async run(ctx, input) {
    const { controls, criteria } = framework()
    if (input.control_id !== undefined && !controls.has(input.control_id))
      throw new Refused('UNKNOWN_CONTROL', `there is no control ${input.control_id}`, { pointer: '/control_id' })
    if (input.criterion_id !== undefined && !criteria.has(input.criterion_id))
      throw new Refused('UNKNOWN_CRITERION', `there is no criterion ${input.criterion_id}`, {
        pointer: '/criterion_id',
      })
    await checkOwner(ctx, input.owner)
    const [id = ''] = await saveTasks(ctx.tx, [
      {
        rule_key: null,
        type: input.type,
        title: input.title,
        control_id: input.control_id ?? null,
        criterion_id: input.criterion_id ?? null,
        policy_id: null,
        detected_by: ctx.actor.id,
      },
    ])
    const begun: TaskStand = {
      state: 'open',
      severity: input.severity,
      owner: input.owner,
      due_on: input.due_on ?? dueOn(await today(ctx), input.severity, rulebook().gap_target_days),
      finding: input.finding,
      remediation: input.remediation,
      compensating_control: null,
      accepted_until: null,
    }
    return await act(ctx, { id, n: 0 }, [begun], 'noted by a person')
  },
})

/** Appends the stands of one act of a person. */
async function act(
  ctx: Ctx,
  task: Pick<TaskRow, 'id' | 'n'>,
  stands: readonly TaskStand[],
  because: string,
): Promise<z.infer<typeof saved>> {
  await saveEvents(
    ctx.tx,
    stands.map((of, i) => ({ task_id: task.id, n: task.n + 1 + i, stand: of, because })),
  )
  const state = stands.at(-1)?.state ?? 'open'
  await recordAudit(ctx.tx, {
    event: 'task.changed',
    subject: task.id,
    details: { state, version: task.n + stands.length },
  })
  return { id: task.id, n: task.n + stands.length, state }
}

/** The task with other writers locked out. @throws Refused UNKNOWN_TASK, TASK_CHANGED */
async function take(ctx: Ctx, id: string, based_on: number | undefined): Promise<TaskRow> {
  const task = await takeTask(ctx.tx, id)
  if (!task) throw unknown(id)
  if (based_on !== undefined && based_on !== task.n)
    throw new Refused('TASK_CHANGED', `expected a change of event ${task.n}, got one of ${based_on}; look again`, {
      status: 409,
      pointer: '/based_on',
    })
  return task
}

const based_on = z.number().int().min(1).optional().describe('The event this change was made from')

const update = command({
  summary: 'Plan a task, hand it on, move it forward, or say that it is ready for verification',
  may: WORKERS,
  input: z.strictObject({
    id: z.string(),
    based_on,
    state: z.enum(['open', 'planned', 'in_progress', 'ready_for_verification']).optional(),
    owner: z.string().nullable().optional(),
    due_on: localDate.optional(),
    remediation: text.optional(),
    because: z.string().trim().max(2000).default(''),
  }),
  output: saved,
  async run(ctx, input) {
    const task = await take(ctx, input.id, input.based_on)
    const manages = ctx.actor.roles.some((role) => (MANAGERS as readonly string[]).includes(role))
    if (!manages && task.owner !== ctx.actor.id)
      throw new Refused('NOT_YOURS', 'a task is changed by its owner or by those who run the programme', {
        status: 403,
      })
    const next: TaskStand = {
      ...task,
      state: input.state ?? task.state,
      owner: input.owner === undefined ? task.owner : input.owner,
      due_on: input.due_on ?? task.due_on,
      remediation: input.remediation ?? task.remediation,
      accepted_until: input.state === undefined ? task.accepted_until : null,
    }
    checkMove(task, next)
    if (
      next.state === task.state &&
      next.owner === task.owner &&
      next.due_on === task.due_on &&
      next.remediation === task.remediation
    )
      throw new Refused('NOTHING_CHANGED', 'the task says the same already')
    if (next.owner !== task.owner) await checkOwner(ctx, next.owner)
    return await act(ctx, task, [next], input.because || 'changed by a person')
  },
})

const accept = command({
  summary: 'Accept a gap until a day, with the reason and what makes up for it',
  may: ['executive', 'compliance_manager'],
  input: z.strictObject({
    id: z.string(),
    based_on,
    until: localDate.describe('Within 12 months'),
    because: reason,
    compensating_control: z.string().optional().describe('A control in scope that reduces what is left'),
  }),
  output: saved,
  async run(ctx, input) {
    const task = await take(ctx, input.id, input.based_on)
    checkAcceptance(task, input.until, await today(ctx), ctx.actor.roles.includes('executive'))
    if (input.compensating_control !== undefined && !framework().controls.has(input.compensating_control))
      throw new Refused('UNKNOWN_CONTROL', `there is no control ${input.compensating_control}`, {
        pointer: '/compensating_control',
      })
    const next: TaskStand = {
      ...task,
      state: 'accepted',
      accepted_until: input.until,
      compensating_control: input.compensating_control ?? task.compensating_control,
    }
    return await act(ctx, task, [next], input.because)
  },
})

const verify = command({
  summary: 'Verify as another person that the work is done; or send it back',
  may: WORKERS,
  input: z.strictObject({ id: z.string(), based_on, done: z.boolean(), because: reason }),
  output: saved,
  async run(ctx, input) {
    const task = await take(ctx, input.id, input.based_on)
    checkVerifier(task, await listEvents(ctx.tx, input.id, ctx.now), ctx.actor.id)
    const stands: TaskStand[] = input.done
      ? [
          { ...task, state: 'verified' },
          { ...task, state: 'closed' },
        ]
      : [{ ...task, state: 'in_progress' }]
    return await act(ctx, task, stands, input.because)
  },
})

export const tasksActions = {
  'tasks.list': list,
  'tasks.get': get,
  'tasks.create': create,
  'tasks.update': update,
  'tasks.accept': accept,
  'tasks.verify': verify,
}

/** Keeps tasks in line with the gaps: after every change that may open or close one, and every hour. */
export const tasksJobs = {
  gaps:
    (services: Services): JobHandler =>
    async ({ org }) => {
      await asSystem(services, org, refreshGaps)
    },
}
