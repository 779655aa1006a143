// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import type { Instant } from '../../lib/time.ts'
import type { JoinedStream, Reading } from './monitoring.ts'

/** One judgement of an organisation at a time: two would tell the same history in two ways. */
export async function lockJudging(tx: Tx): Promise<void> {
  await tx.run(sql`select pg_advisory_xact_lock(hashtextextended(${`judge:${tx.org}`}, 0))`)
}

export async function loadReading(tx: Tx, id: string): Promise<Reading | undefined> {
  return (await loadReadings(tx, [id]))[0]
}

async function loadReadings(tx: Tx, ids: readonly string[]): Promise<Reading[]> {
  return await tx.rows<Reading>(sql`
    select c.id, c.source_id, s.name as source_name, c.stream, c.kind, c.outcome, c.why, c.suspect, c.census, c.reconciliation,
      c.unreachable, c.window_from, c.observed_at, c.manifest, c.supersedes
    from collection c join source s on s.org_id = c.org_id and s.id = c.source_id
    where c.org_id = ${tx.org} and c.id = any(${[...ids]}::text[])`)
}

/** What the run of a connection that brought a reading brought so far; no readings when no connection brought it. */
export async function readingsOfRun(
  tx: Tx,
  reading_id: string,
): Promise<{ readonly isUnderWay: boolean; readonly readings: readonly Reading[] }> {
  // A reading is recorded while its run is under way, and a connection has one such run at a time.
  const run = await tx.maybe<{ is_under_way: boolean; ids: string[] }>(sql`
    select r.state in ('queued', 'running') as is_under_way,
      array(select e ->> 'collection_id' from jsonb_array_elements(r.streams) e) as ids
    from collection c
    join source s on s.org_id = c.org_id and s.id = c.source_id and s.kind = 'connection'
    join run r on r.org_id = c.org_id and r.connection_id = s.ref and r.requested_at <= c.recorded_at
    where c.org_id = ${tx.org} and c.id = ${reading_id}
      and r.streams @> jsonb_build_array(jsonb_build_object('collection_id', c.id))
    order by r.requested_at desc
    limit 1`)
  if (!run) return { isUnderWay: false, readings: [] }
  return { isUnderWay: run.is_under_way, readings: await loadReadings(tx, run.ids) }
}

/** Versions that have already judged a reading: a job that is run again leaves them out. */
export async function judgedBy(tx: Tx, collection_id: string): Promise<ReadonlySet<number>> {
  const rows = await tx.rows<{ id: number }>(sql`
    select check_version_id as id from check_run where org_id = ${tx.org} and collection_id = ${collection_id}`)
  return new Set(rows.map((row) => row.id))
}

/** Streams of some kinds as they were read by a moment. Those of connections that were switched off are not waited for. */
export async function joinedStreams(tx: Tx, kinds: readonly string[], at: Instant): Promise<JoinedStream[]> {
  return await tx.rows<JoinedStream>(sql`
    select c.kind, s.name as source_name, c.stream,
      max(c.observed_at) filter (where c.outcome = 'complete' and c.suspect is null) as complete_at
    from collection c
    join source s on s.org_id = c.org_id and s.id = c.source_id
    left join connection n on s.kind = 'connection' and n.org_id = s.org_id and n.id = s.ref
    where c.org_id = ${tx.org} and c.kind = any(${[...kinds]}::text[]) and c.observed_at <= ${at}
      and coalesce(n.enabled, true)
      and not exists (select from collection x where x.org_id = c.org_id and x.supersedes = c.id)
    group by c.kind, s.name, c.source_id, c.stream`)
}

/** One stream of a source; `undefined` everywhere means all streams of the kind. */
export interface Stream {
  readonly source_id: number
  readonly stream: string
}

/** A fact as the engine passes it on: the body stays text. */
export interface FactText {
  readonly subject_id: number
  readonly key: string
  /** Null unless asked for. */
  readonly valid_from: Instant | null
  readonly recorded_at: Instant | null
  readonly body: string
}

/**
 * Facts of a kind that stand at a moment as known now, by subject, a page at a time.
 * @param of.times whether the facts' own times are wanted too
 */
export async function* factPages(
  tx: Tx,
  of: { readonly kind: string; readonly stream: Stream | undefined; readonly at: Instant; readonly times: boolean },
  size: number,
): AsyncGenerator<FactText[]> {
  for (let after = 0; ;) {
    const page = await tx.rows<FactText>(sql`
      select t.subject_id, u.key, case when ${of.times} then t.valid_from end as valid_from,
        case when ${of.times} then t.recorded_at end as recorded_at, t.body::text as body
      from subject u
      join fact t on t.org_id = u.org_id and t.subject_id = u.id
      where u.org_id = ${tx.org} and u.kind = ${of.kind} and u.id > ${after} and t.subject_id > ${after}
        and (${of.stream?.source_id ?? null}::bigint is null
          or (u.source_id = ${of.stream?.source_id ?? null} and u.stream = ${of.stream?.stream ?? null}))
        and t.superseded_at is null and t.valid_from <= ${of.at} and (t.valid_to is null or t.valid_to > ${of.at})
      order by u.id
      limit ${size}`)
    if (page.length > 0) yield page
    const last = page.at(-1)
    if (last === undefined || page.length < size) return
    after = last.subject_id
  }
}

