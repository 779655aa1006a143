// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { framework } from '../../catalog/framework.ts'
import { freshnessOf } from '../../catalog/rulebook.ts'
import { scoping } from '../../catalog/scoping.ts'
import { CATEGORIES, STAGES, facts } from '../../catalog/terms.ts'
import { command, MANAGERS, query, READERS, type Ctx } from '../../lib/action.ts'
import { Refused } from '../../lib/refused.ts'
import { startOfDay } from '../../lib/time.ts'
import { proposeControls, setSizes, type ControlSet } from './control-set.ts'
import { answers, suggest } from './interview.ts'
import { outsidePeriod, type PeriodWarning } from './period.ts'
import { plan, saveCost } from './plan.actions.ts'
import {
  applicableCriteria,
  checkScope,
  coveredDays,
  localDate,
  scopeDocument,
  windowMonths,
  type Scope,
} from './scope.ts'
import {
  lastScope,
  listPerformances,
  listScopes,
  saveScope,
  saveScopeApproval,
  scopeAt,
  type ScopeVersion,
} from './system.store.ts'

const moment = z.string()
const version = z.object({
  n: z.number(),
  state: z.enum(['draft', 'approved']),
  effective_from: moment,
  saved_by: z.string(),
  recorded_at: moment,
  approved_by: z.string().nullable(),
  approved_at: moment.nullable(),
  manifest: z.string(),
  document: scopeDocument,
})
const warning = z.object({
  control_id: z.string(),
  title: z.string(),
  frequency: z.string(),
  nearest: z.string().nullable(),
  because: z.string(),
  shift_days: z.number().nullable(),
  shifted: z.object({ from: z.string(), to: z.string() }).nullable(),
})
const controlSet = z.object({
  controls: z.array(
    z.object({ control_id: z.string(), title: z.string(), category: z.enum(CATEGORIES), because: z.string() }),
  ),
  left_out: z.array(z.object({ control_id: z.string(), because: z.string() })),
  not_relevant: z.array(z.object({ criterion_id: z.string(), because: z.string() })),
})
const sizes = z.record(z.enum(CATEGORIES), z.number())

const viewOf = (of: ScopeVersion): z.infer<typeof version> => ({
  ...of,
  state: of.approved_by === null ? 'draft' : 'approved',
})

const titled = (set: ControlSet): z.infer<typeof controlSet> => ({
  ...set,
  controls: set.controls.map((proposal) => ({
    ...proposal,
    title: framework().controls.get(proposal.control_id)?.title ?? proposal.control_id,
  })),
  left_out: [...set.left_out],
  not_relevant: [...set.not_relevant],
})

/** Annual and quarterly controls of the proposed set that would not fall inside the scope's period. */
async function periodWarnings(ctx: Pick<Ctx, 'tx' | 'knownAt'>, scope: Scope): Promise<PeriodWarning[]> {
  if (scope.engagement.type === 'type1') return []
  const performed = new Map<string, string[]>()
  for (const { control_id, day } of await listPerformances(ctx.tx, ctx.knownAt, scope.time_zone))
    performed.set(control_id, [...(performed.get(control_id) ?? []), day])
  const scheduled = proposeControls(framework().controls, scoping().fact_rules, scope).controls.flatMap(
    ({ control_id }) => {
      const control = framework().controls.get(control_id)
      if (!control || !['annual', 'quarterly'].includes(control.frequency)) return []
      const interval_days = freshnessOf(control.frequency).interval_days ?? 365
      return [{ ...control, interval_days, performed: performed.get(control_id) ?? [] }]
    },
  )
  const { from, to } = coveredDays(scope.engagement)
  return outsidePeriod(from, to, scheduled)
}

const get = query({
  summary: 'Show the scope that counts, a newer draft, and what follows from it',
  may: READERS,
  input: z.strictObject({}),
  output: z.object({
    scope: version.nullable(),
    draft: version.nullable().describe('A newer version that waits for an executive'),
    applicable_criteria: z.number(),
    window_months: z.number().nullable(),
    control_set: controlSet.nullable(),
    warnings: z.array(warning),
  }),
  async run(ctx) {
    const scope = await scopeAt(ctx.tx, ctx)
    if (!scope)
      return { scope: null, draft: null, applicable_criteria: 0, window_months: null, control_set: null, warnings: [] }
    const newest = (await listScopes(ctx.tx, ctx.knownAt))[0]
    const { engagement, categories } = scope.document
    return {
      scope: viewOf(scope),
      draft: newest && newest.n > scope.n ? viewOf(newest) : null,
      applicable_criteria: applicableCriteria(framework().criteria.values(), categories).length,
      window_months: engagement.type === 'type2' ? windowMonths(engagement.period_from, engagement.period_to) : null,
      control_set: titled(proposeControls(framework().controls, scoping().fact_rules, scope.document)),
      warnings: await periodWarnings(ctx, scope.document),
    }
  },
})

