// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { framework } from '../../catalog/framework.ts'
import { rulebook } from '../../catalog/rulebook.ts'
import { query, READERS } from '../../lib/action.ts'
import { localDate as dayOf } from '../../lib/time.ts'
import { stageSet } from './control-set.ts'
import { COST_DRIVERS, costsOf, makePlan, publishedFor } from './plan.ts'
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
    costs: z.array(z.object({ what: z.string(), ...money })),
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
      costs: costsOf(model, size),
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
