// SPDX-License-Identifier: Apache-2.0
import type { Freshness, ReadinessRules, Weights } from '../../catalog/rulebook.ts'
import type { Frequency } from '../../catalog/terms.ts'
import { dayText, daysBetween, type LocalDate } from '../../lib/time.ts'
import { vagueWords, versionOn, type ControlVersion, type Segment } from '../controls/control.ts'
import type { PolicyState } from '../policies/policy.ts'
import { days, operatedWords } from './counted.ts'
import { answerWindows, windowsOf } from './schedule.ts'
import { isProven, isStale, slotState, type SlotEvidence } from './slots.ts'
import { attestationIsDue, chainOn, type Performance } from './strip.ts'

/**
 * Readiness of one control: designed (D), implemented (I), freshly evidenced (F), operating (O). Management's measure of
 * its own preparation, made of facts; never an opinion (spec H).
 */

/** Everything that is known about a control on a day. */
export interface ControlFacts {
  readonly control_id: string
  readonly segments: readonly Segment[]
  readonly owner: { readonly id: string; readonly name: string | null; readonly active: boolean } | null
  readonly policy: PolicyState
  /** The strip from `cells_from` on; see strip.ts. */
  readonly cells: string
  readonly cells_from: LocalDate
  /** What the checks that speak for the control saw, a letter a day as `cells`; null when none speaks. */
  readonly checks: string | null
  /** Items that checks judged in the period since it came into effect, for controls that events trigger. */
  readonly items: { readonly pass: number; readonly fail: number; readonly inconclusive: number }
  readonly performances: readonly Performance[]
  readonly evidence: readonly SlotEvidence[]
}

export interface Setting {
  readonly type: 'type1' | 'type2'
  /** The period, or the one day of a type 1. */
  readonly from: LocalDate
  readonly to: LocalDate
  readonly today: LocalDate
  readonly rules: ReadinessRules
  readonly freshness: (frequency: Frequency) => Freshness
}

export interface Component {
  /** 0 to 1. */
  readonly value: number
  /** Why it is not 1, in words; empty when it is. */
  readonly reasons: readonly string[]
}

export interface Operating extends Omit<Component, 'value'> {
  /** 0 to 1; null: not applicable. */
  readonly value: number | null
  readonly passed: number
  readonly expected: number
  /** Why there was nothing to expect. */
  readonly none_because: 'not_triggered' | 'not_due' | 'no_data' | null
}

export interface Assessment {
  readonly control_id: string
  /** The version in effect on the day. */
  readonly version: ControlVersion
  readonly since: LocalDate
  readonly has_owner: boolean
  readonly D: Component
  readonly I: Component
  readonly F: Component
  readonly O: Operating
  readonly score: number
  readonly weights: Weights
  /** Why the control counts as ineffective, in words; null when it does not. */
  readonly ineffective: string | null
}

/** The weights that count for an engagement on a day; before the period a type 2 asks for freshness but not operation. */
export function weightsOf(setting: Pick<Setting, 'type' | 'from' | 'today' | 'rules'>): Weights {
  const { type1, type2 } = setting.rules.weights
  if (setting.type === 'type1') return type1
  if (setting.today >= setting.from) return type2
  return { D: type1.D - type2.F / 2, I: type1.I - type2.F / 2, F: type2.F, O: 0 }
}

/** The score of four components; what is not applicable leaves its weight to `implemented`. */
export function scoreOf(weights: Weights, values: { D: number; I: number; F: number; O: number | null }): number {
  const { D, I, F, O } = values
  const raw =
    O === null
      ? weights.D * D + (weights.I + weights.O) * I + weights.F * F
      : weights.D * D + weights.I * I + weights.F * F + weights.O * O
  return Math.round(raw * 1e6) / 1e6
}

/** Assesses a control that is in effect on the day; `undefined` when it is not. */
export function assess(facts: ControlFacts, setting: Setting): Assessment | undefined {
  const version = versionOn(facts.segments, setting.today)
  if (!version || version.state === 'out') return undefined
  const since = chainOn(facts.segments, setting.today)?.[0]?.from ?? version.effective_from
  const D = designed(facts, version)
  const seen = implemented(facts, since, setting)
  const I = D.value === 0 ? none('is not designed') : seen
  const zero = I.value === 0
  const F = zero ? none('is not implemented') : fresh(facts, version, since, setting)
  // What was seen of a control stays seen when its policy lapses: it then scores nothing, and fails as it did before.
  const operated = seen.value === 0 ? NOT_OPERATED : operating(facts, version, since, setting)
  const O = zero ? NOT_OPERATED : operated
  const weights = weightsOf(setting)
  const score = scoreOf(weights, { D: D.value, I: I.value, F: F.value, O: O.value })
  return {
    control_id: facts.control_id,
    version,
    since,
    has_owner: facts.owner?.active === true,
    D,
    I,
    F,
    O,
    score,
    weights,
    ineffective: ineffective(facts, version, operated, setting),
  }
}

