// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rulebook } from '../../catalog/rulebook.ts'
import { Refused } from '../../lib/refused.ts'
import { addDays } from '../../lib/time.ts'
import type { Gap } from './gaps.ts'
import {
  checkAcceptance,
  checkMove,
  checkVerifier,
  type Acted,
  reconcile,
  TASK_STATES,
  type Act,
  type KeptTask,
  type TaskStand,
  type TaskState,
} from './task.ts'

const TODAY = '2026-03-02'
const targets = rulebook().gap_target_days
const gap = (key: string, changes: Partial<Gap> = {}): Gap => ({
  key,
  type: 'ineffective_control',
  severity: 'high',
  title: key,
  finding: 'It fails.',
  remediation: 'Fix it.',
  control_id: 'IAM-02',
  criterion_id: null,
  policy_id: null,
  owner: 'usr_anna',
  seen_on: TODAY,
  ...changes,
})
const stand = (changes: Partial<TaskStand> = {}): TaskStand => ({
  state: 'open',
  severity: 'high',
  owner: 'usr_anna',
  due_on: '2026-04-01',
  finding: 'It fails.',
  remediation: 'Fix it.',
  compensating_control: null,
  accepted_until: null,
  ...changes,
})
const kept = (rule_key: string | null, changes: Partial<KeptTask> = {}): KeptTask => ({
  ...stand(),
  id: `tsk_${rule_key}`,
  rule_key,
  acted_on: '2026-03-01',
  acted_by: 'system',
  ...changes,
})
const code = (work: () => void): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof Refused) return error.code
    throw error
  }
  return 'none'
}
const run = (tasks: KeptTask[], gaps: Gap[]) => reconcile(tasks, gaps, TODAY, targets)

describe('gaps become tasks', () => {
  it('with a target of 14, 30, 60 or 90 days by severity', () => {
    const due = (severity: Gap['severity']) => {
      const [act] = run([], [gap('a', { severity })])
      return act?.kind === 'new' ? act.stand.due_on : undefined
    }
    expect((['critical', 'high', 'medium', 'low'] as const).map(due)).toEqual([
      '2026-03-16',
      '2026-04-01',
      '2026-05-01',
      '2026-05-31',
    ])
  })
  it('once: a gap that is known opens no second task', () => {
    expect(run([kept('a')], [gap('a')])).toEqual([])
  })
  it('that are closed by the system when the rule finds them no more, with the reason', () => {
    expect(run([kept('a', { state: 'in_progress' })], [])).toEqual([
      expect.objectContaining({
        kind: 'move',
        because: 'the rule that found it finds it no more',
        stands: [expect.objectContaining({ state: 'verified' }), expect.objectContaining({ state: 'closed' })],
      }),
    ])
  })
  it('that open again when the rule fires again', () => {
    expect(run([kept('a', { state: 'closed' })], [gap('a')])).toMatchObject([{ because: 'its rule fired again' }])
  })
  it('that stay closed after a person verified them, until the trouble shows on a later day', () => {
    const verified = kept('a', { state: 'closed', acted_by: 'usr_boris', acted_on: '2026-03-01' })
    expect(run([verified], [gap('a', { seen_on: '2026-02-20' })])).toEqual([])
    expect(run([verified], [gap('a', { seen_on: '2026-03-02' })])).toMatchObject([{ stands: [{ state: 'open' }] }])
  })
  it('that are accepted stay so until the day, then open again', () => {
    const accepted = (accepted_until: string) => kept('a', { state: 'accepted', accepted_until })
    expect(run([accepted(TODAY)], [gap('a')])).toEqual([])
    expect(run([accepted('2026-03-01')], [gap('a')])).toMatchObject([{ because: 'the acceptance ran out' }])
    expect(run([kept(null, { state: 'accepted', accepted_until: '2026-03-01' })], [])).toMatchObject([
      { because: 'the acceptance ran out', stands: [{ state: 'open', accepted_until: null }] },
    ])
  })
  it('noted by people are left to people', () => {
    expect(run([kept(null)], [])).toEqual([])
  })
  it('take over an owner and a changed severity', () => {
    expect(run([kept('a', { owner: null })], [gap('a')])).toMatchObject([{ stands: [{ owner: 'usr_anna' }] }])
    expect(run([kept('a')], [gap('a', { severity: 'medium' })])).toMatchObject([{ stands: [{ severity: 'medium' }] }])
  })
  it('are in line after one round: a second finds nothing to do', () => {
    const state = fc.constantFrom(...TASK_STATES)
    const some = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd'),
      state,
      byPerson: fc.boolean(),
      until: fc.integer({ min: -3, max: 3 }),
    })
    fc.assert(
      fc.property(
        fc.uniqueArray(some, { selector: (t) => t.key }),
        fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e')),
        (tasks, keys) => {
          const before = tasks.map((t) =>
            kept(t.key, {
              state: t.state,
              accepted_until: t.state === 'accepted' ? addDays(TODAY, t.until) : null,
              acted_by: t.byPerson ? 'usr_boris' : 'system',
              acted_on: TODAY,
            }),
          )
          const gaps = keys.map((key) => gap(key))
          const after = applied(before, run(before, gaps))
          expect(run(after, gaps)).toEqual([])
          for (const task of after) if (!keys.some((key) => key === task.rule_key)) expect(task.state).toBe('closed')
        },
      ),
    )
  })
})

