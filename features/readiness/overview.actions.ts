// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { CATEGORIES, type Category } from '../../catalog/terms.ts'
import { framework } from '../../catalog/framework.ts'
import { query, READERS } from '../../lib/action.ts'
import { daysBetween } from '../../lib/time.ts'
import { inForce } from '../policies/policy.ts'
import { engagement } from '../system/scope.ts'
import { sentence, tally } from './criterion.ts'
import { controlRows, nextOf } from './rows.ts'
import { cells, days, owner, tallied } from './shapes.ts'
import { changesOf } from './snapshot.ts'
import { startOf } from './start.actions.ts'
import { loadReadiness, type Readiness } from './snapshot.store.ts'

const CHANGED_DAYS = 7
const NEXT_LIMIT = 20

const output = z.object({
  scope: z
    .object({
      n: z.number(),
      state: z.enum(['draft', 'approved']),
      organization_name: z.string(),
      system_name: z.string(),
      categories: z.array(z.enum(CATEGORIES)),
      engagement,
      stage: z.string(),
      time_zone: z.string(),
      days_covered: z.number().describe('Days of the period that have passed'),
      days_total: z.number(),
    })
    .nullable(),
  ...days,
  sentence: z.string(),
  criteria: tallied,
  controls: z.object({ in_effect: z.number(), without_owner: z.number(), ineffective: z.number() }),
  categories: z.array(z.object({ category: z.enum(CATEGORIES), sentence: z.string(), criteria: tallied })),
  not_relevant: z.array(z.string()),
  heat: z.array(
    z.object({
      group: z.string(),
      title: z.string(),
      rows: z.array(
        z.object({
          control_id: z.string(),
          title: z.string(),
          is_key: z.boolean(),
          owner: owner.nullable(),
          score: z.number().nullable(),
          cells,
        }),
      ),
    }),
  ),
  changes: z.array(
    z.object({ control_id: z.string(), title: z.string(), day: z.string(), before: z.string(), after: z.string() }),
  ),
  next: z.array(
    z.object({
      kind: z.enum(['control', 'policy', 'task']),
      id: z.string(),
      title: z.string(),
      due: z.string(),
      overdue: z.boolean(),
    }),
  ),
  silent: z.array(
    z.object({
      connection_id: z.string(),
      name: z.string(),
      since: z.string().nullable(),
      streams: z.array(z.string()),
      because: z.string().nullable(),
    }),
  ),
  start_gate: z.array(z.object({ rule: z.string(), met: z.boolean(), missing: z.array(z.string()) })),
  start_decision: z
    .object({
      because: z.string(),
      holes: z.array(z.object({ rule: z.string(), missing: z.array(z.string()) })),
      decided_by: z.string(),
      recorded_at: z.string(),
    })
    .nullable()
    .describe('That the period starts with holes, as an executive decided last'),
})
type Output = z.infer<typeof output>

const categoryOf = (criterion_id: string): Category => {
  const category = framework().criteria.get(criterion_id)?.category ?? 'common'
  return category === 'common' ? 'security' : category
}

function scopeView({ scope, calendar }: Readiness): Output['scope'] {
  const { document, n, approved_by } = scope
  const { engagement: of } = document
  const [from, to] = of.type === 'type1' ? [of.as_of, of.as_of] : [of.period_from, of.period_to]
  const total = daysBetween(from, to) + 1
  return {
    ...document,
    n,
    state: approved_by === null ? 'draft' : 'approved',
    days_total: total,
    days_covered: Math.min(total, Math.max(0, daysBetween(from, calendar.today) + 1)),
  }
}

/** Controls grouped by the group of their first criterion, in the order of the standard. */
function heatOf(readiness: Readiness): Output['heat'] {
  const { criteria, groups, controls } = framework()
  const rows = Map.groupBy(
    controlRows(readiness, controls.keys()),
    (row) => criteria.get(row.criteria[0] ?? '')?.group ?? '',
  )
  return groups.flatMap(({ id, title }) => {
    const own = rows.get(id)
    return own ? [{ group: id, title, rows: own }] : []
  })
}

async function startView(
  readiness: Readiness,
  ctx: Parameters<typeof startOf>[1],
): Promise<Pick<Output, 'start_gate' | 'start_decision'>> {
  const { gate, decision } = await startOf(readiness, ctx)
  return {
    start_gate: gate.map((rule) => ({ ...rule, missing: [...rule.missing] })),
    start_decision: decision
      ? { ...decision, holes: decision.holes.map((hole) => ({ ...hole, missing: [...hole.missing] })) }
      : null,
  }
}

export const overview = query({
  summary: 'Show readiness at a glance: by category, day by day, what changed, what is next and who is silent',
  may: READERS,
  shared: true,
  input: z.strictObject({}),
  output,
  async run(ctx): Promise<Output> {
    const readiness = await loadReadiness(ctx)
    if (!readiness) return nothing(ctx.asOf.slice(0, 10))
    const { assessments, calendar, criteria, facts, scope } = readiness
    const { silent } = readiness
    const versions = Map.groupBy(readiness.policy_versions, (v) => v.policy_id)
    const used = new Set([...assessments.values()].map((a) => a.version.policy_id))
    const reviews = [...used].flatMap((id) => {
      const holds = inForce(versions.get(id) ?? [], calendar.today)
      return holds ? [{ id, title: framework().policies.get(id)?.title ?? id, next_review: holds.next_review }] : []
    })
    const whole = tally(criteria)
    return {
      scope: scopeView(readiness),
      ...calendar,
      sentence: sentence(whole),
      criteria: whole,
      controls: {
        in_effect: assessments.size,
        without_owner: [...assessments.values()].filter((a) => !a.has_owner).length,
        ineffective: [...assessments.values()].filter((a) => a.ineffective !== null).length,
      },
      categories: scope.document.categories.map((category) => {
        const own = tally(criteria.filter((c) => categoryOf(c.criterion_id) === category))
        return { category, criteria: own, sentence: sentence(own) }
      }),
      not_relevant: [...readiness.not_relevant],
      heat: heatOf(readiness),
      changes: changesOf(facts.values(), calendar, CHANGED_DAYS)
        .slice(0, 100)
        .map((change) => ({
          ...change,
          title: facts.get(change.control_id)?.segments.at(-1)?.version.title ?? change.control_id,
        })),
      next: nextOf(readiness, calendar, reviews, readiness.tasks, NEXT_LIMIT),
      silent: silent.map((s) => ({ ...s, streams: [...s.streams] })),
      ...(await startView(readiness, ctx)),
    }
  },
})

/** What is said before anything was scoped. */
const nothing = (today: string): Output => ({
  scope: null,
  from: today,
  to: today,
  today,
  sentence: sentence(tally([])),
  criteria: tally([]),
  controls: { in_effect: 0, without_owner: 0, ineffective: 0 },
  categories: [],
  not_relevant: [],
  heat: [],
  changes: [],
  next: [],
  silent: [],
  start_gate: [],
  start_decision: null,
})
