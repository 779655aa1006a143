// SPDX-License-Identifier: Apache-2.0
import type { Verdict } from '../../catalog/check.ts'
import { sql, type Tx } from '../../lib/db.ts'
import { stoodAt } from '../../lib/intervals.ts'
import type { Instant } from '../../lib/time.ts'
import { isExcepted } from './exceptions.store.ts'
import type { Counts } from './monitoring.ts'
import type { StreamState, TroubleCounts } from './summary.ts'
import type { CheckVersion } from './versions.store.ts'

export interface Moment {
  readonly asOf: Instant
  readonly knownAt: Instant
}

export interface ControlEdge {
  readonly control_id: string
  readonly strength: 'direct' | 'partial' | 'supporting'
  readonly rationale: string
}

export type VersionRow = CheckVersion & { readonly controls: readonly ControlEdge[] }

/** Versions in force at a moment, as known then, by check; one check, or those that speak for a control, when asked. */
export async function versionsAt(
  tx: Tx,
  filter: { readonly check_id?: string | undefined; readonly control_id?: string | undefined },
  { asOf, knownAt }: Moment,
): Promise<VersionRow[]> {
  const at = asOf < knownAt ? asOf : knownAt
  return await tx.rows<VersionRow>(sql`
    select v.id, v.check_id, v.version, v.sha256, v.kind, v.origin, v.document, v.effective_from,
      case when v.effective_to <= ${knownAt} then v.effective_to end as effective_to, v.saved_by, v.manifest,
      coalesce((
        select json_agg(json_build_object('control_id', c.control_id, 'strength', c.strength, 'rationale', c.rationale) order by c.control_id)
        from check_control c where c.org_id = v.org_id and c.check_version_id = v.id), '[]') as controls
    from check_version v
    where v.org_id = ${tx.org} and (v.version = 1 or v.effective_from <= ${at}) and (v.effective_to is null or v.effective_to > ${at})
      and (${filter.check_id ?? null}::text is null or v.check_id = ${filter.check_id ?? null})
      and (${filter.control_id ?? null}::text is null or exists (
        select from check_control c
        where c.org_id = v.org_id and c.check_version_id = v.id and c.control_id = ${filter.control_id ?? null}))
    order by v.check_id`)
}

export interface StreamRun extends StreamState {
  readonly version: number
  readonly stream: string | null
  readonly source_name: string | null
}

/** Where each stream of some checks stands at a moment. */
export async function streamRuns(tx: Tx, versions: readonly number[], { asOf, knownAt }: Moment): Promise<StreamRun[]> {
  return await tx.rows<StreamRun>(sql`
    with run as (
      select r.* from check_run r
      where r.org_id = ${tx.org} and r.check_version_id = any(${[...versions]}::bigint[]) and r.at <= ${asOf} and r.recorded_at <= ${knownAt}
        and not exists (
          select from collection x where x.org_id = r.org_id and x.supersedes = r.collection_id and x.recorded_at <= ${knownAt})
    ), last as (
      select distinct on (check_version_id, source_id, stream) * from run
      order by check_version_id, source_id, stream, at desc, id desc
    ), counted as (
      select distinct on (check_version_id, source_id, stream) check_version_id, source_id, stream, counts, at from run
      where state <> 'inconclusive' order by check_version_id, source_id, stream, at desc, id desc
    ), fresh as (
      select check_version_id, source_id, stream, max(fresh_until) filter (where state = 'judged') as fresh_until
      from run group by 1, 2, 3
    )
    select l.check_version_id as version, l.source_id, l.stream, s.name as source_name, coalesce(not n.enabled, false) as ended,
      l.at, l.state, l.because, f.fresh_until, c.counts, c.at as counted_at
    from last l
    join fresh f on f.check_version_id = l.check_version_id and f.source_id is not distinct from l.source_id and f.stream is not distinct from l.stream
    left join counted c on c.check_version_id = l.check_version_id and c.source_id is not distinct from l.source_id and c.stream is not distinct from l.stream
    left join source s on s.org_id = ${tx.org} and s.id = l.source_id
    left join connection n on s.kind = 'connection' and n.org_id = s.org_id and n.id = s.ref`)
}

export interface TroubleRow extends TroubleCounts {
  readonly version: number
}

