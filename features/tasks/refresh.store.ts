// SPDX-License-Identifier: Apache-2.0
import { framework } from '../../catalog/framework.ts'
import { rulebook } from '../../catalog/rulebook.ts'
import type { Tx } from '../../lib/db.ts'
import { publish } from '../../lib/events.ts'
import { localDate } from '../../lib/time.ts'
import { recordAudit } from '../ledger/ledger.store.ts'
import { findLead } from '../people/people.store.ts'
import { loadReadiness } from '../readiness/snapshot.store.ts'
import { findGaps } from './gaps.ts'
import { reconcile } from './task.ts'
import { listKept, lockTasks, saveEvents, saveTasks, type EventDraft } from './tasks.store.ts'

export interface Refreshed {
  readonly opened: number
  /** Tasks that opened again, changed their severity, or were closed. */
  readonly moved: number
}

/**
 * Finds the gaps of this moment and brings the tasks in line. Run again it changes nothing: a job may come twice.
 */
export async function refreshGaps(tx: Tx): Promise<Refreshed> {
  await lockTasks(tx)
  const readiness = await loadReadiness({ tx, asOf: tx.now, knownAt: tx.now })
  if (!readiness) return { opened: 0, moved: 0 }
  const { policies, criteria } = framework()
  const titles = new Map([...policies.values(), ...criteria.values()].map(({ id, title }) => [id, title]))
  const kept = await listKept(tx, readiness.known.timeZone)
  const numbers = new Map(kept.map((task) => [task.id, task.n]))
  const today = localDate(tx.now, readiness.known.timeZone)
  const lead = (await findLead(tx, readiness.scope.saved_by)) ?? null
  const acts = reconcile(kept, findGaps(readiness, titles, lead), today, rulebook().gap_target_days)
  const fresh = acts.filter((act) => act.kind === 'new')
  const ids = await saveTasks(
    tx,
    fresh.map(({ gap }) => ({
      rule_key: gap.key,
      type: gap.type,
      title: gap.title,
      control_id: gap.control_id,
      criterion_id: gap.criterion_id,
      policy_id: gap.policy_id,
      detected_by: `rule:${gap.type}`,
    })),
  )
  const begun = fresh.flatMap(({ stand, because }, i): EventDraft[] => {
    const task_id = ids[i]
    return task_id === undefined ? [] : [{ task_id, n: 1, stand, because }]
  })
  const moves = acts.filter((act) => act.kind === 'move')
  const moved = moves.flatMap(({ id, stands, because }) =>
    stands.map((stand, i): EventDraft => ({ task_id: id, n: (numbers.get(id) ?? 0) + 1 + i, stand, because })),
  )
  await saveEvents(tx, [...begun, ...moved])
  const done = { opened: begun.length, moved: moves.length }
  if (done.opened + done.moved > 0) {
    await recordAudit(tx, { event: 'gaps.refreshed', details: { count: done.opened, after: done.moved } })
    await publish(tx, 'task', { ...done })
  }
  return done
}