const none = (why: string): Component => ({ value: 0, reasons: [`it ${why}`] })
const NOT_OPERATED: Operating = { ...none('is not implemented'), passed: 0, expected: 0, none_because: null }

const POLICY_WORDS: Readonly<Record<PolicyState, string | null>> = {
  missing: 'was never approved',
  not_yet_in_force: 'is not in force yet',
  overdue: 'is past its review date',
  in_date: null,
}

function designed(facts: ControlFacts, version: ControlVersion): Component {
  const policy = POLICY_WORDS[facts.policy]
  const vague = vagueWords(version.statement)
  const reasons = [
    ...(facts.owner === null ? ['nobody owns it'] : []),
    ...(facts.owner !== null && !facts.owner.active ? ['its owner is no longer active'] : []),
    ...(policy === null ? [] : [`its policy ${version.policy_id} ${policy}`]),
    ...(vague.length > 0 ? [`its statement cannot be tested: "${vague.join('", "')}" names no number`] : []),
  ]
  return { value: reasons.length === 0 ? 1 : 0, reasons }
}

/** One accepted piece of evidence, corroborated word or passing check since the control came into effect. */
function implemented(facts: ControlFacts, since: LocalDate, setting: Setting): Component {
  const shown =
    facts.performances.some((p) => p.corroborated && p.outcome !== 'not_performed' && p.to >= since) ||
    facts.items.pass > 0 ||
    daysIn(facts, facts.cells, since, setting.today).includes('o')
  return shown ? { value: 1, reasons: [] } : { value: 0, reasons: ['nothing shows yet that it was ever performed'] }
}

/** Required pieces of evidence that are not stale, as a share. What is required follows from who speaks for the control. */
function fresh(facts: ControlFacts, version: ControlVersion, since: LocalDate, setting: Setting): Component {
  const { today } = setting
  const of = setting.freshness(version.frequency)
  const asked: { readonly proven: boolean; readonly reason: string }[] = []
  const byPeople = attestationIsDue(version.nature, version.frequency, facts.checks !== null)
  if (!byPeople) {
    const now = facts.cells[cellIndex(facts, today)] ?? 'n'
    asked.push({ proven: now !== 'n', reason: 'its checks have no current data' })
  }
  if (version.required_slots.length > 0)
    for (const slot of version.required_slots) {
      const own = facts.evidence.filter((e) => e.slot === slot)
      const state = slotState(own, since, today, of)
      const hasAccepted = own.some((e) => e.state === 'accepted')
      asked.push({ proven: isProven(state, hasAccepted), reason: `evidence for ${slot} is ${state.replace('_', ' ')}` })
    }
  else if (byPeople) {
    const last = facts.performances
      .filter((p) => p.corroborated && p.to <= today)
      .map((p) => p.to)
      .toSorted()
      .at(-1)
    asked.push({
      proven: last !== undefined && !isStale(last, today, of),
      reason:
        last === undefined
          ? 'no evidence was accepted'
          : `its newest evidence is of ${dayText(last)}; ${of.stale_after_days} days are the limit`,
    })
  }
  const missing = asked.filter((a) => !a.proven)
  return { value: (asked.length - missing.length) / asked.length, reasons: missing.map((m) => m.reason) }
}

const cellIndex = (facts: ControlFacts, day: LocalDate): number => daysBetween(facts.cells_from, day)

/** The letters of a strip from one day to another, both included. */
const daysIn = (facts: ControlFacts, letters: string, from: LocalDate, to: LocalDate): string =>
  letters.slice(Math.max(0, cellIndex(facts, from)), Math.max(0, cellIndex(facts, to) + 1))

