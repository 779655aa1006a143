// SPDX-License-Identifier: Apache-2.0
import type { GapType, Severity } from '../../catalog/terms.ts'
import { addDays, daysBetween, type LocalDate } from '../../lib/time.ts'
import type { PolicyState } from '../policies/policy.ts'
import type { Assessment, ControlFacts } from '../readiness/scoring.ts'
import type { Snapshot } from '../readiness/snapshot.ts'

/** What stands between today and ready, found by rules (rules.yaml, gaps). Pure: the same facts give the same gaps. */

export interface Gap {
  /** Names the gap for ever: `ineffective_control:IAM-02`. */
  readonly key: string
  readonly type: GapType
  readonly severity: Severity
  readonly title: string
  readonly finding: string
  readonly remediation: string
  readonly control_id: string | null
  readonly criterion_id: string | null
  readonly policy_id: string | null
  readonly owner: string | null
  /** The newest day on which the trouble showed; a gap that somebody verified as closed opens again for later ones. */
  readonly seen_on: LocalDate
}

/**
 * Every gap that the rules find, in a stable order.
 * @param titles of policies and criteria by id
 * @param lead who runs the programme: gaps of a control are its owner's, all others theirs
 */
export function findGaps(snapshot: Snapshot, titles: ReadonlyMap<string, string>, lead: string | null): Gap[] {
  const found = [...snapshot.assessments.values()]
  const gaps: Gap[] = [
    ...missingPolicies(snapshot, found, titles),
    ...snapshot.criteria
      .filter((c) => c.controls.length === 0)
      .map((c) => unmapped(c.criterion_id, titles, snapshot.setting.today)),
    ...found.flatMap((a) => {
      const facts = snapshot.facts.get(a.control_id)
      return facts ? controlGaps(a, facts, snapshot) : []
    }),
  ]
  return gaps.map((gap) => ({ ...gap, owner: gap.owner ?? lead }))
}

const POLICY_WORDS: Readonly<Record<Exclude<PolicyState, 'in_date'>, string>> = {
  missing: 'was never approved',
  not_yet_in_force: 'is approved but not in force yet',
  overdue: 'is past the day of its review',
}

function missingPolicies(snapshot: Snapshot, found: readonly Assessment[], titles: ReadonlyMap<string, string>): Gap[] {
  return [...Map.groupBy(found, (a) => a.version.policy_id)].flatMap(([policy_id, users]): Gap[] => {
    const state = snapshot.policies.get(policy_id) ?? 'missing'
    if (state === 'in_date') return []
    const name = titles.get(policy_id) ?? policy_id
    return [
      {
        key: `missing_policy:${policy_id}`,
        type: 'missing_policy',
        severity: state === 'missing' ? 'high' : 'medium',
        title: `${name} ${POLICY_WORDS[state]}`,
        finding: `${name} ${POLICY_WORDS[state]}; ${users.length} controls in scope rest on it: ${users.map((u) => u.control_id).join(', ')}.`,
        remediation: 'Have somebody with authority approve a version, publish it, and set a review within 12 months.',
        control_id: null,
        criterion_id: null,
        policy_id,
        owner: null,
        seen_on: snapshot.setting.today,
      },
    ]
  })
}

const unmapped = (criterion_id: string, titles: ReadonlyMap<string, string>, today: LocalDate): Gap => ({
  key: `unmapped_criterion:${criterion_id}`,
  type: 'unmapped_criterion',
  severity: 'critical',
  title: `${criterion_id} has no control in scope`,
  finding: `${criterion_id} (${titles.get(criterion_id) ?? 'criterion'}) applies, but no control in scope supports it.`,
  remediation: 'Adopt or include a control that supports it, or have an executive approve that it does not apply.',
  control_id: null,
  criterion_id,
  policy_id: null,
  owner: null,
  seen_on: today,
})

const capital = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1)

function controlGaps(a: Assessment, facts: ControlFacts, snapshot: Snapshot): Gap[] {
  const { today } = snapshot.setting
  const { control_id, version } = a
  const gap = (
    type: GapType,
    severity: Severity,
    words: Pick<Gap, 'title' | 'finding' | 'remediation' | 'seen_on'>,
  ): Gap => ({
    key: `${type}:${control_id}`,
    type,
    severity,
    control_id,
    criterion_id: null,
    policy_id: null,
    owner: facts.owner?.active === true ? facts.owner.id : null,
    ...words,
  })
  // A policy that is missing is a gap of its own, once, not one for each control that rests on it.
  const design = a.D.reasons.filter((reason) => !reason.startsWith('its policy'))
  const undocumented = documentation(a, snapshot)
  return [
    ...(design.length === 0
      ? []
      : [
          gap('missing_control', 'high', {
            title: `${control_id} ${version.title} is planned but not designed`,
            finding: `${capital(design.join('; '))}.`,
            remediation: 'Give it an active owner and a statement that can be tested.',
            seen_on: today,
          }),
        ]),
    ...(a.ineffective === null
      ? []
      : [
          gap('ineffective_control', version.is_key ? 'high' : 'medium', {
            title: `${control_id} ${version.title} does not operate as it should`,
            finding: `${capital(a.ineffective)}.`,
            remediation: 'Fix the cause, show that it passes again, and have somebody else verify it.',
            seen_on: lastTrouble(facts, today),
          }),
        ]),
    ...(undocumented === null
      ? []
      : [
          gap('lacking_documentation', 'medium', {
            title: `${control_id} ${version.title} lacks current evidence`,
            finding: `${capital(undocumented)}.`,
            remediation: 'Collect, attach or attest what is missing, and have it accepted.',
            seen_on: today,
          }),
        ]),
  ]
}

/** What evidence is missing, in words; null while nothing is due yet. */
function documentation(a: Assessment, { setting }: Snapshot): string | null {
  if (a.D.value === 0) return null
  const waited = daysBetween(a.since, setting.today) + 1
  const due = waited > setting.freshness(a.version.frequency).stale_after_days
  // Where checks have only ever failed, failing is the gap: no paper would fill it.
  if (a.I.value === 0) return due && a.ineffective === null ? a.I.reasons.join('; ') : null
  return a.F.value < 1 ? a.F.reasons.join('; ') : null
}

/** The newest day up to today that was failing or without data. */
function lastTrouble(facts: ControlFacts, today: LocalDate): LocalDate {
  const until = facts.cells.slice(0, daysBetween(facts.cells_from, today) + 1)
  const at = Math.max(until.lastIndexOf('f'), until.lastIndexOf('n'))
  return at < 0 ? today : addDays(facts.cells_from, at)
}
