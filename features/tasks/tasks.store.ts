// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { newId } from '../../lib/ids.ts'
import type { Instant, LocalDate } from '../../lib/time.ts'
import { appendLeaves } from '../ledger/ledger.store.ts'
import type { KeptTask, TaskStand, TaskState, TaskType } from './task.ts'

export interface TaskRow extends TaskStand {
  readonly id: string
  readonly n: number
  readonly type: TaskType
  readonly title: string
  readonly rule_key: string | null
  readonly control_id: string | null
  readonly criterion_id: string | null
  readonly policy_id: string | null
  readonly detected_by: string
  readonly recorded_at: Instant
  readonly owner_name: string | null
  readonly changed_at: Instant
  readonly acted_by: string
}

const TASK = (tx: Tx, knownAt: Instant): ReturnType<typeof sql> => sql`
  select t.id, t.rule_key, t.type, t.title, t.control_id, t.criterion_id, t.policy_id, t.detected_by, t.recorded_at,
    e.n, e.state, e.severity, e.owner, p.name as owner_name, e.due_on, e.finding, e.remediation, e.compensating_control,
    e.accepted_until, e.recorded_at as changed_at, e.acted_by
  from task t
  join lateral (
    select * from task_event e
    where e.org_id = t.org_id and e.task_id = t.id and e.recorded_at <= ${knownAt}
    order by e.n desc limit 1) e on true
  left join person p on p.org_id = t.org_id and p.user_id = e.owner
  where t.org_id = ${tx.org} and t.recorded_at <= ${knownAt}`

export interface TaskFilter {
  readonly owner?: string | undefined
  readonly states?: readonly TaskState[] | undefined
  readonly type?: string | undefined
  readonly severity?: string | undefined
  readonly due_before?: LocalDate | undefined
  readonly control?: string | undefined
  readonly criterion?: string | undefined
  readonly search?: string | undefined
}

/** Tasks by the day they are due. Asks for one row more than the page. */
export async function listTasks(
  tx: Tx,
  filter: TaskFilter,
  knownAt: Instant,
  limit: number,
  after?: readonly [LocalDate, string],
): Promise<TaskRow[]> {
  const states = filter.states ? [...filter.states] : null
  const pattern =
    filter.search === undefined ? null : `%${filter.search.replaceAll(/[\\%_]/g, (special) => '\\' + special)}%`
  return await tx.rows<TaskRow>(sql`
    ${TASK(tx, knownAt)}
      and (${filter.owner ?? null}::text is null or e.owner = ${filter.owner ?? null})
      and (${states}::text[] is null or e.state = any(${states}::text[]))
      and (${filter.type ?? null}::text is null or t.type = ${filter.type ?? null})
      and (${filter.severity ?? null}::text is null or e.severity = ${filter.severity ?? null})
      and (${filter.due_before ?? null}::date is null or e.due_on < ${filter.due_before ?? null}::date)
      and (${filter.control ?? null}::text is null or t.control_id = ${filter.control ?? null})
      and (${filter.criterion ?? null}::text is null or t.criterion_id = ${filter.criterion ?? null} or exists (
        select from control_version v
        where v.org_id = t.org_id and v.control_id = t.control_id and ${filter.criterion ?? null} = any(v.criteria)
          and v.n = (select max(n) from control_version x where x.org_id = v.org_id and x.control_id = v.control_id)))
      and (${pattern}::text is null or t.title ilike ${pattern})
      and (${after === undefined} or (e.due_on, t.id) > (${after?.[0] ?? null}::date, ${after?.[1] ?? null}))
    order by e.due_on, t.id
    limit ${limit + 1}`)
}

export async function getTask(tx: Tx, id: string, knownAt: Instant): Promise<TaskRow | undefined> {
  return await tx.maybe<TaskRow>(sql`${TASK(tx, knownAt)} and t.id = ${id}`)
}

/** Makes those who change a task take turns, then gives it as it stands. */
export async function takeTask(tx: Tx, id: string): Promise<TaskRow | undefined> {
  await lockTasks(tx)
  return await getTask(tx, id, tx.now)
}

