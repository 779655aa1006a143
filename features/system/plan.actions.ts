// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { framework } from '../../catalog/framework.ts'
import { rulebook } from '../../catalog/rulebook.ts'
import { command, MANAGERS, query, READERS } from '../../lib/action.ts'
import { Refused } from '../../lib/refused.ts'
import { localDate as dayOf } from '../../lib/time.ts'
import { stageSet } from './control-set.ts'
import { listOwnCosts, saveCost as keepCost } from './costs.store.ts'
import { COST_DRIVERS, COST_KINDS, costsOf, makePlan, publishedFor } from './plan.ts'
import { coveredDays, localDate, sizeOf, windowMonths } from './scope.ts'
import { countOpenGaps, requireScope } from './system.store.ts'

const day = z.string()
const phase = z.object({ id: z.string(), work: z.string(), from: day, to: day })
const money = { usd_from: z.number(), usd_to: z.number().nullable(), source: z.string() }

export const plan = query({
  summary: 'Count the timeline back from the report and estimate the cost',
  may: READERS,
  input: z.strictObject({
    target_report_date: localDate.optional(),
    type: z.enum(['type1', 'type2']).optional(),
    window_months: z.coerce.number().int().min(1).max(24).optional(),
  }),
  output: z.object({
    estimate: z.literal(true),
    today: day,
    report_date: day,
    feasible: z.boolean(),
    because: z.string(),
    earliest_report_date: day,
    open_gaps: z.number(),
    quick: z.array(phase),
    careful: z.array(phase),
    alternatives: z.array(z.object({ id: z.string(), change: z.string(), report_date: day, consequence: z.string() })),
    years: z.array(z.object({ date: day, what: z.string() })),
    size: z.enum(['small', 'mid', 'enterprise']),
    costs: z.array(
      z.object({ what: z.enum(COST_KINDS), ...money, own: z.boolean().describe('Management’s own figure') }),
    ),
    published: z.array(z.object({ what: z.string(), note: z.string().nullable(), ...money })),
    cost_note: z.string(),
    drivers: z.array(z.string()),
  }),
  async run(ctx, input) {
    const { document } = await requireScope(ctx)
    const { engagement, stage, categories, people, time_zone } = document
    const model = rulebook().cost_model_usd
    const library = framework().controls.values()
    const chosen = stageSet(library, stage, categories).length
    const open = await countOpenGaps(ctx.tx, ctx.knownAt)
    const type = input.type ?? engagement.type
    const asScoped = type === engagement.type && input.window_months === undefined && !input.target_report_date
    const size = sizeOf(people)
    const today = dayOf(ctx.asOf, time_zone)
    const made = makePlan(
      {
        today,
        type,
        window_months:
          input.window_months ??
          (engagement.type === 'type2' ? Math.max(1, windowMonths(engagement.period_from, engagement.period_to)) : 6),
        target: input.target_report_date ?? document.target_report_date,
        fixed: asScoped ? coveredDays(engagement) : undefined,
        open_gap_share: chosen === 0 ? 0 : open / chosen,
        size,
        controls: { chosen, security_only: stageSet(framework().controls.values(), stage, ['security']).length },
      },
      model.durations,
    )
    return {
      estimate: true as const,
      today,
      ...made,
      quick: [...made.quick],
      careful: [...made.careful],
      alternatives: [...made.alternatives],
      years: [...made.years],
      open_gaps: open,
      size,
      costs: costsOf(model, size, await listOwnCosts(ctx.tx, ctx.knownAt)),
      published: publishedFor(model, size, type).map(({ what, usd, note, source }) => ({
        what,
        note: note ?? null,
        usd_from: usd[0],
        usd_to: usd[1],
        source,
      })),
      cost_note: model.note,
      drivers: [...COST_DRIVERS],
    }
  },
})

const usd = z.number().int().min(0).max(1_000_000_000)

/** A planning figure is nobody's offer: whoever has a better one writes it down, with where it comes from. */
export const saveCost = command({
  summary: 'Plan with a figure of your own for one kind of cost, or with the planning figure again',
  may: [...MANAGERS, 'executive'],
  input: z.strictObject({
    what: z.enum(COST_KINDS),
    usd_from: usd.optional().describe('In US dollars; the planning figure counts again when absent'),
    usd_to: usd.optional().describe('No upper end when absent'),
    source: z.string().trim().min(3).max(300).describe('Where it comes from, such as an offer and its day'),
  }),
  output: z.object({ what: z.enum(COST_KINDS) }),
  async run(ctx, { what, usd_from, usd_to, source }) {
    if (usd_to !== undefined && (usd_from === undefined || usd_to < usd_from))
      throw new Refused(
        'COST_UPSIDE_DOWN',
        `expected an upper end of at least ${usd_from ?? 'the lower'}, got ${usd_to}`,
        {
          pointer: '/usd_to',
        },
      )
    await keepCost(ctx.tx, { what, usd_from: usd_from ?? null, usd_to: usd_to ?? null, source })
    return { what }
  },
})
