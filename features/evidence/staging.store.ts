// SPDX-License-Identifier: Apache-2.0
import type { Row } from '../../catalog/collected.ts'
import { bodyText } from '../../catalog/imports/row-columns.ts'
import type { RowDigests } from '../../catalog/row-digests.ts'
import { sql, type Tx } from '../../lib/db.ts'
import type { Reading } from './facts.store.ts'

/** Rows of a reading with what stands for them. */
export type DigestedRows = RowDigests & { readonly rows: readonly Row[] }

const MANY = 2000
/** So many new rows that the planner must hear of them at once. */
export const isMuch = (fresh: number, rows: number): boolean => fresh >= MANY && fresh >= rows / 10

/**
 * Puts the rows of a reading into the temporary table `stage`, one a subject, making the subjects that are new. What a
 * row says in full travels only where it may be written: a reading that confirms a hundred thousand facts sends a
 * hundred thousand digests.
 * @param options.isNewest whether the open facts are what the rows are compared with; else every row is sent in full
 */
export async function stageRows(
  tx: Tx,
  reading: Reading,
  { rows, digests, order }: DigestedRows,
  { isNewest }: { readonly isNewest: boolean },
): Promise<void> {
  if (rows.length >= MANY) await tx.run(sql`select set_config('work_mem', '64MB', true)`)
  // In the order of keys, which is the order in which indexes grow best.
  await tx.run(sql`create temporary table told (n int, key text, digest bytea) on commit drop`)
  await tx.copy(
    'told',
    ['n', 'key', 'digest'],
    pick(order, (n) => [n, rows[n]!.key, digests[n]!]),
  ) // positions in rows
  await tx.run(sql`
    create temporary table matched on commit drop as
    select r.n, r.key, r.digest, u.id as subject_id, ${isNewest} and t.id is not null as stands
    from told r
    left join subject u on u.org_id = ${tx.org} and u.source_id = ${reading.source_id} and u.stream = ${reading.stream}
      and u.key = r.key
    left join fact t on t.org_id = ${tx.org} and t.subject_id = u.id and t.valid_to is null and t.superseded_at is null
      and t.digest = r.digest`)
  const changed = await tx.rows<{ n: number }>(sql`select n from matched where not stands`)
  await sendDetails(
    tx,
    reading,
    rows,
    changed.map(({ n }) => n),
  )
  await tx.run(sql`
    create temporary table stage (subject_id bigint, collection_id text, capture_n int, pointer text, digest bytea,
      body json, happened_at timestamptz) on commit drop`)
  await tx.run(sql`
    with made as (
      insert into subject (org_id, source_id, stream, kind, key, label)
      select ${tx.org}, ${reading.source_id}, ${reading.stream}, ${reading.kind.id}, m.key, d.label
      from matched m join detail d on d.n = m.n
      where m.subject_id is null
      returning id, key
    )
    insert into stage (subject_id, collection_id, capture_n, pointer, digest, body, happened_at)
    select coalesce(m.subject_id, made.id), ${reading.collection_id}, d.capture_n, d.pointer, m.digest, d.body,
      d.happened_at::timestamptz
    from matched m
    left join detail d on d.n = m.n
    left join made on m.subject_id is null and made.key = m.key`)
  if (isMuch(changed.length, rows.length)) await tx.run(sql`select count_subjects_anew()`)
}

export async function dropStage(tx: Tx): Promise<void> {
  await tx.run(sql`drop table stage, told, matched, detail`)
}

async function sendDetails(tx: Tx, { kind }: Reading, rows: readonly Row[], which: readonly number[]): Promise<void> {
  const at = kind.reading.type === 'event' ? kind.reading.at : undefined
  await tx.run(sql`
    create temporary table detail (n int, label text, capture_n int, pointer text, body json, happened_at text)
    on commit drop`)
  await tx.copy(
    'detail',
    ['n', 'label', 'capture_n', 'pointer', 'body', 'happened_at'],
    pick(which, (n) => {
      const row = rows[n]! // a position in rows
      return [n, row.label, row.capture, row.pointer, bodyText(row), at ? String(row.body[at]) : null]
    }),
  )
}

function* pick<T>(positions: Iterable<number>, row: (n: number) => T): Generator<T> {
  for (const n of positions) yield row(n)
}
