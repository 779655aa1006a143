// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from './db.ts'
import type { Instant } from './time.ts'

/**
 * A table of validity intervals on two clocks: `valid_from`, `valid_to` say when something was so; `recorded_at`,
 * `closed_at`, `superseded_at` say when Assay learned its beginning, its end, and that the row was mistaken.
 */
export interface IntervalTable {
  readonly table: 'fact' | 'outcome'
  /** Columns besides the key and the clocks. */
  readonly columns: readonly string[]
  /** Columns that make two rows say the same. */
  readonly value: readonly string[]
  /** What a history is of; the subject alone when absent. */
  readonly key?: readonly string[]
}

export interface Merge {
  /** Temporary table with the key and all `columns`, one row a key: what is so at `at`. */
  readonly stage: string
  /** Condition on alias `t` that selects the intervals this reading speaks about. */
  readonly scope: ReturnType<typeof sql>
  /** When it was so. */
  readonly at: Instant
  /** The next later reading that speaks about all subjects of the scope; null when there is none. */
  readonly until: Instant | null
  /**
   * Temporary table with `subject_id` and `at`: when, before `until`, a later reading spoke about that subject though
   * not about all. What such a reading was silent about holds on through it.
   */
  readonly stops?: string
  /** Whether a subject that is not staged has ended; true only for a complete reading of state. */
  readonly absenceEnds: boolean
}

/** How many intervals a merge began and ended; a reading that confirms what is known gives zeros. */
export interface Merged {
  readonly begun: number
  readonly ended: number
}

/**
 * Brings one reading into the history, writing only what changed. The newest reading closes open rows; a late one
 * splits history around itself by superseding rows, so that what was believed before stays visible under `knownAt`.
 */
export async function mergeIntervals(tx: Tx, kept: IntervalTable, merge: Merge): Promise<Merged> {
  return merge.until === null && merge.stops === undefined
    ? await append(tx, kept, merge)
    : await splice(tx, kept, merge)
}

const list = (columns: readonly string[], alias = ''): ReturnType<typeof sql> =>
  sql.join(columns.map((column) => sql.raw(`${alias}${column}`)))

const same = (kept: IntervalTable): ReturnType<typeof sql> =>
  sql.join(
    kept.value.map((column) => sql.raw(`s.${column} is not distinct from t.${column}`)),
    sql` and `,
  )

/** That rows of two aliases are of one history. */
const alike = (kept: IntervalTable, a: 's' | 't' | 'm', b: 's' | 't' | 'm'): ReturnType<typeof sql> =>
  sql.join(
    (kept.key ?? ['subject_id']).map((column) => sql.raw(`${a}.${column} = ${b}.${column}`)),
    sql` and `,
  )

async function append(tx: Tx, kept: IntervalTable, merge: Merge): Promise<Merged> {
  const table = sql.table(kept.table)
  const stage = sql.table(merge.stage)
  // A second reading at the very moment of the first corrects it: an interval of no length would say nothing.
  const ended = await tx.run(sql`
    update ${table} t
    set valid_to = case when t.valid_from < ${merge.at} then ${merge.at}::timestamptz end,
        closed_at = case when t.valid_from < ${merge.at} then recorded_now() end,
        superseded_at = case when t.valid_from < ${merge.at} then null else recorded_now() end
    where t.org_id = ${tx.org} and t.valid_to is null and t.superseded_at is null and ${merge.scope}
      and not exists (select from ${stage} s where ${alike(kept, 's', 't')} and ${same(kept)})
      and (${merge.absenceEnds} or exists (select from ${stage} s where ${alike(kept, 's', 't')}))`)
  const begun = await tx.run(sql`
    insert into ${table} (org_id, subject_id, valid_from, ${list(kept.columns)})
    select ${tx.org}, s.subject_id, ${merge.at}, ${list(kept.columns, 's.')}
    from ${stage} s
    where not exists (
      select from ${table} t
      where t.org_id = ${tx.org} and ${alike(kept, 's', 't')} and t.valid_to is null and t.superseded_at is null
        and ${merge.scope})`)
  return { begun, ended }
}

async function splice(tx: Tx, kept: IntervalTable, merge: Merge): Promise<Merged> {
  const table = sql.table(kept.table)
  const stage = sql.table(merge.stage)
  // Until when this reading is the last word on a subject; null when nothing later speaks about it.
  const until = (alias: 't' | 's') =>
    merge.stops === undefined
      ? sql`${merge.until}::timestamptz`
      : sql`least(${merge.until}::timestamptz,
          (select x.at from ${sql.table(merge.stops)} x where x.subject_id = ${sql.raw(alias)}.subject_id))`
  const overlapping = sql`t.org_id = ${tx.org} and t.superseded_at is null
    and (t.valid_to is null or t.valid_to > ${merge.at}) and ${merge.scope}`
  // Superseded rows are kept aside first: their parts outside [at, until) are still believed and are written again.
  await tx.run(sql`
    create temporary table merged on commit drop as
    select t.*, ${until('t')} as until from ${table} t
    where ${overlapping} and coalesce(t.valid_from < ${until('t')}, true)
      and not exists (select from ${stage} s where ${alike(kept, 's', 't')} and ${same(kept)})
      and (${merge.absenceEnds} or exists (select from ${stage} s where ${alike(kept, 's', 't')}))`)
  const ended = await tx.run(sql`
    update ${table} t set superseded_at = recorded_now() from merged m
    where t.org_id = ${tx.org} and ${alike(kept, 'm', 't')} and t.id = m.id`)
  await tx.run(sql`
    insert into ${table} (org_id, subject_id, valid_from, valid_to, closed_at, ${list(kept.columns)})
    select org_id, subject_id, valid_from, ${merge.at}, recorded_now(), ${list(kept.columns)}
    from merged where valid_from < ${merge.at}
    union all
    select org_id, subject_id, until, valid_to, case when valid_to is null then null else recorded_now() end,
      ${list(kept.columns)}
    from merged where until is not null and (valid_to is null or valid_to > until)`)
  const begun = await tx.run(sql`
    insert into ${table} (org_id, subject_id, valid_from, valid_to, closed_at, ${list(kept.columns)})
    select ${tx.org}, s.subject_id, ${merge.at}, s.until, case when s.until is null then null else recorded_now() end,
      ${list(kept.columns, 's.')}
    from (select s.*, ${until('s')} as until from ${stage} s) s
    where not exists (
      select from ${table} t
      where ${alike(kept, 's', 't')} and ${overlapping} and coalesce(t.valid_from < s.until, true))`)
  await tx.run(sql`drop table merged`)
  return { begun, ended }
}

/** Rows as they stood at `asOf` in the world, as they were known at `knownAt`; for use on an alias `t`. */
export const stoodAt = (alias: string, asOf: Instant, knownAt: Instant): ReturnType<typeof sql> => {
  const t = sql.raw(alias)
  return sql`${t}.recorded_at <= ${knownAt} and ${t}.valid_from <= ${asOf}
    and (${t}.superseded_at is null or ${t}.superseded_at > ${knownAt})
    and (${t}.valid_to is null or ${t}.closed_at > ${knownAt} or ${t}.valid_to > ${asOf})`
}
