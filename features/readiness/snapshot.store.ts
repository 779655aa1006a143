// SPDX-License-Identifier: Apache-2.0
import { framework } from '../../catalog/framework.ts'
import { kindOf } from '../../catalog/kinds/registry.ts'
import { freshnessOf, rulebook } from '../../catalog/rulebook.ts'
import type { Tx } from '../../lib/db.ts'
import { question, together } from '../../lib/together.ts'
import { HOUR_MS, localDate, type Instant } from '../../lib/time.ts'
import { listControlVersions, listOwners, type OwnerRow } from '../controls/controls.store.ts'
import { listDecisions, type DecisionRow } from '../criteria/criteria.store.ts'
import { relevanceOf } from '../criteria/criteria.ts'
import { controlDays, type Days } from '../monitoring/check-days.store.ts'
import { listPolicyVersions, type PolicyVersion } from '../policies/policies.store.ts'
import { applicableCriteria } from '../system/scope.ts'
import { scopeAt, type ScopeVersion } from '../system/system.store.ts'
import {
  countItems,
  listOpenTasks,
  listSaid,
  listStreamAges,
  type Known,
  type OpenTask,
  type SaidRow,
  type StreamAge,
} from './readiness.store.ts'
import { calendarOf, composeSnapshot, type Calendar, type Loaded, type Snapshot } from './snapshot.ts'

/** Readiness on a day, and what it was made from. */
export interface Readiness extends Snapshot {
  readonly scope: ScopeVersion
  readonly calendar: Calendar
  readonly known: Known
  /** What checks saw, by check and by control. */
  readonly days: Days
  readonly said: readonly SaidRow[]
  readonly tasks: readonly OpenTask[]
  readonly silent: readonly Silent[]
  /** The last decision on each criterion, and all approved versions of policies. */
  readonly decisions: readonly DecisionRow[]
  readonly policy_versions: readonly PolicyVersion[]
  /** Criteria in scope that management decided are not relevant. */
  readonly not_relevant: readonly string[]
}

const mapOf = <R, K, V>(rows: readonly R[], key: (row: R) => K, value: (row: R) => V): Map<K, V> =>
  new Map(rows.map((row) => [key(row), value(row)]))

/**
 * Loads and reckons readiness for `asOf` as known at `knownAt`, with two statements: the scope, then everything else, for one
 * control and one day as for all of them and a year. `undefined` when nothing is scoped.
 * @param only one control, where nothing is asked about others or about criteria
 */
export async function loadReadiness(
  at: { readonly tx: Tx; readonly asOf: Instant; readonly knownAt: Instant },
  only?: string,
): Promise<Readiness | undefined> {
  const { tx, asOf, knownAt } = at
  const scope = await scopeAt(tx, at)
  if (!scope) return undefined
  const known: Known = { asOf, knownAt, timeZone: scope.document.time_zone }
  const calendar = calendarOf(scope.document, localDate(asOf, known.timeZone))
  const said = await loadSaid(tx, calendar, known, only)
  const irrelevant = new Set(
    said.decisions.filter((d) => relevanceOf(d.state) === 'not_relevant').map((d) => d.criterion_id),
  )
  const applicable = applicableCriteria(framework().criteria.values(), scope.document.categories).map((c) => c.id)
  const loaded: Loaded = {
    scope: scope.document,
    calendar,
    versions: said.versions,
    owners: ownersOf(said.owners),
    policies: Map.groupBy(said.policies, (v) => v.policy_id),
    checks: mapOf(
      said.days.controls,
      (c) => c.control_id,
      (c) => c.states,
    ),
    items: Map.groupBy(said.items, (row) => row.control_id),
    ...saidOf(said.said),
    criteria: applicable.filter((id) => !irrelevant.has(id)),
    compensating: new Map(
      said.tasks.flatMap((t) =>
        t.control_id !== null && t.compensating_control !== null ? [[t.control_id, t.compensating_control]] : [],
      ),
    ),
    unmitigated: unmitigatedOf(said.tasks),
    rules: rulebook().readiness,
    freshness: freshnessOf,
  }
  return {
    ...composeSnapshot(loaded),
    scope,
    calendar,
    known,
    days: said.days,
    said: said.said,
    tasks: said.tasks,
    silent: silentOf(said.streams, known),
    decisions: said.decisions,
    policy_versions: said.policies,
    not_relevant: applicable.filter((id) => irrelevant.has(id)),
  }
}