/** Writers of tasks take turns until the transaction ends. */
export async function lockTasks(tx: Tx): Promise<void> {
  await tx.run(sql`select pg_advisory_xact_lock(hashtextextended(${`tasks:${tx.org}`}, 0))`)
}

/** All tasks for the rules, whatever their state; the day of the last event is local. */
export async function listKept(tx: Tx, timeZone: string): Promise<(KeptTask & { readonly n: number })[]> {
  return await tx.rows(sql`
    select x.*, (x.changed_at at time zone ${timeZone})::date as acted_on
    from (${TASK(tx, tx.now)}) x
    where x.rule_key is not null or x.state = 'accepted'
    order by x.id`)
}

export interface TaskHead {
  readonly rule_key: string | null
  readonly type: TaskType
  readonly title: string
  readonly control_id: string | null
  readonly criterion_id: string | null
  readonly policy_id: string | null
  readonly detected_by: string
}

/** Saves the heads of new tasks; gives their ids in the same order. Their first events follow. */
export async function saveTasks(tx: Tx, heads: readonly TaskHead[]): Promise<string[]> {
  if (heads.length === 0) return []
  const rows = heads.map((head) => ({ ...head, id: newId('tsk', Date.parse(tx.now)) }))
  await tx.run(sql`
    insert into task (org_id, id, rule_key, type, title, control_id, criterion_id, policy_id, detected_by)
    select ${tx.org}, r.id, r.rule_key, r.type, r.title, r.control_id, r.criterion_id, r.policy_id, r.detected_by
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) r (id text, rule_key text, type text, title text,
      control_id text, criterion_id text, policy_id text, detected_by text)`)
  return rows.map((row) => row.id)
}

export interface EventDraft {
  readonly task_id: string
  readonly n: number
  readonly stand: TaskStand
  readonly because: string
}

/** Appends events, each with its `state` leaf, in six statements however many there are. */
export async function saveEvents(tx: Tx, drafts: readonly EventDraft[]): Promise<void> {
  if (drafts.length === 0) return
  const flat = drafts.map(({ task_id, n, stand, because }) => ({
    task_id,
    n,
    state: stand.state,
    severity: stand.severity,
    owner: stand.owner,
    due_on: stand.due_on,
    finding: stand.finding,
    remediation: stand.remediation,
    compensating_control: stand.compensating_control,
    accepted_until: stand.accepted_until,
    because,
  }))
  const leaves = await appendLeaves(
    tx,
    flat.map((event) => ({
      kind: 'state' as const,
      stream: `task:${event.task_id}`,
      predicate: { record: 'task-event', ...event },
    })),
  )
  const rows = flat.map((event, i) => ({ ...event, manifest: leaves[i]?.manifest }))
  await tx.run(sql`
    insert into task_event (org_id, task_id, n, state, severity, owner, due_on, finding, remediation, compensating_control,
      accepted_until, because, acted_by, manifest)
    select ${tx.org}, r.task_id, r.n, r.state, r.severity, r.owner, r.due_on, r.finding, r.remediation,
      r.compensating_control, r.accepted_until, r.because, ${tx.actor}, r.manifest
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) r (task_id text, n int, state text, severity text, owner text,
      due_on date, finding text, remediation text, compensating_control text, accepted_until date, because text, manifest text)`)
}

export interface EventRow extends TaskStand {
  readonly n: number
  readonly because: string
  readonly acted_by: string
  readonly recorded_at: Instant
  readonly manifest: string
}

/** The story of a task, newest first. */
export async function listEvents(tx: Tx, task_id: string, knownAt: Instant): Promise<EventRow[]> {
  return await tx.rows<EventRow>(sql`
    select n, state, severity, owner, due_on, finding, remediation, compensating_control, accepted_until, because, acted_by,
      recorded_at, manifest
    from task_event
    where org_id = ${tx.org} and task_id = ${task_id} and recorded_at <= ${knownAt}
    order by n desc limit 500`)
}
