// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { framework } from '../../catalog/framework.ts'
import { query, READERS } from '../../lib/action.ts'
import { Refused } from '../../lib/refused.ts'
import { relevanceOf } from '../criteria/criteria.ts'
import type { CriterionReadiness } from './criterion.ts'
import type { OpenTask } from './readiness.store.ts'
import { controlRowOf } from './rows.ts'
import { cap, controlRow, days, move, status, task } from './shapes.ts'
import { loadReadiness, type Readiness } from './snapshot.store.ts'

const row = z.object({
  id: z.string(),
  title: z.string(),
  category: z.string(),
  group: z.string(),
  group_title: z.string(),
  relevance: z.enum(['applies', 'proposed_not_relevant', 'not_relevant']),
  score: z.number().nullable().describe('Null when it is not relevant'),
  status: status.nullable(),
  caps: z.array(cap),
  thin: z.boolean().describe('Only one control in scope supports it'),
  controls: z.array(z.string()),
  open_gaps: z.number(),
})

/** Gaps of a criterion: its own, those of its controls, and those of the policies on which its controls rest. */
function gapsOf(of: CriterionReadiness, { tasks, assessments }: Readiness): OpenTask[] {
  const policies = new Set(of.controls.map((control) => assessments.get(control)?.version.policy_id))
  return tasks.filter((t) => {
    if (t.criterion_id !== null) return t.criterion_id === of.criterion_id
    if (t.control_id !== null) return of.controls.includes(t.control_id)
    return t.policy_id !== null && policies.has(t.policy_id)
  })
}

function rowsOf(readiness: Readiness): z.infer<typeof row>[] {
  const decided = new Map(readiness.decisions.map((d) => [d.criterion_id, d.state]))
  const found = new Map(readiness.criteria.map((c) => [c.criterion_id, c]))
  const out = new Set(readiness.not_relevant)
  return [...framework().criteria.values()].flatMap((criterion) => {
    const of = found.get(criterion.id)
    if (!of && !out.has(criterion.id)) return []
    const { id, title, category, group, group_title } = criterion
    return [
      {
        id,
        title,
        category,
        group,
        group_title,
        relevance: relevanceOf(decided.get(id)),
        score: of?.score ?? null,
        status: of?.status ?? null,
        caps: [...(of?.caps ?? [])],
        thin: of?.thin ?? false,
        controls: [...(of?.controls ?? [])],
        open_gaps: of ? gapsOf(of, readiness).length : 0,
      },
    ]
  })
}

export const criteria = query({
  summary: 'List readiness by criterion, with caps and their reasons',
  may: READERS,
  shared: true,
  input: z.strictObject({ status: status.optional(), category: z.string().optional() }),
  output: z.object({ ...days, rows: z.array(row) }),
  async run(ctx, input) {
    const readiness = await loadReadiness(ctx)
    const today = ctx.asOf.slice(0, 10)
    if (!readiness) return { from: today, to: today, today, rows: [] }
    const rows = rowsOf(readiness)
    return {
      ...readiness.calendar,
      rows: rows.filter(
        (r) =>
          (input.status === undefined || r.status === input.status) &&
          (input.category === undefined || r.category === input.category),
      ),
    }
  },
})

export const criterion = query({
  summary: 'Show one criterion: its controls, caps, gaps, and what would move it to ready',
  may: READERS,
  shared: true,
  input: z.strictObject({ id: z.string() }),
  output: row.extend({
    ...days,
    paraphrase: z.string(),
    auditor_asks: z.string(),
    consider: z
      .array(z.object({ id: z.string(), text: z.string(), role: z.string().nullable() }))
      .describe('Points of focus: worth considering, never required and never scored'),
    subservice: z.array(
      z.object({ name: z.string(), method: z.string(), service: z.string(), expected_controls: z.array(z.string()) }),
    ),
    rows: z.array(controlRow),
    gaps: z.array(task),
    moves: z.array(move).describe('What would raise the score, most first'),
  }),
  async run(ctx, { id }) {
    const criterion = framework().criteria.get(id)
    const readiness = await loadReadiness(ctx)
    const found = readiness && rowsOf(readiness).find((r) => r.id === id)
    if (!criterion || !found)
      throw new Refused('NOT_IN_SCOPE', `${id} is no criterion of the scope`, { status: 404, pointer: '/id' })
    const of = readiness.criteria.find((c) => c.criterion_id === id)
    const { categories, subservice_organizations } = readiness.scope.document
    return {
      ...found,
      ...readiness.calendar,
      paraphrase: criterion.paraphrase,
      auditor_asks: criterion.auditor_asks,
      consider: criterion.points_of_focus
        .filter((p) => p.applies === 'with_criterion' || p.applies.some((c) => categories.includes(c)))
        .map((p) => ({ id: p.id, text: p.text, role: p.role ?? null })),
      subservice: subservice_organizations.filter((o) => o.criteria.includes(id)),
      rows: found.controls.flatMap((control) => {
        const facts = readiness.facts.get(control)
        return (facts && controlRowOf(facts, readiness)) ?? []
      }),
      gaps: of ? gapsOf(of, readiness) : [],
      moves: [...(of?.moves ?? [])],
    }
  },
})
