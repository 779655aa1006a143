// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { query, READERS, type Ctx } from '../../lib/action.ts'
import { keyDay, keyOf, page, pageInput, pageOf } from '../../lib/page.ts'
import { Refused } from '../../lib/refused.ts'
import { localDate as dayOf, type LocalDate } from '../../lib/time.ts'
import { localDate } from '../system/scope.ts'
import { scopeAt } from '../system/system.store.ts'
import { isFinished, SEVERITIES, TASK_STATES, TASK_TYPES } from './task.ts'
import { getTask, listEvents, listTasks, type TaskRow } from './tasks.store.ts'

const UNFINISHED = ['open', 'planned', 'in_progress', 'ready_for_verification', 'accepted'] as const

const stand = {
  state: z.enum(TASK_STATES),
  severity: z.enum(SEVERITIES),
  owner: z.string().nullable(),
  due_on: z.string(),
  finding: z.string(),
  remediation: z.string(),
  compensating_control: z.string().nullable(),
  accepted_until: z.string().nullable(),
}
const row = z.object({
  id: z.string(),
  n: z.number().describe('Number of its last event'),
  type: z.enum(TASK_TYPES),
  title: z.string(),
  ...stand,
  owner_name: z.string().nullable(),
  overdue: z.boolean(),
  control_id: z.string().nullable(),
  criterion_id: z.string().nullable(),
  policy_id: z.string().nullable(),
  by_rule: z.boolean().describe('Found by a rule, which closes it when it finds it no more'),
  detected_by: z.string(),
  recorded_at: z.string(),
  changed_at: z.string(),
})

/** The local day of the question. */
export const today = async (ctx: Pick<Ctx, 'tx' | 'asOf' | 'knownAt'>): Promise<LocalDate> =>
  dayOf(ctx.asOf, (await scopeAt(ctx.tx, ctx))?.document.time_zone ?? 'UTC')

const viewOf = (of: TaskRow, day: LocalDate): z.infer<typeof row> => ({
  ...of,
  overdue: !isFinished(of.state) && of.state !== 'accepted' && of.due_on < day,
  by_rule: of.rule_key !== null,
})

export const list = query({
  summary: 'List tasks by the day they are due',
  may: READERS,
  shared: true,
  input: z.strictObject({
    ...pageInput,
    state: z.enum([...TASK_STATES, 'unfinished']).optional(),
    owner: z.string().optional(),
    type: z.enum(TASK_TYPES).optional(),
    severity: z.enum(SEVERITIES).optional(),
    due_before: localDate.optional(),
    control: z.string().optional(),
    criterion: z.string().optional(),
    search: z.string().max(200).optional(),
  }),
  output: pageOf(row),
  async run(ctx, { state, limit, after, ...filter }) {
    const key = keyOf(after, z.tuple([keyDay, z.string()]))
    const states = state === undefined ? undefined : state === 'unfinished' ? UNFINISHED : [state]
    const rows = await listTasks(ctx.tx, { ...filter, states }, ctx.knownAt, limit, key)
    const day = await today(ctx)
    return page(
      rows.map((r) => viewOf(r, day)),
      limit,
      (r) => [r.due_on, r.id],
    )
  },
})

export const get = query({
  summary: 'Show one task with its story',
  may: READERS,
  input: z.strictObject({ id: z.string() }),
  output: row.extend({
    events: z.array(
      z.object({
        n: z.number(),
        ...stand,
        because: z.string(),
        acted_by: z.string(),
        recorded_at: z.string(),
        manifest: z.string(),
      }),
    ),
  }),
  async run(ctx, { id }) {
    const found = await getTask(ctx.tx, id, ctx.knownAt)
    if (!found) throw unknown(id)
    return { ...viewOf(found, await today(ctx)), events: await listEvents(ctx.tx, id, ctx.knownAt) }
  },
})

export const unknown = (id: string): Refused =>
  new Refused('UNKNOWN_TASK', `there is no task ${id}`, { status: 404, pointer: '/id' })
