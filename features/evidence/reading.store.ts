// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { stoodAt } from '../../lib/intervals.ts'
import type { Instant } from '../../lib/time.ts'
import type { LinkState } from './evidence.ts'

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
  readonly superseded_by: string | null
}

const COLLECTION = sql`
  c.id, s.kind as source_kind, s.ref as source_ref, s.name as source_name, c.stream, c.kind, c.outcome, c.why, c.listed,
  c.collected, c.unreachable, c.census, c.reconciliation, c.window_from, c.window_to, c.observed_at, c.recorded_at,
  c.recorded_by, c.producer, c.remarks, c.rows_root, c.manifest, c.suspect, c.supersedes,
  (select n.id from collection n where n.org_id = c.org_id and n.supersedes = c.id limit 1) as superseded_by
  from collection c join source s on s.org_id = c.org_id and s.id = c.source_id`

export interface CollectionFilter {
  readonly source?: string | undefined
  readonly source_kind?: string | undefined
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
    select ${COLLECTION}
    where c.org_id = ${tx.org} and c.recorded_at <= ${knownAt}
      and (${filter.source ?? null}::text is null or s.ref = ${filter.source ?? null})
      and (${filter.source_kind ?? null}::text is null or s.kind = ${filter.source_kind ?? null})
      and (${filter.kind ?? null}::text is null or c.kind = ${filter.kind ?? null})
      and (${filter.outcome ?? null}::text is null or c.outcome = ${filter.outcome ?? null})
      and (${filter.control ?? null}::text is null or exists (
        select from evidence_link l where l.org_id = c.org_id and l.collection_id = c.id and l.control_id = ${filter.control ?? null}))
      and (${after === undefined} or (c.recorded_at, c.id) < (${after?.[0] ?? null}::timestamptz, ${after?.[1] ?? null}))
    order by c.recorded_at desc, c.id desc
    limit ${limit + 1}`)
}

export async function getCollection(tx: Tx, id: string): Promise<CollectionRow | undefined> {
  return await tx.maybe<CollectionRow>(sql`select ${COLLECTION} where c.org_id = ${tx.org} and c.id = ${id}`)
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

/** Facts of a kind as they stood at `asOf`, as known at `knownAt`, by subject. */
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
  return await tx.rows<FactRow>(sql`
    select ${FACT}
    where t.org_id = ${tx.org} and ${stoodAt('t', at.asOf, at.knownAt)} and t.subject_id > ${after ?? 0}
      and (${filter.kind ?? null}::text is null or u.kind = ${filter.kind ?? null})
      and (${filter.source ?? null}::text is null or s.ref = ${filter.source ?? null})
      and (${filter.stream ?? null}::text is null or u.stream = ${filter.stream ?? null})
      and (${filter.search ?? null}::text is null or u.label ilike '%' || ${filter.search ?? null} || '%')
    order by t.subject_id
    limit ${limit + 1}`)
}

/** Everything ever believed about one subject, newest first. */
export async function factHistory(
  tx: Tx,
  subject_id: number,
): Promise<(FactRow & { closed_at: Instant | null; superseded_at: Instant | null })[]> {
  return await tx.rows(sql`
    select t.closed_at, t.superseded_at, ${FACT}
    where t.org_id = ${tx.org} and t.subject_id = ${subject_id}
    order by t.valid_from desc, t.recorded_at desc limit 500`)
}

export interface LinkRow {
  readonly id: string
  readonly collection_id: string
  readonly control_id: string
  readonly slot: string
  readonly period_from: string | null
  readonly period_to: string | null
  readonly linked_by: string
  readonly recorded_at: Instant
  readonly state: LinkState
  readonly code: string | null
  readonly because: string | null
  readonly decided_by: string | null
  readonly decided_at: Instant | null
  readonly observed_at: Instant
  readonly source_name: string
  readonly stream: string
}

/** Evidence put forward for controls, each with the decision that held at `knownAt`. */
export async function listLinks(
  tx: Tx,
  filter: { readonly control?: string | undefined; readonly collection?: string | undefined },
  knownAt: Instant,
): Promise<LinkRow[]> {
  return await tx.rows<LinkRow>(sql`
    select l.id, l.collection_id, l.control_id, l.slot, l.period_from, l.period_to, l.linked_by, l.recorded_at,
      coalesce(d.state, 'submitted') as state, d.code, d.because, d.decided_by, d.recorded_at as decided_at,
      c.observed_at, s.name as source_name, c.stream
    from evidence_link l
    join collection c on c.org_id = l.org_id and c.id = l.collection_id
    join source s on s.org_id = c.org_id and s.id = c.source_id
    left join lateral (
      select state, code, because, decided_by, recorded_at from evidence_decision d
      where d.org_id = l.org_id and d.link_id = l.id and d.recorded_at <= ${knownAt}
      order by n desc limit 1) d on true
    where l.org_id = ${tx.org} and l.recorded_at <= ${knownAt}
      and (${filter.control ?? null}::text is null or l.control_id = ${filter.control ?? null})
      and (${filter.collection ?? null}::text is null or l.collection_id = ${filter.collection ?? null})
    order by l.recorded_at desc, l.id desc limit 5000`)
}

export interface AttestationRow {
  readonly id: string
  readonly control_id: string
  readonly statement: string
  readonly outcome: 'performed' | 'not_performed' | 'no_occurrence'
  readonly period_from: string
  readonly period_to: string
  readonly collection_ids: readonly string[]
  readonly attested_by: string
  readonly recorded_at: Instant
  readonly supersedes: string | null
  readonly manifest: string
}

/** Attestations as known at `knownAt`, without those that a later one replaced. */
export async function listAttestations(
  tx: Tx,
  control: string | undefined,
  knownAt: Instant,
): Promise<AttestationRow[]> {
  return await tx.rows<AttestationRow>(sql`
    select id, control_id, statement, outcome, period_from, period_to, collection_ids, attested_by, recorded_at, supersedes, manifest
    from attestation a
    where org_id = ${tx.org} and recorded_at <= ${knownAt} and (${control ?? null}::text is null or control_id = ${control ?? null})
      and not exists (
        select from attestation n where n.org_id = a.org_id and n.supersedes = a.id and n.recorded_at <= ${knownAt})
    order by recorded_at desc, id desc limit 5000`)
}
