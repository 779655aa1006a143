// SPDX-License-Identifier: Apache-2.0
import type { Kind } from '../../catalog/kind.ts'
import type { Row } from '../../catalog/collected.ts'
import { sql, type Tx } from '../../lib/db.ts'
import { mergeIntervals, type IntervalTable, type Merged } from '../../lib/intervals.ts'
import type { Instant } from '../../lib/time.ts'

const FACT: IntervalTable = {
  table: 'fact',
  columns: ['collection_id', 'capture_n', 'pointer', 'digest', 'body'],
  value: ['digest'],
}
const CHUNK = 5000

/** Where a reading belongs, when it looked, and what it may conclude from absence. */
export interface Reading {
  readonly source_id: number
  readonly stream: string
  readonly kind: Kind
  readonly collection_id: string
  readonly observed_at: Instant
  readonly absenceEnds: boolean
}

/** Writes the facts of a reading, only where they changed. `digests` are SHA-256 of the rows' canonical form, in order. */
export async function recordFacts(
  tx: Tx,
  reading: Reading,
  rows: readonly Row[],
  digests: readonly Buffer[],
): Promise<Merged> {
  await stage(tx, reading, rows, digests)
  const merged =
    reading.kind.reading.type === 'event' ? await recordEvents(tx, reading) : await recordStates(tx, reading)
  await tx.run(sql`drop table stage`)
  return merged
}

async function stage(tx: Tx, reading: Reading, rows: readonly Row[], digests: readonly Buffer[]): Promise<void> {
  await tx.run(sql`
    create temporary table stage (
      key text, label text, subject_id bigint, collection_id text, capture_n int, pointer text, digest bytea, body json,
      happened_at timestamptz
    ) on commit drop`)
  const at = reading.kind.reading.type === 'event' ? reading.kind.reading.at : undefined
  for (let from = 0; from < rows.length; from += CHUNK) {
    const chunk = rows.slice(from, from + CHUNK)
    await tx.run(sql`
      insert into stage (key, label, collection_id, capture_n, pointer, digest, body, happened_at)
      select k, l, ${reading.collection_id}, c, p, d, b::json, h
      from unnest(${chunk.map((row) => row.key)}::text[], ${chunk.map((row) => row.label)}::text[],
        ${chunk.map((row) => row.capture)}::int[], ${chunk.map((row) => row.pointer)}::text[],
        ${digests.slice(from, from + CHUNK)}::bytea[], ${chunk.map((row) => JSON.stringify(row.body))}::text[],
        ${chunk.map((row) => (at ? String(row.body[at]) : null))}::timestamptz[]) as r (k, l, c, p, d, b, h)`)
  }
  await tx.run(sql`
    insert into subject (org_id, source_id, stream, kind, key, label)
    select ${tx.org}, ${reading.source_id}, ${reading.stream}, ${reading.kind.id}, key, label from stage
    on conflict (org_id, source_id, stream, key) do nothing`)
  await tx.run(sql`
    update stage set subject_id = subject.id from subject
    where subject.org_id = ${tx.org} and subject.source_id = ${reading.source_id} and subject.stream = ${reading.stream}
      and subject.key = stage.key`)
  await tx.run(sql`create index on stage (subject_id)`)
  await tx.run(sql`analyze stage`)
}

async function recordStates(tx: Tx, reading: Reading): Promise<Merged> {
  if (!reading.absenceEnds)
    await tx.run(sql`
      insert into partial_reading (org_id, collection_id, subject_ids)
      select ${tx.org}, ${reading.collection_id}, coalesce(array_agg(subject_id order by subject_id), '{}') from stage`)
  return await mergeStates(tx, reading)
}

/** Brings the staged states into the history of their stream. */
async function mergeStates(
  tx: Tx,
  reading: Stream & { readonly observed_at: Instant; readonly absenceEnds: boolean },
): Promise<Merged> {
  const until = await nextComplete(tx, reading)
  const stops = await tx.maybe<{ n: number }>(sql`
    select 1 as n from collection c where ${readingsAfter(tx, reading)} and c.outcome = 'partial'
      and (${until}::timestamptz is null or c.observed_at < ${until}) limit 1`)
  if (stops)
    await tx.run(sql`
      create temporary table stops on commit drop as
      select u.subject_id, min(c.observed_at) as at
      from collection c
      join partial_reading p on p.org_id = c.org_id and p.collection_id = c.id, unnest(p.subject_ids) as u (subject_id)
      where ${readingsAfter(tx, reading)} and (${until}::timestamptz is null or c.observed_at < ${until})
      group by u.subject_id`)
  const merged = await mergeIntervals(tx, FACT, {
    stage: 'stage',
    scope: inStream(tx, reading),
    at: reading.observed_at,
    until,
    ...(stops ? { stops: 'stops' } : {}),
    absenceEnds: reading.absenceEnds,
  })
  if (stops) await tx.run(sql`drop table stops`)
  return merged
}

