// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { command, type Ctx } from '../../lib/action.ts'
import { Refused } from '../../lib/refused.ts'
import { criteriaHoles, startGate, type Gate } from './start.ts'
import { loadStart, saveStart, type StartDecision } from './start.store.ts'
import { loadReadiness, type Readiness } from './snapshot.store.ts'

/** Codes of this slice. */
export type ReadinessRefusal = 'NO_SCOPE' | 'NOTHING_TO_DECIDE' | 'HOLE_NOT_NAMED'

export interface Start {
  readonly gate: readonly Gate[]
  readonly decision: StartDecision | undefined
}

/** What stands against the start, until the first day, and what was decided about it; nothing is asked of a type 1. */
export async function startOf(readiness: Readiness, ctx: Pick<Ctx, 'tx' | 'asOf' | 'knownAt'>): Promise<Start> {
  const { assessments, calendar, criteria, policies, setting, scope } = readiness
  if (setting.type === 'type1') return { gate: [], decision: undefined }
  const { sources, decisions } = await loadStart(ctx.tx, { ...ctx, period_from: setting.from })
  // Once it runs nobody asks whether it may start.
  if (calendar.today >= setting.from) return { gate: [], decision: decisions[0] }
  const used = new Set([...assessments.values()].map((a) => a.version.policy_id))
  const key = new Set([...assessments.values()].filter((a) => a.version.is_key).map((a) => a.version.policy_id))
  const { own_data_centre, carve_out_cloud } = scope.document.facts
  const gate = startGate({
    criteria,
    assessments,
    policies: [...used].map((id) => ({ id, in_date: policies.get(id) === 'in_date', key: key.has(id) })),
    sources,
    has_cloud: carve_out_cloud || !own_data_centre,
    asOf: ctx.asOf,
  })
  return { gate, decision: decisions[0] }
}

export const startWithHoles = command({
  summary: 'Decide as an executive that the period starts although something stands against it',
  may: ['executive'],
  input: z.strictObject({
    criteria: z
      .array(z.string())
      .max(61)
      .describe('Every criterion that has no control which is designed and implemented'),
    because: z.string().trim().min(20).max(4000).describe('The risk that is taken, and until when'),
  }),
  output: z.object({ holes: z.array(z.object({ rule: z.string(), missing: z.array(z.string()) })) }),
  async run(ctx, { criteria, because }) {
    const readiness = await loadReadiness(ctx)
    if (!readiness) throw new Refused('NO_SCOPE', 'nothing is scoped yet; save a scope first', { status: 409 })
    const { gate } = await startOf(readiness, ctx)
    const holes = gate.filter((rule) => !rule.met).map(({ rule, missing }) => ({ rule, missing: [...missing] }))
    if (holes.length === 0)
      throw new Refused('NOTHING_TO_DECIDE', 'nothing stands against the start of a period that is still to come', {
        status: 409,
      })
    const unnamed = criteriaHoles(readiness).filter((id) => !criteria.includes(id))
    if (unnamed.length > 0)
      throw new Refused('HOLE_NOT_NAMED', `${unnamed.join(', ')} would start without a working control; name each`, {
        pointer: '/criteria',
      })
    await saveStart(ctx.tx, { because, holes, period_from: readiness.setting.from })
    return { holes }
  },
})
