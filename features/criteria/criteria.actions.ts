// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { framework } from '../../catalog/framework.ts'
import { command, MANAGERS, query, READERS } from '../../lib/action.ts'
import { Refused } from '../../lib/refused.ts'
import { applicableCriteria } from '../system/scope.ts'
import { requireScope, scopeAt } from '../system/system.store.ts'
import { lastDecision, listDecisions, saveDecision } from './criteria.store.ts'
import { refuseCarvedOut, relevanceOf } from './criteria.ts'

const row = z.object({
  id: z.string(),
  category: z.string(),
  group: z.string(),
  group_title: z.string(),
  title: z.string(),
  paraphrase: z.string(),
  auditor_asks: z.string(),
  relevance: z.enum(['applies', 'proposed_not_relevant', 'not_relevant']),
  decision: z
    .object({ rationale: z.string(), decided_by: z.string(), recorded_at: z.string(), awaits_auditor: z.boolean() })
    .nullable(),
  /** Subservice organisations whose controls the criterion needs. */
  subservice: z.array(z.string()),
})

const list = query({
  summary: 'List the criteria that the chosen categories make applicable, with decisions on relevance',
  may: READERS,
  input: z.strictObject({}),
  output: z.object({ rows: z.array(row) }),
  async run(ctx) {
    const scope = await scopeAt(ctx.tx, ctx)
    if (!scope) return { rows: [] }
    const decisions = new Map((await listDecisions(ctx.tx, ctx.knownAt)).map((d) => [d.criterion_id, d]))
    const { categories, subservice_organizations } = scope.document
    return {
      rows: applicableCriteria(framework().criteria.values(), categories).map((criterion) => {
        const decision = decisions.get(criterion.id)
        const relevance = relevanceOf(decision?.state)
        return {
          ...criterion,
          relevance,
          decision: decision && relevance !== 'applies' ? { ...decision, awaits_auditor: true } : null,
          subservice: subservice_organizations.filter((o) => o.criteria.includes(criterion.id)).map((o) => o.name),
        }
      }),
    }
  },
})

const criterionInput = z.strictObject({ criterion_id: z.string() })
const decided = z.object({
  criterion_id: z.string(),
  relevance: z.enum(['applies', 'proposed_not_relevant', 'not_relevant']),
})

const propose = command({
  summary: 'Propose that a criterion does not apply to the system, with the rationale',
  may: [...MANAGERS, 'advisor'],
  input: criterionInput.extend({
    rationale: z.string().trim().min(20, 'expected the rationale in at least 20 characters').max(4000),
  }),
  output: decided,
  async run(ctx, { criterion_id, rationale }) {
    const { document } = await requireScope(ctx)
    const applicable = applicableCriteria(framework().criteria.values(), document.categories)
    if (!framework().criteria.has(criterion_id))
      throw new Refused('UNKNOWN_CRITERION', `there is no criterion ${criterion_id}`, { pointer: '/criterion_id' })
    if (!applicable.some((criterion) => criterion.id === criterion_id))
      throw new Refused('NOT_IN_SCOPE', `${criterion_id} belongs to no chosen category, so nothing is to be decided`, {
        pointer: '/criterion_id',
      })
    refuseCarvedOut(criterion_id, document.subservice_organizations)
    const last = await lastDecision(ctx.tx, criterion_id)
    if (last && last.state !== 'withdrawn')
      throw new Refused('ALREADY_PROPOSED', `${criterion_id} is ${last.state} since ${last.recorded_at}`, {
        status: 409,
      })
    await saveDecision(ctx.tx, { criterion_id, n: (last?.n ?? 0) + 1, state: 'proposed', rationale })
    return { criterion_id, relevance: relevanceOf('proposed') }
  },
})

const approve = command({
  summary: 'Approve as an executive that a criterion does not apply; the auditor still has to agree',
  may: ['executive'],
  input: criterionInput,
  output: decided,
  async run(ctx, { criterion_id }) {
    const last = await lastDecision(ctx.tx, criterion_id)
    if (last?.state !== 'proposed')
      throw new Refused('NOTHING_PROPOSED', `nothing waits for approval on ${criterion_id}`, { status: 409 })
    await saveDecision(ctx.tx, { criterion_id, n: last.n + 1, state: 'approved', rationale: last.rationale })
    await ctx.jobs.enqueue(ctx.tx, 'gaps', {}, { key: 'gaps' })
    return { criterion_id, relevance: relevanceOf('approved') }
  },
})

const withdraw = command({
  summary: 'Withdraw that a criterion does not apply: it applies again',
  may: [...MANAGERS, 'executive'],
  input: criterionInput.extend({ because: z.string().trim().min(20).max(4000) }),
  output: decided,
  async run(ctx, { criterion_id, because }) {
    const last = await lastDecision(ctx.tx, criterion_id)
    if (!last || last.state === 'withdrawn')
      throw new Refused('NOTHING_PROPOSED', `${criterion_id} applies already`, { status: 409 })
    await saveDecision(ctx.tx, { criterion_id, n: last.n + 1, state: 'withdrawn', rationale: because })
    await ctx.jobs.enqueue(ctx.tx, 'gaps', {}, { key: 'gaps' })
    return { criterion_id, relevance: relevanceOf('withdrawn') }
  },
})

export const criteriaActions = {
  'criteria.list': list,
  'criteria.proposeNotRelevant': propose,
  'criteria.approveNotRelevant': approve,
  'criteria.withdrawNotRelevant': withdraw,
}