/** Passed over expected, in the days of the period that have passed. */
function operating(facts: ControlFacts, version: ControlVersion, since: LocalDate, setting: Setting): Operating {
  if (setting.type === 'type1' || setting.today < setting.from)
    return { value: null, reasons: [], passed: 0, expected: 0, none_because: 'not_due' }
  const until = setting.today < setting.to ? setting.today : setting.to
  const from = since > setting.from ? since : setting.from
  if (version.frequency === 'continuous') return operatingDays(facts, from, until)
  if (version.frequency === 'event_driven') return operatingItems(facts, from, until)
  return operatingSchedule(facts, version, setting, until)
}

const ratio = (
  passed: number,
  expected: number,
  reason: string,
  none_because: Operating['none_because'],
): Operating => ({
  value: expected === 0 ? null : passed / expected,
  reasons: expected > passed ? [reason] : [],
  passed,
  expected,
  none_because: expected === 0 ? none_because : null,
})

function operatingDays(facts: ControlFacts, from: LocalDate, until: LocalDate): Operating {
  const cells = daysIn(facts, facts.cells, from, until)
  const count = (state: string): number => cells.split(state).length - 1
  const [passed, failing, silent] = [count('o'), count('f'), count('n')]
  return ratio(
    passed,
    passed + failing + silent,
    `${days(failing)} failing and ${days(silent)} without data of ${passed + failing + silent}`,
    'not_triggered',
  )
}

function operatingItems(facts: ControlFacts, from: LocalDate, until: LocalDate): Operating {
  const { pass, fail, inconclusive } = facts.items
  const said = facts.checks !== null ? [] : facts.performances.filter((p) => p.to >= from && p.from <= until)
  const performed = said.filter((p) => p.outcome === 'performed').length
  const missed = facts.performances.filter(
    (p) => p.outcome === 'not_performed' && p.to >= from && p.from <= until,
  ).length
  const passed = pass + performed
  const expected = passed + fail + inconclusive + missed
  // Where nobody looked, nobody knows whether something occurred: silence is not the same as nothing to do.
  if (expected === 0 && facts.cells[cellIndex(facts, until)] === 'n')
    return { value: 0, reasons: ['whether anything occurred is not known'], passed, expected, none_because: 'no_data' }
  return ratio(
    passed,
    expected,
    `${fail + missed} of ${expected} items failed, ${inconclusive} could not be judged`,
    'not_triggered',
  )
}

function operatingSchedule(
  facts: ControlFacts,
  version: ControlVersion,
  setting: Setting,
  until: LocalDate,
): Operating {
  const windows = windowsOf(facts.segments, setting, setting.freshness)
  // Where a person has to perform the control, a passing check does not stand in for it; a failing one still counts.
  const checksSuffice = !attestationIsDue(version.nature, version.frequency, facts.checks !== null)
  let passed = 0
  let expected = 0
  let failing = 0
  for (const [i, state] of answerWindows(windows, facts.performances, until).entries()) {
    const window = windows[i]! // a state for each window
    // What the checks saw last in the window counts: what was repaired in time was repaired.
    const seen = daysIn(facts, facts.checks ?? '', window.from, window.to < until ? window.to : until)
      .replaceAll(/[^fo]/g, '')
      .at(-1)
    if (state === 'nothing_occurred') continue
    if (state === 'not_performed') expected++
    else if (seen === 'f') {
      expected++
      failing++
    } else if (state === 'performed' || (seen === 'o' && checksSuffice)) {
      passed++
      expected++
    } else if (state === 'missed') expected++
  }
  const because =
    failing > 0
      ? `its check failed at the end of ${failing} of ${expected}`
      : `performed ${passed} of ${expected} times it was due`
  return ratio(passed, expected, because, 'not_due')
}

/** A control that was never seen to work has no share of good days, but its checks may be failing all the same. */
function ineffective(facts: ControlFacts, version: ControlVersion, O: Operating, setting: Setting): string | null {
  if (O.value !== null && O.expected > 0 && O.value < setting.rules.ineffective_below)
    return `${operatedWords(version.frequency, O)}, below ${Math.round(setting.rules.ineffective_below * 100)} %`
  const grace = setting.freshness(version.frequency).grace_days ?? 0
  const until = setting.today < setting.to ? setting.today : setting.to
  if (facts.checks !== null && facts.cells.slice(0, cellIndex(facts, until) + 1).endsWith('f'.repeat(grace + 1)))
    return `its checks have been failing for more than ${days(grace)}`
  return null
}
