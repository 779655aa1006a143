// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { framework, slotsOf } from '../../catalog/framework.ts'
import { freshnessOf } from '../../catalog/rulebook.ts'
import { query, READERS } from '../../lib/action.ts'
import { keyOf, page, pageInput, pageOf } from '../../lib/page.ts'
import { Refused } from '../../lib/refused.ts'
import { daysBetween, type LocalDate } from '../../lib/time.ts'
import { question, together } from '../../lib/together.ts'
import { controlDays } from '../monitoring/check-days.store.ts'
import { localDate } from '../system/scope.ts'
import { listDayRuns, listTroubled, type SaidRow } from './readiness.store.ts'
import { controlRowOf, controlRows } from './rows.ts'
import { nextDue } from './schedule.ts'
import { cells, controlRow, days, task } from './shapes.ts'
import { slotState, type SlotEvidence } from './slots.ts'
import { loadReadiness, type Readiness } from './snapshot.store.ts'
import { attestationIsDue } from './strip.ts'

export const controls = query({
  summary: 'List controls with their scores, reasons and days',
  may: READERS,
  shared: true,
  input: z.strictObject({
    ...pageInput,
    criterion: z.string().optional(),
    owner: z.string().optional(),
    state: z.enum(['ready', 'not_ready', 'ineffective', 'not_in_effect']).optional(),
  }),
  output: pageOf(controlRow).extend(days),
  async run(ctx, input) {
    const after = keyOf(input.after, z.tuple([z.string()]))?.[0]
    const readiness = await loadReadiness(ctx)
    const today = ctx.asOf.slice(0, 10)
    if (!readiness) return { from: today, to: today, today, rows: [], next: null }
    const all = controlRows(readiness, framework().controls.keys())
    const { ready } = readiness.setting.rules.thresholds
    const wanted = {
      ready: (score: number | null) => score !== null && score >= ready,
      not_ready: (score: number | null) => score !== null && score < ready,
      not_in_effect: (score: number | null) => score === null,
    }
    const start = after === undefined ? 0 : all.findIndex((r) => r.control_id === after) + 1
    const rows = all
      .slice(start)
      .filter(
        (r) =>
          (input.criterion === undefined || r.criteria.includes(input.criterion)) &&
          (input.owner === undefined || r.owner?.id === input.owner) &&
          (input.state === undefined ||
            (input.state === 'ineffective' ? r.ineffective !== null : wanted[input.state](r.score))),
      )
    return { ...readiness.calendar, ...page(rows, input.limit, (r) => [r.control_id]) }
  },
})

const evidence = z.object({
  id: z.string(),
  title: z.string(),
  from: z.string(),
  to: z.string(),
  state: z.enum(['submitted', 'accepted', 'rejected', 'withdrawn']),
})
const saidShape = z.object({
  id: z.string(),
  by: z.enum(['attestation', 'evidence']),
  title: z.string(),
  from: z.string(),
  to: z.string(),
  outcome: z.enum(['performed', 'not_performed', 'no_occurrence']),
  state: z.enum(['submitted', 'accepted', 'rejected', 'withdrawn']).nullable(),
  corroborated: z.boolean(),
  recorded_at: z.string(),
})

/** @throws Refused NOT_ADOPTED when the control has no version yet */
async function readinessOf(ctx: Parameters<typeof loadReadiness>[0], control_id: string): Promise<Readiness> {
  const readiness = await loadReadiness(ctx, control_id)
  if (!readiness?.facts.has(control_id))
    throw new Refused('NOT_ADOPTED', `${control_id} was not adopted`, { status: 404, pointer: '/id' })
  return readiness
}

function slotRows(readiness: Readiness, control_id: string, said: readonly SaidRow[]) {
  const control = framework().controls.get(control_id)
  const found = readiness.assessments.get(control_id)
  const facts = readiness.facts.get(control_id)
  const version = found?.version ?? facts?.segments.at(-1)?.version
  if (!control || !version) return []
  const since = found?.since ?? version.effective_from
  const known = new Map(slotsOf(control).map((slot) => [slot.id, slot]))
  // Evidence may have been linked to a place of its own choosing; it is shown as well.
  for (const row of said)
    if (row.slot !== null && !known.has(row.slot))
      known.set(row.slot, { id: row.slot, title: row.slot, kind: 'document' })
  return [...known.values()].map((slot) => {
    const own = said.filter((row) => row.slot === slot.id)
    const items = own.flatMap((row): SlotEvidence[] =>
      row.state === null ? [] : [{ id: row.id, slot: slot.id, day: row.to, state: row.state }],
    )
    return {
      ...slot,
      required: version.required_slots.includes(slot.id),
      state: slotState(items, since, readiness.calendar.today, freshnessOf(version.frequency)),
      evidence: own.flatMap((row) => (row.state === null ? [] : [{ ...row, state: row.state }])).toReversed(),
    }
  })
}

const lateStartDays = (since: LocalDate, { type, from, today }: Readiness['setting']): number =>
  type === 'type2' && today >= from && since > from ? daysBetween(from, since) : 0

