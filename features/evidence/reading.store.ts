// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import type { Instant } from '../../lib/time.ts'

export interface CollectionRow {
  readonly id: string
  readonly source_kind: 'connection' | 'import' | 'person'
  readonly source_ref: string
  readonly source_name: string
  readonly stream: string
  readonly kind: string
  readonly outcome: 'complete' | 'partial' | 'denied' | 'unsupported' | 'failed'
  readonly why: string | null
  readonly listed: number
  readonly collected: number
  readonly unreachable: readonly { subject: string; because: string }[]
  readonly census: { n: number; exact: string; how: string } | null
  readonly reconciliation: string
  readonly window_from: Instant | null
  readonly window_to: Instant | null
  readonly observed_at: Instant
  readonly recorded_at: Instant
  readonly recorded_by: string
  readonly producer: { id: string; version: string; tool?: { name: string; version?: string }; prepared_by?: string }
  readonly remarks: readonly string[]
  readonly rows_root: string
  readonly manifest: string
  readonly suspect: string | null
  readonly supersedes: string | null
  /** The correction that replaced it; null while it stands. */
  readonly superseded_by: string | null
}

const collectionAt = (knownAt: Instant): ReturnType<typeof sql> => sql`
  c.id, s.kind as source_kind, s.ref as source_ref, s.name as source_name, c.stream, c.kind, c.outcome, c.why, c.listed,
  c.collected, c.unreachable, c.census, c.reconciliation, c.window_from, c.window_to, c.observed_at, c.recorded_at,
  c.recorded_by, c.producer, c.remarks, c.rows_root, c.manifest, c.suspect, c.supersedes,
  (select n.id from collection n where n.org_id = c.org_id and n.supersedes = c.id and n.recorded_at <= ${knownAt}) as superseded_by
  from collection c join source s on s.org_id = c.org_id and s.id = c.source_id`

export interface CollectionFilter {
  readonly source?: string | undefined
  readonly source_kind?: string | undefined
  readonly stream?: string | undefined
  readonly kind?: string | undefined
  readonly outcome?: string | undefined
  readonly control?: string | undefined
}

/** Readings, newest knowledge first, as they were known at `knownAt`. Asks for one row more than the page. */
export async function listCollections(
  tx: Tx,
  filter: CollectionFilter,
  knownAt: Instant,
  limit: number,
  after?: readonly [Instant, string],
): Promise<CollectionRow[]> {
  return await tx.rows<CollectionRow>(sql`
    select ${collectionAt(knownAt)}
    where c.org_id = ${tx.org} and c.recorded_at <= ${knownAt}
      and (${filter.source ?? null}::text is null or s.ref = ${filter.source ?? null})
      and (${filter.source_kind ?? null}::text is null or s.kind = ${filter.source_kind ?? null})
      and (${filter.stream ?? null}::text is null or c.stream = ${filter.stream ?? null})
      and (${filter.kind ?? null}::text is null or c.kind = ${filter.kind ?? null})
      and (${filter.outcome ?? null}::text is null or c.outcome = ${filter.outcome ?? null})
      and (${filter.control ?? null}::text is null or exists (
        select from evidence_link l where l.org_id = c.org_id and l.collection_id = c.id and l.control_id = ${filter.control ?? null}))
      and (${after === undefined} or (c.recorded_at, c.id) < (${after?.[0] ?? null}::timestamptz, ${after?.[1] ?? null}))
    order by c.recorded_at desc, c.id desc
    limit ${limit + 1}`)
}

export async function getCollection(tx: Tx, id: string, knownAt: Instant): Promise<CollectionRow | undefined> {
  return await tx.maybe<CollectionRow>(sql`
    select ${collectionAt(knownAt)} where c.org_id = ${tx.org} and c.id = ${id} and c.recorded_at <= ${knownAt}`)
}

