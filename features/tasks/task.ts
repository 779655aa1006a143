// SPDX-License-Identifier: Apache-2.0
import { SEVERITIES, GAP_TYPES, type Severity } from '../../catalog/terms.ts'
import { Refused } from '../../lib/refused.ts'
import { addDays, type LocalDate } from '../../lib/time.ts'
import { addMonths } from '../system/period.ts'
import type { Gap } from './gaps.ts'

/**
 * Tasks: gaps that a rule found and work that somebody noted. A task moves from open to verified and closed; who owns it
 * does not verify it, and a gap opens again by itself when its rule fires again.
 */

/** Codes of this slice. */
export type TaskRefusal =
  | 'UNKNOWN_TASK'
  | 'UNKNOWN_CONTROL'
  | 'UNKNOWN_CRITERION'
  | 'UNKNOWN_OWNER'
  | 'TASK_CHANGED'
  | 'WRONG_STATE'
  | 'NOTHING_CHANGED'
  | 'NOT_YOURS'
  | 'OWN_TASK'
  | 'PLAN_REQUIRED'
  | 'EXECUTIVE_REQUIRED'
  | 'ACCEPTED_TOO_LONG'

export const TASK_TYPES = [...GAP_TYPES, 'other'] as const
export type TaskType = (typeof TASK_TYPES)[number]

export const TASK_STATES = [
  'open',
  'planned',
  'in_progress',
  'ready_for_verification',
  'verified',
  'closed',
  'accepted',
] as const
export type TaskState = (typeof TASK_STATES)[number]

export { SEVERITIES }

/** What somebody working on it may do next; verifying, closing and accepting are acts of their own. */
const NEXT: Readonly<Record<TaskState, readonly TaskState[]>> = {
  open: ['planned', 'in_progress'],
  planned: ['open', 'in_progress'],
  in_progress: ['planned', 'ready_for_verification'],
  ready_for_verification: ['in_progress'],
  verified: [],
  closed: [],
  accepted: ['open'],
}

export const isFinished = (state: TaskState): boolean => state === 'verified' || state === 'closed'

/** The task as an event leaves it. */
export interface TaskStand {
  readonly state: TaskState
  readonly severity: Severity
  readonly owner: string | null
  readonly due_on: LocalDate
  readonly finding: string
  readonly remediation: string
  readonly compensating_control: string | null
  readonly accepted_until: LocalDate | null
}

/** @throws Refused WRONG_STATE, PLAN_REQUIRED */
export function checkMove(from: TaskStand, to: TaskStand): void {
  if (to.state === from.state) {
    if (isFinished(from.state))
      throw new Refused('WRONG_STATE', `a task that is ${from.state} no longer changes`, { status: 409 })
    return
  }
  if (!NEXT[from.state].includes(to.state))
    throw new Refused(
      'WRONG_STATE',
      `from ${from.state} a task goes to ${NEXT[from.state].join(' or ') || 'nothing'}, not to ${to.state}`,
      { status: 409, pointer: '/state' },
    )
  if (to.state !== 'open' && to.owner === null)
    throw new Refused('PLAN_REQUIRED', 'work needs an owner before it is planned', { pointer: '/owner' })
}

/** What one act left: whose task it was, and who acted. */
export interface Acted {
  readonly state: TaskState
  readonly owner: string | null
  readonly acted_by: string
}

/**
 * Who worked on a task: whoever owned it while it was worked on, and whoever said that it is ready. Handing it on at the
 * end makes nobody independent of it.
 */
const workers = (acts: readonly Acted[]): Set<string | null> =>
  new Set(
    acts.flatMap(({ state, owner, acted_by }) => {
      if (state === 'ready_for_verification') return [owner, acted_by]
      return state === 'in_progress' ? [owner] : []
    }),
  )

/**
 * @param acts all acts on the task
 * @throws Refused WRONG_STATE, OWN_TASK
 */
export function checkVerifier(task: TaskStand, acts: readonly Acted[], verifier: string): void {
  if (task.state !== 'ready_for_verification')
    throw new Refused('WRONG_STATE', `expected a task that is ready for verification, got one that is ${task.state}`, {
      status: 409,
    })
  if (workers(acts).has(verifier))
    throw new Refused('OWN_TASK', 'whoever did the work or called it ready does not verify it; ask another person', {
      status: 403,
    })
}

/**
 * @throws Refused WRONG_STATE, EXECUTIVE_REQUIRED for high and critical ones, ACCEPTED_TOO_LONG beyond 12 months
 */