type Stream = Pick<Reading, 'source_id' | 'stream'>

const inStream = (tx: Tx, { source_id, stream }: Stream): ReturnType<typeof sql> => sql`t.subject_id in (
  select id from subject where org_id = ${tx.org} and source_id = ${source_id} and stream = ${stream})`

type Moment = Stream & { readonly observed_at: Instant }

/** Later readings of the stream that count: those found wrong or suspect do not. For an alias `c` of `collection`. */
const readingsAfter = (tx: Tx, { source_id, stream, observed_at }: Moment): ReturnType<typeof sql> => sql`
  c.org_id = ${tx.org} and c.source_id = ${source_id} and c.stream = ${stream} and c.observed_at > ${observed_at}
  and c.suspect is null and not exists (select from collection n where n.org_id = c.org_id and n.supersedes = c.id)`

/** When the whole stream was read next; null when it was not. */
async function nextComplete(tx: Tx, reading: Moment): Promise<Instant | null> {
  const next = await tx.maybe<{ observed_at: Instant }>(sql`
    select c.observed_at from collection c
    where ${readingsAfter(tx, reading)} and c.outcome = 'complete'
    order by c.observed_at limit 1`)
  return next?.observed_at ?? null
}

/**
 * Takes back what a mistaken reading said: from its moment to the next reading, what stood just before holds on. Events
 * that it told are believed no longer, unless the correction (`rows`) tells them the same. Runs before the correction is
 * saved, which would otherwise count as the next reading.
 */
export async function retractFacts(
  tx: Tx,
  mistaken: Stream & { readonly kind: Kind; readonly collection_id: string; readonly observed_at: Instant },
  rows: readonly Row[],
  digests: readonly Buffer[],
): Promise<void> {
  if (mistaken.kind.reading.type === 'event') {
    await tx.run(sql`
      update fact t set superseded_at = recorded_now()
      from subject u
      where t.org_id = ${tx.org} and t.collection_id = ${mistaken.collection_id} and t.superseded_at is null
        and u.org_id = t.org_id and u.id = t.subject_id
        and not exists (
          select from unnest(${rows.map((row) => row.key)}::text[], ${digests}::bytea[]) as r (key, digest)
          where r.key = u.key and r.digest = t.digest)`)
    return
  }
  await tx.run(sql`
    create temporary table stage on commit drop as
    select t.subject_id, t.collection_id, t.capture_n, t.pointer, t.digest, t.body
    from fact t
    where t.org_id = ${tx.org} and t.superseded_at is null and t.valid_from < ${mistaken.observed_at}
      and (t.valid_to is null or t.valid_to >= ${mistaken.observed_at}) and ${inStream(tx, mistaken)}`)
  await mergeStates(tx, { ...mistaken, absenceEnds: true })
  await tx.run(sql`drop table stage`)
}

/** An event happened once and stays so; a reading that tells it otherwise is a correction and supersedes. */
async function recordEvents(tx: Tx, reading: Reading): Promise<Merged> {
  const ended = await tx.run(sql`
    update fact t set superseded_at = recorded_now()
    from stage s
    where t.org_id = ${tx.org} and t.subject_id = s.subject_id and t.superseded_at is null and t.digest <> s.digest`)
  const begun = await tx.run(sql`
    insert into fact (org_id, subject_id, valid_from, collection_id, capture_n, pointer, digest, body)
    select ${tx.org}, subject_id, least(happened_at, ${reading.observed_at}), collection_id, capture_n, pointer, digest, body
    from stage s
    where not exists (
      select from fact t where t.org_id = ${tx.org} and t.subject_id = s.subject_id and t.superseded_at is null)`)
  return { begun, ended }
}