/** Everything that readiness is made from besides the scope, in one statement. */
const loadSaid = (tx: Tx, calendar: Calendar, known: Known, only: string | undefined) =>
  together(tx, {
    versions: question(['recorded_at'], (t) => listControlVersions(t, known.knownAt, only)),
    days: question([], (t) =>
      controlDays(t, {
        from: calendar.from,
        to: calendar.to,
        ...known,
        ...(only === undefined ? {} : { controls: [only] }),
      }),
    ),
    said: question(['recorded_at'], (t) => listSaid(t, known, only)),
    tasks: question([], (t) => listOpenTasks(t, known.knownAt)),
    decisions: question(['recorded_at'], (t) => listDecisions(t, known.knownAt)),
    owners: question([], (t) => listOwners(t, { day: calendar.today, ...known })),
    policies: question(['recorded_at'], (t) => listPolicyVersions(t, known.knownAt)),
    items: question([], (t) => countItems(t, only, { from: calendar.from, to: calendar.today }, known)),
    streams: question(['observed_at'], (t) => listStreamAges(t, known)),
  })

const ownersOf = (owners: readonly OwnerRow[]): Loaded['owners'] =>
  new Map(
    owners.flatMap((o) =>
      o.owner === null ? [] : [[o.control_id, { id: o.owner, name: o.name, active: o.active }] as const],
    ),
  )

/**
 * Accepted evidence is a performance, and so is what somebody attests on evidence that stands. A bare word counts only
 * against the one who gives it: that a control was not performed. All evidence has its slot.
 */
function saidOf(said: readonly SaidRow[]): Pick<Loaded, 'performances' | 'evidence'> {
  const counts = said.filter((row) =>
    row.by === 'attestation' ? row.corroborated || row.outcome === 'not_performed' : row.state === 'accepted',
  )
  const evidence = said.flatMap((row) =>
    row.slot !== null && row.state !== null
      ? [{ control_id: row.control_id, id: row.id, slot: row.slot, day: row.to, state: row.state }]
      : [],
  )
  return {
    performances: Map.groupBy(counts, (row) => row.control_id),
    evidence: Map.groupBy(evidence, (row) => row.control_id),
  }
}

/** Risks that people noted as untreated, by the criterion they named. */
function unmitigatedOf(tasks: readonly OpenTask[]): Loaded['unmitigated'] {
  const open = tasks.filter((t) => t.type === 'unmitigated_risk' && t.state !== 'accepted' && t.criterion_id !== null)
  return new Map([...Map.groupBy(open, (t) => t.criterion_id ?? '')].map(([id, own]) => [id, own.map((t) => t.title)]))
}

export interface Silent {
  readonly connection_id: string
  readonly name: string
  /** Since when nothing complete has come; null: never. */
  readonly since: Instant | null
  readonly streams: readonly string[]
  readonly because: string | null
}

/** Connections that are switched on but whose streams have not been read completely within their kind's limit. */
export function silentOf(streams: readonly StreamAge[], known: Pick<Known, 'asOf'>): Silent[] {
  const late = streams.filter(
    ({ observed_at, kind }) =>
      Date.parse(known.asOf) - (observed_at === null ? 0 : Date.parse(observed_at)) >
      kindOf(kind).fresh_hours * HOUR_MS,
  )
  return [...Map.groupBy(late, (row) => row.connection_id)].map(([connection_id, rows]) => {
    const seen = rows.flatMap((row) => row.observed_at ?? [])
    return {
      connection_id,
      name: rows[0]?.name ?? connection_id,
      since: seen.length < rows.length ? null : seen.reduce((a, b) => (a < b ? a : b)),
      streams: rows.map((row) => row.stream),
      because: rows.find((row) => row.because !== null)?.because ?? null,
    }
  })
}