/** Subjects in trouble at a moment, by check version. Those of switched-off connections are not counted. */
export async function troubleCounts(tx: Tx, versions: readonly number[], at: Moment): Promise<TroubleRow[]> {
  return await tx.rows<TroubleRow>(sql`
    select version, count(*) filter (where status = 'fail' and not excepted) as fail,
      count(*) filter (where status = 'fail' and excepted) as excepted, count(*) filter (where status = 'inconclusive') as inconclusive
    from (
      select t.check_version_id as version, t.status, t.status = 'fail' and ${isExcepted(sql`v.check_id`, at)} as excepted
      from outcome t
      join check_version v on v.org_id = t.org_id and v.id = t.check_version_id
      join subject u on u.org_id = t.org_id and u.id = t.subject_id
      join source s on s.org_id = u.org_id and s.id = u.source_id
      left join connection n on s.kind = 'connection' and n.org_id = s.org_id and n.id = s.ref
      where t.org_id = ${tx.org} and t.check_version_id = any(${[...versions]}::bigint[]) and t.status in ('fail', 'inconclusive')
        and ${stoodAt('t', at.asOf, at.knownAt)} and coalesce(n.enabled, true)) x
    group by version`)
}

export interface RunRow {
  readonly id: number
  readonly version: number
  readonly collection_id: string
  readonly source_name: string | null
  readonly stream: string | null
  readonly at: Instant
  readonly recorded_at: Instant
  readonly state: 'judged' | 'partial' | 'inconclusive'
  readonly because: string | null
  readonly counts: Counts
  readonly covers_from: Instant
  readonly fresh_until: Instant
  readonly manifest: string
}

/** Runs of a check in all its versions, newest first. Asks for one more than the page. */
export async function listRuns(
  tx: Tx,
  check_id: string,
  { asOf, knownAt }: Moment,
  limit: number,
  after?: readonly [Instant, number],
): Promise<RunRow[]> {
  return await tx.rows<RunRow>(sql`
    select r.id, v.version, r.collection_id, s.name as source_name, c.stream, r.at, r.recorded_at, r.state, r.because, r.counts,
      r.covers_from, r.fresh_until, r.manifest
    from check_run r
    join check_version v on v.org_id = r.org_id and v.id = r.check_version_id
    join collection c on c.org_id = r.org_id and c.id = r.collection_id
    join source s on s.org_id = c.org_id and s.id = c.source_id
    where r.org_id = ${tx.org} and v.check_id = ${check_id} and r.at <= ${asOf} and r.recorded_at <= ${knownAt}
      and (${after === undefined} or (r.at, r.id) < (${after?.[0] ?? null}::timestamptz, ${after?.[1] ?? null}::bigint))
    order by r.at desc, r.id desc
    limit ${limit + 1}`)
}

export interface OutcomeRow {
  readonly subject_id: number
  readonly key: string
  readonly label: string
  readonly source_name: string
  readonly stream: string
  readonly status: 'pass' | 'fail' | 'excepted' | 'inconclusive' | 'not_applicable'
  readonly because: string | null
  readonly since: Instant
  readonly recorded_at: Instant
}

/** @param outcomes rows of `outcome`, as a table or a question in brackets */
const outcomeRows = (outcomes: ReturnType<typeof sql>, check_id: string, at: Moment): ReturnType<typeof sql> => sql`
  select t.subject_id, u.key, u.label, s.name as source_name, u.stream,
    case when t.status = 'fail' and ${isExcepted(sql`${check_id}`, at)} then 'excepted' else t.status end as status,
    t.because, t.valid_from as since, t.recorded_at
  from ${outcomes} t
  join subject u on u.org_id = t.org_id and u.id = t.subject_id
  join source s on s.org_id = u.org_id and s.id = u.source_id`

/** Whether the subject of an outcome `t` is called so. */
const named = (pattern: string): ReturnType<typeof sql> => sql`
  select u.label ilike ${pattern} or u.key ilike ${pattern} from subject u where u.org_id = t.org_id and u.id = t.subject_id`

/**
 * Subjects with one verdict at a moment, by subject. Asks for one more than `limit`. The page is cut before anything is
 * joined to it, in the order of the key, so that it costs the same of a hundred subjects and of a hundred thousand.
 */
export async function listOutcomes(
  tx: Tx,
  of: {
    readonly version: number
    readonly check_id: string
    readonly status: OutcomeRow['status']
    readonly search?: string | undefined
  },
  at: Moment,
  limit: number,
  after: number,
): Promise<OutcomeRow[]> {
  const pattern = of.search === undefined ? null : `%${of.search.replaceAll(/[\\%_]/g, (special) => '\\' + special)}%`
  const stored = of.status === 'excepted' ? 'fail' : of.status
  const excepted = isExcepted(sql`${of.check_id}`, at)
  const page = sql`(
    select t.* from outcome t
    where t.org_id = ${tx.org} and t.check_version_id = ${of.version} and t.status = ${stored} and t.subject_id > ${after}
      and ${stoodAt('t', at.asOf, at.knownAt)}
      ${stored === 'fail' ? sql`and ${of.status === 'excepted' ? excepted : sql`not ${excepted}`}` : sql``}
      ${pattern === null ? sql`` : sql`and (${named(pattern)})`}
    order by t.subject_id
    limit ${limit + 1})`
  return await tx.rows<OutcomeRow>(sql`${outcomeRows(page, of.check_id, at)} order by t.subject_id`)
}