/** The tasks as the acts leave them. */
function applied(tasks: KeptTask[], acts: Act[]): KeptTask[] {
  const moved = new Map(acts.flatMap((act) => (act.kind === 'move' ? [[act.id, act.stands.at(-1)] as const] : [])))
  return [
    ...tasks.map((t) => ({
      ...t,
      ...moved.get(t.id),
      ...(moved.has(t.id) ? { acted_on: TODAY, acted_by: 'system' } : {}),
    })),
    ...acts.flatMap((act) => (act.kind === 'new' ? [kept(act.gap.key, { ...act.stand, acted_on: TODAY })] : [])),
  ]
}

describe('people move tasks', () => {
  const move = (from: TaskState, to: TaskState, changes: Partial<TaskStand> = {}) =>
    code(() => checkMove(stand({ state: from }), stand({ state: to, ...changes })))
  it('forward one step at a time, and back', () => {
    expect(move('open', 'planned')).toBe('none')
    expect(move('planned', 'in_progress')).toBe('none')
    expect(move('in_progress', 'ready_for_verification')).toBe('none')
    expect(move('ready_for_verification', 'in_progress')).toBe('none')
    expect(move('accepted', 'open')).toBe('none')
    expect(move('open', 'ready_for_verification')).toBe('WRONG_STATE')
  })
  it('never to verified, closed or accepted by a plain change, and never once finished', () => {
    for (const from of TASK_STATES)
      for (const to of ['verified', 'closed', 'accepted'] as const)
        if (from !== to) expect(move(from, to)).toBe('WRONG_STATE')
    expect(move('closed', 'closed')).toBe('WRONG_STATE')
    expect(move('open', 'open')).toBe('none')
  })
  it('only with an owner', () => {
    expect(move('open', 'planned', { owner: null })).toBe('PLAN_REQUIRED')
  })
  it('to verified only when ready, and not by their owner', () => {
    const ready = stand({ state: 'ready_for_verification' })
    const acts: Acted[] = [
      { state: 'open', owner: 'usr_dora', acted_by: 'system' },
      { state: 'in_progress', owner: 'usr_clara', acted_by: 'usr_dora' },
      { state: 'ready_for_verification', owner: 'usr_anna', acted_by: 'usr_emil' },
    ]
    expect(code(() => checkVerifier(stand({ state: 'in_progress' }), acts, 'usr_boris'))).toBe('WRONG_STATE')
    for (const worker of ['usr_anna', 'usr_clara', 'usr_emil'])
      expect(code(() => checkVerifier(ready, acts, worker))).toBe('OWN_TASK')
    for (const other of ['usr_boris', 'usr_dora']) expect(code(() => checkVerifier(ready, acts, other))).toBe('none')
  })
  it('to accepted for at most 12 months, and high ones only as an executive', () => {
    const accept = (until: string, executive: boolean, changes: Partial<TaskStand> = {}) =>
      code(() => checkAcceptance(stand(changes), until, TODAY, executive))
    expect(accept('2027-03-02', true)).toBe('none')
    expect(accept('2027-03-03', true)).toBe('ACCEPTED_TOO_LONG')
    expect(accept(TODAY, true)).toBe('ACCEPTED_TOO_LONG')
    expect(accept('2026-04-01', false)).toBe('EXECUTIVE_REQUIRED')
    expect(accept('2026-04-01', false, { severity: 'medium' })).toBe('none')
    expect(accept('2026-04-01', true, { state: 'closed' })).toBe('WRONG_STATE')
  })
})
