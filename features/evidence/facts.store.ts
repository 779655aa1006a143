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
  const next = await tx.maybe<{ observed_at: Instant }>(sql`
    select observed_at from collection
    where org_id = ${tx.org} and source_id = ${reading.source_id} and stream = ${reading.stream}
      and observed_at > ${reading.observed_at} and outcome in ('complete', 'partial') and suspect is null
    order by observed_at limit 1`)
  return await mergeIntervals(tx, FACT, {
    stage: 'stage',
    scope: sql`t.subject_id in (
      select id from subject
      where org_id = ${tx.org} and source_id = ${reading.source_id} and stream = ${reading.stream})`,
    at: reading.observed_at,
    until: next?.observed_at ?? null,
    absenceEnds: reading.absenceEnds,
  })
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