/** The verdict on one subject at a moment. */
export async function getOutcome(
  tx: Tx,
  of: { readonly version: number; readonly check_id: string; readonly subject_id: number },
  at: Moment,
): Promise<OutcomeRow | undefined> {
  return await tx.maybe<OutcomeRow>(sql`
    ${outcomeRows(sql`outcome`, of.check_id, at)}
    where t.org_id = ${tx.org} and t.check_version_id = ${of.version} and t.subject_id = ${of.subject_id}
      and ${stoodAt('t', at.asOf, at.knownAt)}
    order by t.valid_from desc limit 1`)
}

export interface OutcomeHistoryRow {
  readonly version: number
  readonly status: Verdict
  readonly because: string | null
  readonly valid_from: Instant
  readonly valid_to: Instant | null
  readonly recorded_at: Instant
  readonly superseded_at: Instant | null
}

/** Everything that was ever found about a subject by a check, newest first. */
export async function outcomeHistory(tx: Tx, check_id: string, subject_id: number): Promise<OutcomeHistoryRow[]> {
  return await tx.rows<OutcomeHistoryRow>(sql`
    select v.version, t.status, t.because, t.valid_from, t.valid_to, t.recorded_at, t.superseded_at
    from outcome t join check_version v on v.org_id = t.org_id and v.id = t.check_version_id
    where t.org_id = ${tx.org} and v.check_id = ${check_id} and t.subject_id = ${subject_id}
    order by t.valid_from desc, t.id desc limit 200`)
}

export interface SubjectFact {
  readonly subject_id: number
  readonly label: string
  readonly key: string
  readonly collection_id: string
  readonly capture_n: number
  readonly capture_name: string | null
  readonly pointer: string
  readonly observed_at: Instant
  readonly valid_from: Instant
  readonly body: Record<string, unknown>
}

/** What was known of a subject of a kind at a moment, with the place in the capture it was made from. */
export async function subjectFact(
  tx: Tx,
  kind: string,
  subject_id: number,
  at: Moment,
): Promise<SubjectFact | undefined> {
  return await tx.maybe<SubjectFact>(sql`
    select u.id as subject_id, u.label, u.key, t.collection_id, t.capture_n, a.name as capture_name, t.pointer, c.observed_at,
      t.valid_from, t.body
    from fact t
    join subject u on u.org_id = t.org_id and u.id = t.subject_id
    join collection c on c.org_id = t.org_id and c.id = t.collection_id
    left join capture a on a.org_id = t.org_id and a.collection_id = t.collection_id and a.n = t.capture_n
    where t.org_id = ${tx.org} and u.kind = ${kind} and t.subject_id = ${subject_id} and ${stoodAt('t', at.asOf, at.knownAt)}
    order by t.valid_from desc limit 1`)
}

/** Facts of a kind at a moment whose fields equal some values, as JSON texts; for the joins of one subject. */
export async function equalFacts(
  tx: Tx,
  kind: string,
  values: Readonly<Record<string, string>>,
  ignoreCase: boolean,
  at: Moment,
): Promise<string[]> {
  const fold = (text: ReturnType<typeof sql>): ReturnType<typeof sql> => (ignoreCase ? sql`lower(${text})` : text)
  const equal = Object.entries(values).map(
    ([field, value]) => sql`${fold(sql`t.body ->> ${field}`)} = ${fold(sql`${value}::text`)}`,
  )
  const rows = await tx.rows<{ body: string }>(sql`
    select t.body::text as body from subject u join fact t on t.org_id = u.org_id and t.subject_id = u.id
    where u.org_id = ${tx.org} and u.kind = ${kind} and ${stoodAt('t', at.asOf, at.knownAt)} and ${sql.join(equal, sql` and `)}
    order by u.id limit 10001`)
  return rows.map((row) => row.body)
}

/** What people call some subjects. */
export async function subjectLabels(tx: Tx, ids: readonly number[]): Promise<ReadonlyMap<number, string>> {
  const rows = await tx.rows<{ id: number; label: string }>(sql`
    select id, label from subject where org_id = ${tx.org} and id = any(${[...ids]}::bigint[])`)
  return new Map(rows.map((row) => [row.id, row.label]))
}
