// SPDX-License-Identifier: Apache-2.0
import { kindOf } from '../../catalog/kinds/registry.ts'
import { DAY_MS, HOUR_MS, dayText, type Instant } from '../../lib/time.ts'
import { days } from './counted.ts'
import type { Assessment } from './scoring.ts'

/** Whether the period may start, and what stands against it by name (spec H.3). An executive may start with a hole. */

/** How long sources show that they can be relied on before a period rests on them. */
export const STEADY_DAYS = 7

/** The areas without which a period has holes from its first day, each with the kind of facts it is known by. */
const AREAS = [
  { name: 'identity', kind: 'user-account' },
  { name: 'people', kind: 'person' },
  { name: 'code', kind: 'code-change' },
  { name: 'cloud', kind: 'posture-finding' },
] as const
export const AREA_KINDS: readonly string[] = AREAS.map((area) => area.kind)

/** What one source has delivered of one kind. */
export interface SourceAge {
  readonly kind: string
  readonly name: string
  /** The first and the newest complete reading; null when there never was one. */
  readonly first_at: Instant | null
  readonly observed_at: Instant | null
  /** The newest reading that was not complete; null when there never was one. */
  readonly failed_at: Instant | null
}

export interface Gate {
  readonly rule: string
  readonly met: boolean
  /** What stands against it, by name. */
  readonly missing: readonly string[]
}

export interface StartFacts {
  readonly criteria: readonly { readonly criterion_id: string; readonly controls: readonly string[] }[]
  readonly assessments: ReadonlyMap<string, Assessment>
  readonly policies: readonly { readonly id: string; readonly in_date: boolean; readonly key: boolean }[]
  readonly sources: readonly SourceAge[]
  /** Whether any of the system runs at a provider. */
  readonly has_cloud: boolean
  readonly asOf: Instant
}

/** Criteria without any control that is designed and implemented: the holes that a decision to start has to name. */
export const criteriaHoles = ({ criteria, assessments }: Pick<StartFacts, 'criteria' | 'assessments'>): string[] => {
  const working = (id: string): boolean => assessments.get(id)?.D.value === 1 && assessments.get(id)?.I.value === 1
  return criteria.filter((c) => !c.controls.some(working)).map((c) => c.criterion_id)
}

export function startGate(facts: StartFacts): Gate[] {
  const gate = (rule: string, missing: string[]): Gate => ({ rule, met: missing.length === 0, missing })
  const areas = AREAS.filter((area) => area.name !== 'cloud' || facts.has_cloud)
  return [
    gate('each applicable criterion has a control that is designed and implemented', criteriaHoles(facts)),
    gate(
      'policies of key controls are approved and in date',
      facts.policies.filter((p) => p.key && !p.in_date).map((p) => p.id),
    ),
    gate(
      `sources of ${areas.map((area) => area.name).join(', ')} have delivered for ${STEADY_DAYS} days without an error`,
      areas.flatMap(({ name, kind }) => {
        const because = unsteady(
          facts.sources.filter((source) => source.kind === kind),
          facts.asOf,
        )
        return because === null ? [] : [`${name} (${because})`]
      }),
    ),
    gate(
      'every control in scope, and so every population, has an owner',
      [...facts.assessments.values()].filter((a) => !a.has_owner).map((a) => a.control_id),
    ),
  ]
}

/** Why none of an area's sources can be relied on yet, told of the one that comes closest; null when one can. */
function unsteady(sources: readonly SourceAge[], asOf: Instant): string | null {
  const told = sources.map((source) => unsteadySource(source, asOf))
  if (told.includes(null)) return null
  return told[0] ?? 'nothing was read yet'
}

function unsteadySource({ kind, name, first_at, observed_at, failed_at }: SourceAge, asOf: Instant): string | null {
  if (first_at === null || observed_at === null) return `${name}: no complete reading yet`
  const since = (moment: Instant): number => Date.parse(asOf) - Date.parse(moment)
  if (since(observed_at) > kindOf(kind).fresh_hours * HOUR_MS)
    return `${name}: nothing complete since ${dayText(observed_at)}`
  if (failed_at !== null && since(failed_at) < STEADY_DAYS * DAY_MS)
    return `${name}: a reading failed on ${dayText(failed_at)}`
  const lasted = Math.floor(since(first_at) / DAY_MS)
  return lasted < STEADY_DAYS ? `${name}: first read ${lasted < 1 ? 'today' : `${days(lasted)} ago`}` : null
}
