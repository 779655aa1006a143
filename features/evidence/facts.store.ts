// SPDX-License-Identifier: Apache-2.0
import type { Kind } from '../../catalog/kind.ts'
import { sql, type Tx } from '../../lib/db.ts'
import { mergeIntervals, type IntervalTable, type Merged } from '../../lib/intervals.ts'
import type { Instant } from '../../lib/time.ts'
import { dropStage, isMuch, stageRows, type DigestedRows } from './staging.store.ts'

const FACT: IntervalTable = {
  table: 'fact',
  columns: ['collection_id', 'capture_n', 'pointer', 'digest', 'body'],
  value: ['digest'],
}

/** Where a reading belongs, when it looked, and what it may conclude from absence. */
export interface Reading {
  readonly source_id: number
  readonly stream: string
  readonly kind: Kind
  readonly collection_id: string
  readonly observed_at: Instant
  readonly absenceEnds: boolean
}

/** Writes the facts of a reading, only where they changed. */
export async function recordFacts(tx: Tx, reading: Reading, told: DigestedRows): Promise<Merged> {
  const isEvent = reading.kind.reading.type === 'event'
  const later = isEvent ? NOTHING_LATER : await laterReadings(tx, reading)
  await stageRows(tx, reading, told, { isNewest: later.until === null && !later.arePartial })
  const merged = isEvent ? await recordEvents(tx, reading) : await recordStates(tx, reading, later)
  if (isMuch(merged.begun + merged.ended, told.rows.length)) await tx.run(sql`select count_facts_anew()`)
  await dropStage(tx)
  return merged
}

async function recordStates(tx: Tx, reading: Reading, later: Later): Promise<Merged> {
  if (!reading.absenceEnds)
    await tx.run(sql`
      insert into partial_reading (org_id, collection_id, subject_ids)
      select ${tx.org}, ${reading.collection_id}, coalesce(array_agg(subject_id order by subject_id), '{}') from stage`)
  return await mergeStates(tx, reading, later)
}

/** Brings the staged states into the history of their stream. */
async function mergeStates(
  tx: Tx,
  reading: Moment & { readonly absenceEnds: boolean },
  { until, arePartial }: Later,
): Promise<Merged> {
  if (arePartial)
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
    ...(arePartial ? { stops: 'stops' } : {}),
    absenceEnds: reading.absenceEnds,
  })
  if (arePartial) await tx.run(sql`drop table stops`)
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

/** What was read of the stream later than a reading speaks about. */
interface Later {
  /** When the whole stream was read next; null when it was not. */
  readonly until: Instant | null
  /** Whether parts of it were read in between. */
  readonly arePartial: boolean
}
const NOTHING_LATER: Later = { until: null, arePartial: false }

async function laterReadings(tx: Tx, reading: Moment): Promise<Later> {
  const next = await tx.maybe<{ observed_at: Instant }>(sql`
    select c.observed_at from collection c
    where ${readingsAfter(tx, reading)} and c.outcome = 'complete'
    order by c.observed_at limit 1`)
  const until = next?.observed_at ?? null
  const partial = await tx.maybe(sql`
    select c.id from collection c
    where ${readingsAfter(tx, reading)} and c.outcome = 'partial'
      and (${until}::timestamptz is null or c.observed_at < ${until})
    limit 1`)
  return { until, arePartial: partial !== undefined }
}

/**
 * Takes back what a mistaken reading said: from its moment to the next reading, what stood just before holds on. Events
 * that it told are believed no longer, unless the correction (`rows`) tells them the same. Runs before the correction is
 * saved, which would otherwise count as the next reading.
 */
export async function retractFacts(
  tx: Tx,
  mistaken: Stream & { readonly kind: Kind; readonly collection_id: string; readonly observed_at: Instant },
  { rows, digests }: DigestedRows,
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
  await mergeStates(tx, { ...mistaken, absenceEnds: true }, await laterReadings(tx, mistaken))
  await tx.run(sql`drop table stage`)
  await joinAt(tx, mistaken)
}

/**
 * Makes one interval of two that say the same and meet at the moment of a reading that is no longer believed: ends and
 * beginnings stand only where a reading stands, on which the newest reading relies when it looks at open rows alone.
 */
async function joinAt(tx: Tx, mistaken: Moment): Promise<void> {
  await tx.run(sql`
    with pair as (
      select t.subject_id, t.id as first, n.id as second from fact t
      join fact n on n.org_id = t.org_id and n.subject_id = t.subject_id and n.valid_from = t.valid_to
        and n.digest = t.digest and n.superseded_at is null
      where t.org_id = ${tx.org} and t.superseded_at is null and t.valid_to = ${mistaken.observed_at}
        and ${inStream(tx, mistaken)}
    ), parts as (
      update fact t set superseded_at = recorded_now() from pair p
      where t.org_id = ${tx.org} and t.subject_id = p.subject_id and t.id in (p.first, p.second)
    )
    insert into fact (org_id, subject_id, valid_from, valid_to, closed_at, collection_id, capture_n, pointer, digest, body)
    select f.org_id, f.subject_id, f.valid_from, n.valid_to, case when n.valid_to is null then null else recorded_now() end,
      f.collection_id, f.capture_n, f.pointer, f.digest, f.body
    from pair p
    join fact f on f.org_id = ${tx.org} and f.subject_id = p.subject_id and f.id = p.first
    join fact n on n.org_id = ${tx.org} and n.subject_id = p.subject_id and n.id = p.second`)
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
