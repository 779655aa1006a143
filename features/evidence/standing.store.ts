// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { stoodAt } from '../../lib/intervals.ts'
import type { Instant } from '../../lib/time.ts'

export interface FactRow {
  readonly id: number
  readonly subject_id: number
  readonly key: string
  readonly label: string
  readonly kind: string
  readonly source_name: string
  readonly source_ref: string
  readonly stream: string
  readonly valid_from: Instant
  readonly valid_to: Instant | null
  readonly recorded_at: Instant
  readonly collection_id: string
  readonly capture_n: number
  readonly pointer: string
  readonly body: Record<string, unknown>
}

const FACT = sql`
  t.id, t.subject_id, u.key, u.label, u.kind, s.name as source_name, s.ref as source_ref, u.stream, t.valid_from, t.valid_to,
  t.recorded_at, t.collection_id, t.capture_n, t.pointer, t.body
  from fact t
  join subject u on u.org_id = t.org_id and u.id = t.subject_id
  join source s on s.org_id = u.org_id and s.id = u.source_id`

/** Facts as they stood at `asOf`, as known at `knownAt`, by subject. Asks for one more than the page. */
export async function listFacts(
  tx: Tx,
  filter: {
    readonly kind?: string | undefined
    readonly source?: string | undefined
    readonly stream?: string | undefined
    readonly search?: string | undefined
  },
  at: { readonly asOf: Instant; readonly knownAt: Instant },
  limit: number,
  after?: number,
): Promise<FactRow[]> {
  const pattern =
    filter.search === undefined ? null : `%${filter.search.replaceAll(/[\\%_]/g, (special) => '\\' + special)}%`
  return await tx.rows<FactRow>(sql`
    select ${FACT}
    where t.org_id = ${tx.org} and ${stoodAt('t', at.asOf, at.knownAt)} and t.subject_id > ${after ?? 0} and u.id > ${after ?? 0}
      and (${filter.kind ?? null}::text is null or u.kind = ${filter.kind ?? null})
      and (${filter.source ?? null}::text is null or s.ref = ${filter.source ?? null})
      and (${filter.stream ?? null}::text is null or u.stream = ${filter.stream ?? null})
      and (${pattern}::text is null or u.label ilike ${pattern} or u.key ilike ${pattern})
    order by t.subject_id
    limit ${limit + 1}`)
}

/** Everything ever believed about one subject by `knownAt`, newest first. */
export async function factHistory(
  tx: Tx,
  subject_id: number,
  knownAt: Instant,
): Promise<(FactRow & { closed_at: Instant | null; superseded_at: Instant | null })[]> {
  return await tx.rows(sql`
    select t.closed_at, t.superseded_at, ${FACT}
    where t.org_id = ${tx.org} and t.subject_id = ${subject_id} and t.recorded_at <= ${knownAt}
    order by t.valid_from desc, t.recorded_at desc limit 500`)
}

/** A fact as a check sees it. */
export interface StandingFact {
  readonly subject_id: number
  readonly source_id: number
  readonly stream: string
  readonly key: string
  readonly label: string
  readonly valid_from: Instant
  readonly collection_id: string
  readonly capture_n: number
  readonly pointer: string
  readonly body: Record<string, unknown>
}

/**
 * All facts of a kind as they stood at `asOf`, as known at `knownAt`, of every source or of one stream: the population
 * of a check, in one statement, by subject. Events are there from the moment they happened. Read it in pieces with
 * `limit` and `after` (the last `subject_id`) where there may be more than fit in memory.
 */
export async function standingFacts(
  tx: Tx,
  of: { readonly kind: string; readonly source_id?: number | undefined; readonly stream?: string | undefined },
  at: { readonly asOf: Instant; readonly knownAt: Instant },
  { after = 0, limit = 1_000_000 }: { readonly after?: number; readonly limit?: number } = {},
): Promise<StandingFact[]> {
  return await tx.rows<StandingFact>(sql`
    select t.subject_id, u.source_id, u.stream, u.key, u.label, t.valid_from, t.collection_id, t.capture_n, t.pointer, t.body
    from fact t join subject u on u.org_id = t.org_id and u.id = t.subject_id
    where t.org_id = ${tx.org} and ${stoodAt('t', at.asOf, at.knownAt)} and u.kind = ${of.kind} and t.subject_id > ${after}
      and (${of.source_id ?? null}::bigint is null or u.source_id = ${of.source_id ?? null})
      and (${of.stream ?? null}::text is null or u.stream = ${of.stream ?? null})
    order by t.subject_id
    limit ${limit}`)
}

/** The words that a field has in the facts of a stream now: which rules its last scan evaluated, say. */
export async function wordsOfStream(
  tx: Tx,
  stream: { readonly source_kind: string; readonly source_ref: string; readonly stream: string },
  field: string,
): Promise<string[]> {
  const rows = await tx.rows<{ word: string }>(sql`
    select distinct t.body ->> ${field} as word
    from fact t
    join subject u on u.org_id = t.org_id and u.id = t.subject_id
    join source s on s.org_id = u.org_id and s.id = u.source_id
    where t.org_id = ${tx.org} and t.valid_to is null and t.superseded_at is null and u.stream = ${stream.stream}
      and s.kind = ${stream.source_kind} and s.ref = ${stream.source_ref} and t.body ->> ${field} is not null
    order by 1`)
  return rows.map((row) => row.word)
}
