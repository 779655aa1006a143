// SPDX-License-Identifier: Apache-2.0
import type { Row } from '../../catalog/collected.ts'
import { sql, type Tx } from '../../lib/db.ts'
import type { Reading } from './facts.store.ts'

const CHUNK = 5000
/** So many new rows that the planner must hear of them at once. */
export const MANY = 2000

/**
 * Puts the rows of a reading into the temporary table `stage`, one a subject, making the subjects that are new. What a
 * row says in full travels only where it may be written: a reading that confirms a hundred thousand facts sends a
 * hundred thousand digests.
 * @param options.isNewest whether the open facts are what the rows are compared with; else every row is sent in full
 */
export async function stageRows(
  tx: Tx,
  reading: Reading,
  rows: readonly Row[],
  digests: readonly Buffer[],
  { isNewest }: { readonly isNewest: boolean },
): Promise<void> {
  await tx.run(sql`create temporary table told (n int, key text, digest bytea) on commit drop`)
  for (const { from, to } of chunks(rows.length))
    await tx.run(sql`
      insert into told (n, key, digest)
      select ${from}::int + position - 1, key, digest
      from unnest(${rows.slice(from, to).map((row) => row.key)}::text[], ${digests.slice(from, to)}::bytea[])
        with ordinality as r (key, digest, position)`)
  await tx.run(sql`analyze told`)
  await makeSubjects(tx, reading, rows)
  await tx.run(sql`
    create temporary table detail (n int, capture_n int, pointer text, body json, happened_at timestamptz) on commit drop`)
  await sendDetails(tx, reading, rows, isNewest ? await changed(tx, reading) : rows.map((_, n) => n))
  await tx.run(sql`
    create temporary table stage on commit drop as
    select u.id as subject_id, ${reading.collection_id}::text as collection_id, d.capture_n, d.pointer, r.digest, d.body,
      d.happened_at
    from told r
    join subject u on ${inStream(tx, reading)} and u.key = r.key
    left join detail d on d.n = r.n`)
  await tx.run(sql`create index on stage (subject_id)`)
  await tx.run(sql`analyze stage`)
}

export async function dropStage(tx: Tx): Promise<void> {
  await tx.run(sql`drop table stage, told, detail`)
}

/** Subjects of the stream, for an alias `u`. */
const inStream = (tx: Tx, { source_id, stream }: Reading): ReturnType<typeof sql> =>
  sql`u.org_id = ${tx.org} and u.source_id = ${source_id} and u.stream = ${stream}`

async function makeSubjects(tx: Tx, reading: Reading, rows: readonly Row[]): Promise<void> {
  const unknown = await tx.rows<{ n: number }>(sql`
    select r.n from told r
    where not exists (select from subject u where ${inStream(tx, reading)} and u.key = r.key)
    order by r.n`)
  for (const { from, to } of chunks(unknown.length)) {
    const some = unknown.slice(from, to).map(({ n }) => rows[n]!) // n is a position in rows
    await tx.run(sql`
      insert into subject (org_id, source_id, stream, kind, key, label)
      select ${tx.org}, ${reading.source_id}, ${reading.stream}, ${reading.kind.id}, key, label
      from unnest(${some.map((row) => row.key)}::text[], ${some.map((row) => row.label)}::text[]) as r (key, label)
      on conflict (org_id, source_id, stream, key) do nothing`)
  }
  if (unknown.length >= MANY) await tx.run(sql`select count_subjects_anew()`)
}

/** Positions of the rows that say what no open fact of their subject says. */
async function changed(tx: Tx, reading: Reading): Promise<number[]> {
  const found = await tx.rows<{ n: number }>(sql`
    select r.n
    from told r
    join subject u on ${inStream(tx, reading)} and u.key = r.key
    where not exists (
      select from fact t
      where t.org_id = ${tx.org} and t.subject_id = u.id and t.valid_to is null and t.superseded_at is null
        and t.digest = r.digest)
    order by r.n`)
  return found.map(({ n }) => n)
}

async function sendDetails(tx: Tx, { kind }: Reading, rows: readonly Row[], which: readonly number[]): Promise<void> {
  const at = kind.reading.type === 'event' ? kind.reading.at : undefined
  for (const { from, to } of chunks(which.length)) {
    const ns = which.slice(from, to)
    const some = ns.map((n) => rows[n]!) // n is a position in rows
    await tx.run(sql`
      insert into detail (n, capture_n, pointer, body, happened_at)
      select n, c, p, b::json, h
      from unnest(${ns}::int[], ${some.map((row) => row.capture)}::int[], ${some.map((row) => row.pointer)}::text[],
        ${some.map((row) => JSON.stringify(row.body))}::text[],
        ${some.map((row) => (at ? String(row.body[at]) : null))}::timestamptz[]) as r (n, c, p, b, h)`)
  }
}

function* chunks(length: number): Generator<{ from: number; to: number }> {
  for (let from = 0; from < length; from += CHUNK) yield { from, to: Math.min(from + CHUNK, length) }
}