export const control = query({
  summary: 'Show how one control stands: components with reasons, its days, checks and evidence slots',
  may: READERS,
  shared: true,
  input: z.strictObject({ id: z.string() }),
  output: controlRow.extend({
    ...days,
    version: z.number(),
    since: z.string().nullable(),
    late_start_days: z.number().describe('First days of a running period on which it was not in effect yet'),
    weights: z.object({ D: z.number(), I: z.number(), F: z.number(), O: z.number() }),
    attestation_due: z.boolean().describe('People have to attest; checks alone do not speak for it'),
    next_due: z.object({ due: z.string(), overdue_from: z.string() }).nullable(),
    freshness: z.object({ interval_days: z.number().nullable(), stale_after_days: z.number() }),
    policy: z.object({ id: z.string(), state: z.string() }),
    checks: z.array(z.object({ check_id: z.string(), title: z.string(), strength: z.string(), cells })),
    slots: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        kind: z.enum(['document', 'automated']),
        required: z.boolean(),
        state: z.enum(['not_due', 'due', 'fresh', 'stale', 'missing', 'rejected']),
        evidence: z.array(evidence),
      }),
    ),
    said: z.array(saidShape).describe('Attestations and evidence, newest first'),
    gaps: z.array(task),
  }),
  async run(ctx, { id }) {
    const readiness = await readinessOf(ctx, id)
    const facts = readiness.facts.get(id)
    const row = facts && controlRowOf(facts, readiness)
    if (!facts || !row) throw new Refused('NOT_ADOPTED', `${id} was not adopted`, { status: 404, pointer: '/id' })
    const found = readiness.assessments.get(id)
    const segment = facts.segments.findLast((s) => s.from <= readiness.calendar.today) ?? facts.segments[0]
    const said = readiness.said.filter((s) => s.control_id === id)
    const { interval_days, stale_after_days } = freshnessOf(row.frequency)
    const by = readiness.days.controls.find((c) => c.control_id === id)?.checks ?? []
    const policy_id = segment?.version.policy_id ?? ''
    return {
      ...row,
      ...readiness.calendar,
      version: segment?.version.n ?? 0,
      since: found?.since ?? null,
      late_start_days: found ? lateStartDays(found.since, readiness.setting) : 0,
      weights: found?.weights ?? readiness.setting.rules.weights.type2,
      attestation_due:
        segment !== undefined &&
        attestationIsDue(segment.version.nature, segment.version.frequency, facts.checks !== null),
      next_due:
        found && segment
          ? nextDue(segment, found.since, facts.performances, readiness.calendar.today, freshnessOf)
          : null,
      freshness: { interval_days, stale_after_days },
      policy: { id: policy_id, state: readiness.policies.get(policy_id) ?? 'missing' },
      checks: by.flatMap(({ check_id, strength }) => {
        const check = readiness.days.checks.find((c) => c.check_id === check_id)
        return check ? [{ check_id, title: check.title, strength, cells: check.states }] : []
      }),
      slots: slotRows(readiness, id, said),
      said: said.toReversed(),
      gaps: readiness.tasks.filter((t) => t.control_id === id),
    }
  },
})

/** The day as a sentence, by its letter. */
const WORDS: Readonly<Record<string, string>> = {
  o: 'The control was performed and nothing spoke against it.',
  f: 'Something failed, or somebody attested that it was not performed.',
  n: 'There are no data for the day, or a performance is overdue. Silence is not a pass.',
  x: 'Only failures under an approved exception were seen.',
  '-': 'The control was not due, or nothing occurred.',
  '.': 'The control was not in effect.',
  ' ': 'The day has not come yet.',
}

export const oneDay = query({
  summary: 'Show what made one day of one control what it was',
  may: READERS,
  input: z.strictObject({
    id: z.string(),
    day: localDate,
  }),
  output: z.object({
    control_id: z.string(),
    day: z.string(),
    state: z.string(),
    words: z.string(),
    checks: z.array(
      z.object({
        check_id: z.string(),
        state: z.string(),
        failing: z.number(),
        inconclusive: z.number(),
        excepted: z.number(),
      }),
    ),
    runs: z.array(
      z.object({
        check_id: z.string(),
        title: z.string(),
        collection_id: z.string(),
        at: z.string(),
        state: z.string(),
        because: z.string().nullable(),
      }),
    ),
    subjects: z.array(
      z.object({
        check_id: z.string(),
        title: z.string(),
        subject_id: z.number(),
        label: z.string(),
        status: z.enum(['fail', 'inconclusive', 'excepted']),
        because: z.string().nullable(),
        since: z.string(),
        until: z.string().nullable(),
      }),
    ),
    said: z.array(saidShape),
  }),
  async run(ctx, { id, day }) {
    const readiness = await readinessOf(ctx, id)
    const { known, calendar } = readiness
    const at = daysBetween(calendar.from, day)
    const state = readiness.facts.get(id)?.cells[at]
    if (state === undefined)
      throw new Refused('OUTSIDE_PERIOD', `expected a day from ${calendar.from} to ${calendar.to}, got ${day}`, {
        pointer: '/day',
      })
    const { seen, runs, subjects } = await together(ctx.tx, {
      seen: question([], (tx) => controlDays(tx, { controls: [id], from: day, to: day, ...known })),
      runs: question(['at'], (tx) => listDayRuns(tx, id, day, known)),
      subjects: question(['since', 'until'], (tx) => listTroubled(tx, id, day, known)),
    })
    const speaks = new Set(seen.controls.flatMap((c) => c.checks.map((check) => check.check_id)))
    return {
      control_id: id,
      day,
      state,
      words: WORDS[state] ?? '',
      checks: seen.checks
        .filter((check) => speaks.has(check.check_id))
        .map((check) => ({
          check_id: check.check_id,
          state: check.states,
          failing: check.failing[0] ?? 0,
          inconclusive: check.inconclusive[0] ?? 0,
          excepted: check.excepted[0] ?? 0,
        })),
      runs,
      subjects,
      said: readiness.said.filter((s) => s.control_id === id && s.from <= day && s.to >= day),
    }
  },
})
