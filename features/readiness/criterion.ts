// SPDX-License-Identifier: Apache-2.0
import type { ReadinessRules } from '../../catalog/rulebook.ts'
import type { Assessment } from './scoring.ts'

/** Readiness of a criterion: the weighted mean of its controls, then caps that no average can hide (spec H). */

export type Status = 'ready' | 'at_risk' | 'not_ready'

export interface Cap {
  readonly at: number
  readonly because: string
}

export interface CriterionReadiness {
  readonly criterion_id: string
  readonly score: number
  readonly status: Status
  readonly caps: readonly Cap[]
  /** Only one control in scope supports it. */
  readonly thin: boolean
  readonly controls: readonly string[]
  /** What would raise the score most, first. */
  readonly moves: readonly Move[]
}

export interface Move {
  readonly control_id: string
  readonly component: 'D' | 'I' | 'F' | 'O'
  /** How much the criterion's score would gain before caps. */
  readonly gain: number
  readonly because: string
}

/** What is known besides the controls themselves. */
export interface Surroundings {
  /** Controls whose ineffectiveness another, effective control makes up for; by control, verified. */
  readonly compensated: ReadonlySet<string>
  /** Criteria linked to a risk above appetite that nobody treats. */
  readonly unmitigated: ReadonlyMap<string, readonly string[]>
}

/** @param controls assessments of the controls in scope that name the criterion */
export function assessCriterion(
  criterion_id: string,
  controls: readonly Assessment[],
  around: Surroundings,
  rules: ReadinessRules,
): CriterionReadiness {
  const weight = (c: Assessment): number =>
    c.version.is_key ? rules.control_weight.key : rules.control_weight.supporting
  const total = controls.reduce((sum, c) => sum + weight(c), 0)
  const mean = total === 0 ? 0 : controls.reduce((sum, c) => sum + weight(c) * c.score, 0) / total
  const caps = capsOf(criterion_id, controls, around, rules)
  const score = Math.round(Math.min(mean, ...caps.map((cap) => cap.at)) * 1e6) / 1e6
  return {
    criterion_id,
    score,
    status: statusOf(score, caps, controls.length, rules),
    caps,
    thin: controls.length === 1,
    controls: controls.map((c) => c.control_id),
    moves: controls.flatMap((c) => movesOf(c, weight(c) / total)).toSorted((a, b) => b.gain - a.gain),
  }
}

function statusOf(score: number, caps: readonly Cap[], controls: number, rules: ReadinessRules): Status {
  if (controls === 0) return 'not_ready'
  if (score >= rules.thresholds.ready && caps.length === 0) return 'ready'
  return score >= rules.thresholds.at_risk ? 'at_risk' : 'not_ready'
}

function capsOf(
  criterion_id: string,
  controls: readonly Assessment[],
  around: Surroundings,
  rules: ReadinessRules,
): Cap[] {
  const only = controls.length === 1 ? controls[0] : undefined
  return [
    ...(controls.length === 0 ? [{ at: 0, because: 'no control in scope supports it' }] : []),
    ...controls
      .filter((c) => c.version.is_key && c.ineffective !== null && !around.compensated.has(c.control_id))
      .map((c) => ({
        at: rules.caps.ineffective_key,
        because: `key control ${c.control_id} is not effective: ${c.ineffective ?? ''}; no verified control makes up for it`,
      })),
    ...(only && only.I.value === 1 && only.F.value !== 1
      ? [
          {
            at: rules.caps.only_control_stale,
            because: `the evidence of its only control ${only.control_id} is not current`,
          },
        ]
      : []),
    ...(around.unmitigated.get(criterion_id) ?? []).map((risk) => ({
      at: rules.caps.unmitigated_risk,
      because: `a risk above appetite is untreated: ${risk}`,
    })),
  ]
}

/** The components that hold a control back, as gains of the criterion's score; `share` is the control's weight in it. */
function movesOf(c: Assessment, share: number): Move[] {
  // Without a design nothing else counts yet, and without a first performance neither freshness nor operation do.
  const first = c.D.value === 0 ? 'D' : c.I.value === 0 ? 'I' : undefined
  const move = (component: Move['component'], gain: number, reasons: readonly string[]): Move => ({
    control_id: c.control_id,
    component,
    gain: Math.round(gain * share * 1e6) / 1e6,
    because: reasons.join('; '),
  })
  if (first) return [move(first, 1 - c.score, c[first].reasons)]
  return (['F', 'O'] as const).flatMap((component) => {
    const { value, reasons } = c[component]
    return value === null || value === 1 || c.weights[component] === 0
      ? []
      : [move(component, c.weights[component] * (1 - value), reasons)]
  })
}

export interface Tally {
  readonly ready: number
  readonly at_risk: number
  readonly not_ready: number
  readonly total: number
}

export const tally = (rows: readonly { readonly status: Status }[]): Tally => {
  const count = (status: Status): number => rows.filter((row) => row.status === status).length
  return { ready: count('ready'), at_risk: count('at_risk'), not_ready: count('not_ready'), total: rows.length }
}

/**
 * Readiness in one sentence. It counts criteria and never says compliant, certified or passed: only an auditor concludes.
 */
export function sentence({ ready, at_risk, not_ready, total }: Tally): string {
  if (total === 0) return 'No criteria apply yet; save a scope first.'
  const rest = [
    ...(at_risk > 0 ? [`${at_risk} ${at_risk === 1 ? 'is' : 'are'} at risk`] : []),
    ...(not_ready > 0 ? [`${not_ready} ${not_ready === 1 ? 'is' : 'are'} not ready`] : []),
  ]
  const head = `${ready} of ${total} criteria ${ready === 1 ? 'is' : 'are'} ready`
  return rest.length === 0 ? `${head}.` : `${head}; ${rest.join(', ')}.`
}