/** Those of some ids that exist, with what stands in the ledger for them and what replaced them. */
export async function findCollections(
  tx: Tx,
  ids: readonly string[],
): Promise<{ id: string; stream: string; manifest: string; superseded_by: string | null }[]> {
  return await tx.rows(sql`
    select c.id, c.stream, c.manifest,
      (select n.id from collection n where n.org_id = c.org_id and n.supersedes = c.id) as superseded_by
    from collection c where c.org_id = ${tx.org} and c.id = any(${[...ids]}::text[])`)
}

/** A stream of a source as it was last read by `asOf`, as known at `knownAt`. */
export interface StreamRow {
  readonly source_id: number
  readonly source_kind: 'connection' | 'import' | 'person'
  readonly source_ref: string
  readonly source_name: string
  readonly stream: string
  readonly kind: string
  readonly collection_id: string
  readonly outcome: CollectionRow['outcome']
  readonly why: string | null
  readonly suspect: string | null
  readonly listed: number
  readonly collected: number
  /** How many subjects could not be read. */
  readonly unreachable: number
  readonly census: CollectionRow['census']
  readonly reconciliation: string
  readonly observed_at: Instant
  readonly recorded_at: Instant
  /** The newest reading that was complete and not suspect; null when there was none. */
  readonly complete_at: Instant | null
}

/**
 * The newest reading of every stream, whatever its outcome: what a check must know before it believes the facts of the
 * stream. Whether it is fresh is for `isFresh` (evidence.ts) or the check's own limit to say.
 */
export async function latestCollections(
  tx: Tx,
  filter: { readonly kind?: string | undefined; readonly source_id?: number | undefined },
  at: { readonly asOf: Instant; readonly knownAt: Instant },
): Promise<StreamRow[]> {
  return await tx.rows<StreamRow>(sql`
    select distinct on (c.source_id, c.stream) c.source_id, s.kind as source_kind, s.ref as source_ref,
      s.name as source_name, c.stream, c.kind, c.id as collection_id, c.outcome, c.why, c.suspect, c.listed, c.collected,
      jsonb_array_length(c.unreachable) as unreachable, c.census, c.reconciliation, c.observed_at, c.recorded_at,
      max(c.observed_at) filter (where c.outcome = 'complete' and c.suspect is null)
        over (partition by c.source_id, c.stream) as complete_at
    from collection c join source s on s.org_id = c.org_id and s.id = c.source_id
    where c.org_id = ${tx.org} and c.observed_at <= ${at.asOf} and c.recorded_at <= ${at.knownAt}
      and (${filter.kind ?? null}::text is null or c.kind = ${filter.kind ?? null})
      and (${filter.source_id ?? null}::bigint is null or c.source_id = ${filter.source_id ?? null})
      and not exists (
        select from collection n where n.org_id = c.org_id and n.supersedes = c.id and n.recorded_at <= ${at.knownAt})
    order by c.source_id, c.stream, c.observed_at desc, c.recorded_at desc
    limit 5000`)
}

export interface CaptureRow {
  readonly n: number
  readonly name: string
  readonly media_type: string
  readonly size_bytes: number
  readonly sha256: string
  readonly blob: string
  readonly captured_at: Instant
  readonly request: Record<string, unknown>
  readonly response: Record<string, unknown>
}

export async function listCaptures(tx: Tx, collection_id: string): Promise<CaptureRow[]> {
  return await tx.rows<CaptureRow>(sql`
    select n, name, media_type, size_bytes, sha256, blob, captured_at, request, response
    from capture where org_id = ${tx.org} and collection_id = ${collection_id} order by n limit 1000`)
}

export async function getCapture(
  tx: Tx,
  collection_id: string,
  n: number,
): Promise<(CaptureRow & { manifest: string }) | undefined> {
  return await tx.maybe(sql`
    select a.n, a.name, a.media_type, a.size_bytes, a.sha256, a.blob, a.captured_at, a.request, a.response, c.manifest
    from capture a join collection c on c.org_id = a.org_id and c.id = a.collection_id
    where a.org_id = ${tx.org} and a.collection_id = ${collection_id} and a.n = ${n}`)
}
