// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { lazily, loadContent } from './framework.ts'
import { GAP_TYPES, SEVERITIES } from './terms.ts'

/** The rules of the field as numbers and words, so that what the product computes can be read and questioned. */

const share = z.number().min(0).max(1)
const weights = z.strictObject({ D: share, I: share, F: share, O: share })
/** How much each component of a control's readiness counts. */
export type Weights = z.infer<typeof weights>

const readiness = z.looseObject({
  weights: z.looseObject({ type1: weights, type2: weights }),
  control_weight: z.strictObject({ key: z.number().positive(), supporting: z.number().positive() }),
  thresholds: z.strictObject({ ready: share, at_risk: share }),
  caps: z.strictObject({ ineffective_key: share, only_control_stale: share, unmitigated_risk: share }),
  ineffective_below: share,
  worked_examples: z.array(
    z.strictObject({
      case: z.string(),
      D: z.number(),
      I: z.number(),
      F: z.number(),
      O: z.number().nullable(),
      score: z.number(),
    }),
  ),
})
export type ReadinessRules = z.infer<typeof readiness>

const freshness = z.strictObject({
  frequency: z.string(),
  interval_days: z.number().int().nullable(),
  grace_days: z.number().int().nullable(),
  stale_after_days: z.number().int(),
  note: z.string().optional(),
})
/** How often a control of a frequency is due, and after how many days its evidence no longer proves the present. */
export type Freshness = z.infer<typeof freshness>

const range = z.tuple([z.number(), z.number()])
const money = z.tuple([z.number(), z.number().nullable()])
const costModel = z.looseObject({
  source: z.string(),
  note: z.string(),
  published: z.array(
    z.strictObject({
      what: z.string(),
      size: z.string(),
      type: z.string(),
      usd: money,
      note: z.string().optional(),
      source: z.string(),
    }),
  ),
  sizes: z.array(
    z.strictObject({
      size: z.enum(['small', 'mid', 'enterprise']),
      employees: z.string(),
      audit: money,
      implementation: money,
      maintenance_per_year: money,
    }),
  ),
  durations: z.strictObject({
    gap_assessment_weeks: range,
    remediation_months: range,
    type1_months: range,
    type2_months: range,
    fieldwork_weeks: range,
    draft_and_review_weeks: range,
  }),
  phases: z.array(z.strictObject({ phase: z.string(), months_before_audit: range, work: z.string() })),
})
export type CostModel = z.infer<typeof costModel>

const rulesFile = z.looseObject({
  roles: z.array(z.strictObject({ id: z.string(), side: z.string(), name: z.string(), may: z.string() })),
  evidence: z.looseObject({
    reject_reasons: z.array(z.strictObject({ code: z.string(), text: z.string() })),
  }),
  freshness: z.array(freshness),
  readiness,
  gap_target_days: z.record(z.enum(SEVERITIES), z.number().int().positive()),
  start_gate: z.array(z.string()),
  gaps: z.array(
    z.strictObject({
      type: z.enum(GAP_TYPES),
      detect: z.string(),
      default_severity: z.string(),
      closes_when: z.string(),
    }),
  ),
  cost_model_usd: costModel,
  distribution: z.looseObject({ banned_claims: z.array(z.string()), allowed_claims: z.array(z.string()) }),
})

export const rulebook = lazily(() => loadContent('rules', rulesFile))

/** The freshness row of a frequency. @throws when the rules have none: a bug of ours */
export function freshnessOf(frequency: string): Freshness {
  const row = rulebook().freshness.find((f) => f.frequency === frequency)
  if (!row) throw new Error(`rules.yaml has no freshness for "${frequency}"`)
  return row
}