/** All facts of a kind that stand at a moment, for lookups. */
export async function factTexts(tx: Tx, kind: string, at: Instant): Promise<string[]> {
  const bodies: string[] = []
  for await (const page of factPages(tx, { kind, stream: undefined, at, times: false }, 20_000))
    for (const { body } of page) bodies.push(body)
  return bodies
}

/** Subjects that a partial reading spoke about; `undefined` when it spoke about all. */
export async function subjectsRead(tx: Tx, reading: Reading): Promise<ReadonlySet<number> | undefined> {
  if (reading.outcome !== 'partial') return undefined
  const row = await tx.maybe<{ subject_ids: string[] }>(sql`
    select subject_ids::text[] as subject_ids from partial_reading
    where org_id = ${tx.org} and collection_id = ${reading.id}`)
  return row && new Set(row.subject_ids.map(Number))
}

/** Known subjects that readings of their streams name as unreachable, by key or by label, with the reason. */
export async function unreachableSubjects(
  tx: Tx,
  readings: readonly Reading[],
): Promise<{ subject_id: number; because: string }[]> {
  const named = readings.flatMap(({ source_id, stream, unreachable }) =>
    unreachable.map((one) => ({ source_id, stream, ...one })),
  )
  if (named.length === 0) return []
  return await tx.rows(sql`
    select distinct on (u.id) u.id as subject_id, r.because
    from jsonb_to_recordset(${JSON.stringify(named)}::jsonb)
      as r (source_id bigint, stream text, subject text, because text)
    join subject u on u.org_id = ${tx.org} and u.source_id = r.source_id and u.stream = r.stream
      and (u.key = r.subject or u.label = r.subject)
    order by u.id`)
}

/**
 * Moments at which some check versions judged again after a moment: a reading that arrives late changes what was true
 * then too. Ends at the next complete reading of the stream when nothing outlives it.
 */
export async function laterMoments(
  tx: Tx,
  versions: readonly number[],
  from: Instant,
  within: Stream | undefined,
): Promise<Instant[]> {
  const rows = await tx.rows<{ at: Instant }>(sql`
    select distinct r.at from check_run r
    where r.org_id = ${tx.org} and r.check_version_id = any(${[...versions]}::bigint[]) and r.at > ${from}
      and r.state <> 'inconclusive'
      and (${within === undefined} or r.at < coalesce((
        select min(c.observed_at) from collection c
        where c.org_id = ${tx.org} and c.source_id = ${within?.source_id ?? null} and c.stream = ${within?.stream ?? null}
          and c.observed_at > ${from} and c.outcome = 'complete' and c.suspect is null), 'infinity'))
    order by r.at`)
  return rows.map((row) => row.at)
}

/** The next judgement of each check after a moment that could change what was found of a stream; checks without one lack. */
export async function nextJudged(
  tx: Tx,
  versions: readonly number[],
  at: Instant,
  stream: Stream | undefined,
): Promise<ReadonlyMap<number, Instant>> {
  const rows = await tx.rows<{ version: number; next: Instant }>(sql`
    select check_version_id as version, min(at) as next from check_run
    where org_id = ${tx.org} and check_version_id = any(${[...versions]}::bigint[]) and at > ${at} and state <> 'inconclusive'
      and ${speaksOf(stream)}
    group by check_version_id`)
  return new Map(rows.map((row) => [row.version, row.next]))
}

/** Runs that judged the subjects of a stream, or of all. */
const speaksOf = (stream: Stream | undefined): ReturnType<typeof sql> =>
  sql`(${stream === undefined} or source_id is null
    or (source_id = ${stream?.source_id ?? null} and stream = ${stream?.stream ?? null}))`

export async function lastJudged(tx: Tx, versions: readonly number[]): Promise<Instant | null> {
  const { last } = await tx.one<{ last: Instant | null }>(sql`
    select max(at) as last from check_run
    where org_id = ${tx.org} and check_version_id = any(${[...versions]}::bigint[]) and state <> 'inconclusive'`)
  return last
}

/** The newest run of a check that reached the subjects of a stream, or of all, besides some. */
export interface LastRun {
  readonly version: number
  readonly at: Instant
  readonly state: 'judged' | 'partial'
  readonly root: string
  readonly source_id: number | null
  readonly stream: string | null
  /** No run was recorded since: a late reading may have changed what this one found. */
  readonly newest: boolean
}

export async function lastRuns(
  tx: Tx,
  versions: readonly number[],
  stream: Stream | undefined,
  besides: readonly number[],
): Promise<ReadonlyMap<number, LastRun>> {
  const other = sql`org_id = ${tx.org} and check_version_id = v.version and id <> all(${[...besides]}::bigint[])`
  const rows = await tx.rows<LastRun>(sql`
    select v.version, r.*, r.id = (select max(id) from check_run where ${other}) as newest
    from unnest(${[...versions]}::bigint[]) as v (version)
    cross join lateral (
      select id, at, state, root, source_id, stream from check_run
      where ${other} and state <> 'inconclusive' and ${speaksOf(stream)}
      order by at desc, id desc limit 1) r`)
  return new Map(rows.map((row) => [row.version, row]))
}
