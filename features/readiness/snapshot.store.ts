// SPDX-License-Identifier: Apache-2.0
import { framework } from '../../catalog/framework.ts'
import { kindOf } from '../../catalog/kinds/registry.ts'
import { freshnessOf, rulebook } from '../../catalog/rulebook.ts'
import type { Tx } from '../../lib/db.ts'
import { HOUR_MS, localDate, type Instant } from '../../lib/time.ts'
import { listControlVersions, listOwners } from '../controls/controls.store.ts'
import { listDecisions } from '../criteria/criteria.store.ts'
import { relevanceOf } from '../criteria/criteria.ts'
import { controlDays, type Days } from '../monitoring/check-days.store.ts'
import { listPolicyVersions } from '../policies/policies.store.ts'
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
  /** Criteria in scope that management decided are not relevant. */
  readonly not_relevant: readonly string[]
}

const mapOf = <R, K, V>(rows: readonly R[], key: (row: R) => K, value: (row: R) => V): Map<K, V> =>
  new Map(rows.map((row) => [key(row), value(row)]))

/**
 * Loads and reckons readiness for `asOf` as known at `knownAt`. The number of statements is the same for one control and
 * one day as for all of them and a year. `undefined` when nothing is scoped.
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
  const versions = await listControlVersions(tx, knownAt, only)
  const days = await controlDays(tx, {
    from: calendar.from,
    to: calendar.to,
    ...known,
    ...(only === undefined ? {} : { controls: [only] }),
  })
  const said = await listSaid(tx, known, only)
  const tasks = await listOpenTasks(tx, knownAt)
  const decisions = await listDecisions(tx, knownAt)
  const irrelevant = new Set(
    decisions.filter((d) => relevanceOf(d.state) === 'not_relevant').map((d) => d.criterion_id),
  )
  const applicable = applicableCriteria(framework().criteria.values(), scope.document.categories).map((c) => c.id)
  const triggered = versions.filter((v) => v.frequency === 'event_driven').map((v) => v.control_id)
  const loaded: Loaded = {
    scope: scope.document,
    calendar,
    versions,
    owners: await ownersOf(tx, calendar, known),
    policies: Map.groupBy(await listPolicyVersions(tx, knownAt), (v) => v.policy_id),
    checks: mapOf(
      days.controls,
      (c) => c.control_id,
      (c) => c.states,
    ),
    items: mapOf(
      await countItems(tx, [...new Set(triggered)], { from: calendar.from, to: calendar.today }, known),
      (row) => row.control_id,
      (row) => row,
    ),
    ...saidOf(said),
    criteria: applicable.filter((id) => !irrelevant.has(id)),
    compensating: new Map(
      tasks.flatMap((t) =>
        t.control_id !== null && t.compensating_control !== null ? [[t.control_id, t.compensating_control]] : [],
      ),
    ),
    unmitigated: unmitigatedOf(tasks),
    rules: rulebook().readiness,
    freshness: freshnessOf,
  }
  return {
    ...composeSnapshot(loaded),
    scope,
    calendar,
    known,
    days,
    said,
    tasks,
    not_relevant: applicable.filter((id) => irrelevant.has(id)),
  }
}

async function ownersOf(tx: Tx, calendar: Calendar, known: Known): Promise<Loaded['owners']> {
  const rows = await listOwners(tx, { day: calendar.today, ...known })
  return new Map(
    rows.flatMap((o) =>
      o.owner === null ? [] : [[o.control_id, { id: o.owner, name: o.name, active: o.active }] as const],
    ),
  )
}

/** Attestations and accepted evidence are performances; all evidence has its slot. */
function saidOf(said: readonly SaidRow[]): Pick<Loaded, 'performances' | 'evidence'> {
  const counts = said.filter((row) => row.by === 'attestation' || row.state === 'accepted')
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
export async function listSilent(tx: Tx, known: Pick<Known, 'asOf' | 'knownAt'>): Promise<Silent[]> {
  const late = (await listStreamAges(tx, known)).filter(
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