const suggestScope = query({
  summary: 'Ask the questions of the scoping interview; with answers, propose a scope with reasons',
  may: READERS,
  input: z.strictObject({ answers: answers.optional() }),
  output: z.object({
    questions: z.array(
      z.object({
        id: z.string(),
        ask: z.string(),
        answer: z.enum(['yes_no', 'choice', 'number']),
        options: z.array(z.object({ value: z.string(), label: z.string() })).optional(),
        why: z.string(),
      }),
    ),
    set_sizes: z.record(z.enum(STAGES), sizes).describe('What each category adds to those before it'),
    suggestion: z
      .object({
        categories: z.array(z.object({ category: z.enum(CATEGORIES), chosen: z.boolean(), because: z.string() })),
        stage: z.object({ value: z.enum(STAGES), because: z.string() }),
        report: z.object({ value: z.enum(['type1', 'type2']), because: z.string() }),
        window_months: z.object({ value: z.number(), because: z.string() }),
        facts,
        applicable_criteria: z.number(),
        control_set: controlSet,
      })
      .nullable(),
  }),
  async run(_, input) {
    const { controls, criteria } = framework()
    const { questions, category_reasons, fact_rules } = scoping()
    const suggestion = input.answers ? suggest(input.answers, category_reasons) : null
    const categories = suggestion?.categories.filter((c) => c.chosen).map((c) => c.category) ?? []
    const sizesOf = (stage: (typeof STAGES)[number]) => setSizes(controls.values(), stage)
    return {
      questions: [...questions],
      set_sizes: { startup: sizesOf('startup'), growth: sizesOf('growth'), enterprise: sizesOf('enterprise') },
      suggestion: suggestion && {
        ...suggestion,
        categories: [...suggestion.categories],
        applicable_criteria: applicableCriteria(criteria.values(), categories).length,
        control_set: titled(
          proposeControls(controls, fact_rules, {
            stage: suggestion.stage.value,
            categories,
            facts: suggestion.facts,
          }),
        ),
      },
    }
  },
})

const save = command({
  summary: 'Save a new version of the scope; an executive approves it',
  may: MANAGERS,
  input: z.strictObject({
    based_on: z.number().int().min(0).describe('The version this one was written from; 0 for the first'),
    effective_from: localDate.optional().describe('First day it counts; today unless given'),
    scope: scopeDocument,
  }),
  output: z.object({ n: z.number(), applicable_criteria: z.number(), warnings: z.array(warning) }),
  async run(ctx, { based_on, effective_from, scope }) {
    const last = await lastScope(ctx.tx)
    if (last !== based_on)
      throw new Refused(
        'SCOPE_CHANGED',
        `expected a change of version ${last}, got one of version ${based_on}: somebody saved it meanwhile`,
        {
          status: 409,
          pointer: '/based_on',
        },
      )
    const document = checkScope(scope, framework().criteria)
    const from = effective_from === undefined ? ctx.now : startOfDay(effective_from, document.time_zone)
    await saveScope(ctx.tx, { n: last + 1, document, effective_from: from })
    await ctx.jobs.enqueue(ctx.tx, 'gaps', {}, { key: 'gaps' })
    return {
      n: last + 1,
      applicable_criteria: applicableCriteria(framework().criteria.values(), document.categories).length,
      warnings: await periodWarnings(ctx, document),
    }
  },
})

const approve = command({
  summary: 'Approve a version of the scope as an executive',
  may: ['executive'],
  input: z.strictObject({ n: z.number().int().min(1) }),
  output: z.object({ n: z.number() }),
  async run(ctx, { n }) {
    const last = await lastScope(ctx.tx)
    const newest = (await listScopes(ctx.tx, ctx.now))[0]
    if (!newest || n !== last)
      throw new Refused('SCOPE_CHANGED', `expected the newest version (${last}), got ${n}; look again`, {
        status: 409,
        pointer: '/n',
      })
    if (newest.approved_by !== null)
      throw new Refused('ALREADY_APPROVED', `version ${n} was approved by ${newest.approved_by}`, { status: 409 })
    await saveScopeApproval(ctx.tx, newest)
    await ctx.jobs.enqueue(ctx.tx, 'gaps', {}, { key: 'gaps' })
    return { n }
  },
})

const history = query({
  summary: 'List every version of the scope, newest first',
  may: READERS,
  input: z.strictObject({}),
  output: z.object({ versions: z.array(version) }),
  async run(ctx) {
    return { versions: (await listScopes(ctx.tx, ctx.knownAt)).map(viewOf) }
  },
})

export const systemActions = {
  'system.get': get,
  'system.suggest': suggestScope,
  'system.saveScope': save,
  'system.approveScope': approve,
  'system.history': history,
  'system.plan': plan,
  'system.saveCost': saveCost,
}