export function checkAcceptance(task: TaskStand, until: LocalDate, today: LocalDate, isExecutive: boolean): void {
  if (isFinished(task.state))
    throw new Refused('WRONG_STATE', `a task that is ${task.state} needs no acceptance`, { status: 409 })
  if ((task.severity === 'high' || task.severity === 'critical') && !isExecutive)
    throw new Refused('EXECUTIVE_REQUIRED', `a gap of severity ${task.severity} is accepted by an executive`, {
      status: 403,
    })
  const latest = addMonths(today, 12)
  if (until <= today || until > latest)
    throw new Refused('ACCEPTED_TOO_LONG', `expected a day after ${today} and by ${latest}, got ${until}`, {
      pointer: '/until',
    })
}

export const dueOn = (today: LocalDate, severity: Severity, targets: Readonly<Record<Severity, number>>): LocalDate =>
  addDays(today, targets[severity])

/** A task as it is kept, for the rules that open and close it. */
export interface KeptTask extends TaskStand {
  readonly id: string
  readonly rule_key: string | null
  /** The local day of its last event. */
  readonly acted_on: LocalDate
  /** Who acted last: `system` for what the rules did. */
  readonly acted_by: string
}

export type Act =
  | { readonly kind: 'new'; readonly gap: Gap; readonly stand: TaskStand; readonly because: string }
  | { readonly kind: 'move'; readonly id: string; readonly stands: readonly TaskStand[]; readonly because: string }

/**
 * Brings tasks in line with the gaps that the rules find now: opens what is new, opens again what came back or whose
 * acceptance ran out, and closes what the rules find no more.
 */
export function reconcile(
  kept: readonly KeptTask[],
  gaps: readonly Gap[],
  today: LocalDate,
  targets: Readonly<Record<Severity, number>>,
): Act[] {
  const byKey = new Map(kept.flatMap((task) => (task.rule_key === null ? [] : [[task.rule_key, task] as const])))
  const found = new Map(gaps.map((gap) => [gap.key, gap]))
  return [
    ...gaps.flatMap((gap): Act[] => {
      const task = byKey.get(gap.key)
      if (!task) return [{ kind: 'new', gap, stand: opened(gap, today, targets), because: 'found by its rule' }]
      return reopen(task, gap, today, targets)
    }),
    ...kept.flatMap((task): Act[] => {
      if (task.rule_key === null) return expired(task, today) ? [again(task, 'the acceptance ran out')] : []
      return found.has(task.rule_key) || task.state === 'closed' ? [] : [closed(task)]
    }),
  ]
}

const opened = (gap: Gap, today: LocalDate, targets: Readonly<Record<Severity, number>>): TaskStand => ({
  state: 'open',
  severity: gap.severity,
  owner: gap.owner,
  due_on: dueOn(today, gap.severity, targets),
  finding: gap.finding,
  remediation: gap.remediation,
  compensating_control: null,
  accepted_until: null,
})

const expired = (task: KeptTask, today: LocalDate): boolean =>
  task.state === 'accepted' && task.accepted_until !== null && task.accepted_until < today

function reopen(task: KeptTask, gap: Gap, today: LocalDate, targets: Readonly<Record<Severity, number>>): Act[] {
  const fresh = opened(gap, today, targets)
  const move = (because: string): Act[] => [
    {
      kind: 'move',
      id: task.id,
      stands: [{ ...fresh, owner: task.owner ?? gap.owner, remediation: task.remediation }],
      because,
    },
  ]
  // What a person verified stays closed until the trouble shows on a later day: history alone does not open it again.
  if (isFinished(task.state)) {
    const byRule = task.acted_by === 'system'
    return byRule || gap.seen_on > task.acted_on ? move('its rule fired again') : []
  }
  if (expired(task, today)) return move('the acceptance ran out')
  const owner = task.owner ?? gap.owner
  if (task.state === 'accepted' || (task.severity === gap.severity && task.owner === owner)) return []
  return [
    {
      kind: 'move',
      id: task.id,
      stands: [{ ...task, owner, severity: gap.severity, finding: gap.finding }],
      because: task.severity === gap.severity ? 'it got an owner' : 'its severity changed',
    },
  ]
}

const again = (task: KeptTask, because: string): Act => ({
  kind: 'move',
  id: task.id,
  stands: [{ ...task, state: 'open', accepted_until: null }],
  because,
})

const closed = (task: KeptTask): Act => ({
  kind: 'move',
  id: task.id,
  stands: (task.state === 'verified' ? (['closed'] as const) : (['verified', 'closed'] as const)).map((state) => ({
    ...task,
    state,
    accepted_until: null,
  })),
  because: 'the rule that found it finds it no more',
})
