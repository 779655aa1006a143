// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import type { Instant } from '../../lib/time.ts'
import { receiptOf, type Receipt, type ReceiptFacts } from './receipt.ts'

/** What a receipt is made of, for manifests `m` with their leaf `l` (which may be absent) and their log `g`. */
const receiptColumns = sql`
  m.sha256 as manifest, m.kind, l.idx, coalesce(l.idx < g.published_size, false) as is_published, m.claimed_at, m.recorded_at,
  (select max(t.gen_time) from ledger_timestamp t
    join ledger_leaf tl on tl.org_id = t.org_id and tl.manifest = t.manifest
    where t.org_id = m.org_id and tl.idx < m.anchor_size) as proven_after,
  (select min(t.gen_time) from ledger_timestamp t where t.org_id = m.org_id and t.size > l.idx) as proven_before`

/** Receipts of manifests, by manifest; those that are not in this ledger are absent. */
export async function readReceipts(tx: Tx, manifests: readonly string[]): Promise<Map<string, Receipt>> {
  const rows = await tx.rows<ReceiptFacts>(sql`
    select ${receiptColumns}
    from ledger_manifest m
    join ledger_log g on g.org_id = m.org_id
    left join ledger_leaf l on l.org_id = m.org_id and l.manifest = m.sha256
    where m.org_id = ${tx.org} and m.sha256 = any(${[...manifests]}::text[])`)
  return new Map(rows.map((row) => [row.manifest, receiptOf(row)]))
}

export interface LeafRow {
  readonly receipt: Receipt
  readonly stream: string
  readonly n: number
  /** The DSSE envelope; null once erased or when it was lost. */
  readonly envelope: Buffer | null
  readonly erased_by: string | null
  readonly lost_at: Instant | null
  /** Position among those that wait; null once it has an index. */
  readonly waiting: number | null
}

type LeafColumns = ReceiptFacts & Omit<LeafRow, 'receipt'>
const leafRow = ({ stream, n, envelope, erased_by, lost_at, waiting, ...facts }: LeafColumns): LeafRow => ({
  receipt: receiptOf(facts),
  stream,
  n,
  envelope,
  erased_by,
  lost_at,
  waiting,
})

/** Leaves that wait for their index, newest first, below a position. */
export async function listWaiting(
  tx: Tx,
  {
    kind,
    below,
    limit,
  }: { readonly kind: string | undefined; readonly below: number | undefined; readonly limit: number },
): Promise<LeafRow[]> {
  const rows = await tx.rows<LeafColumns>(sql`
    select ${receiptColumns}, m.stream, m.n, m.envelope, m.erased_by, m.lost_at, p.id as waiting
    from ledger_pending p
    join ledger_manifest m on m.org_id = p.org_id and m.sha256 = p.manifest
    join ledger_log g on g.org_id = m.org_id
    left join ledger_leaf l on l.org_id = p.org_id and l.manifest = p.manifest
    where p.org_id = ${tx.org} and (${below ?? null}::bigint is null or p.id < ${below ?? null})
      and (${kind ?? null}::text is null or m.kind = ${kind ?? null})
    order by p.id desc limit ${limit}`)
  return rows.map(leafRow)
}

/** Leaves that have their index, newest first, below an index. */
export async function listLeaves(
  tx: Tx,
  {
    kind,
    below,
    limit,
  }: { readonly kind: string | undefined; readonly below: number | undefined; readonly limit: number },
): Promise<LeafRow[]> {
  // The index of a kind leads to tiles; within a tile the few leaves are put in order.
  const tile = sql`l.idx / 256`
  const ofKind = sql`and l.kind = ${kind} and (${below ?? null}::bigint is null or ${tile} <= ${below ?? null}::bigint / 256)`
  const rows = await tx.rows<LeafColumns>(sql`
    select ${receiptColumns}, m.stream, m.n, m.envelope, m.erased_by, m.lost_at, null as waiting
    from ledger_leaf l
    join ledger_manifest m on m.org_id = l.org_id and m.sha256 = l.manifest
    join ledger_log g on g.org_id = m.org_id
    where l.org_id = ${tx.org} and (${below ?? null}::bigint is null or l.idx < ${below ?? null})
      ${kind === undefined ? sql`` : ofKind}
    order by ${kind === undefined ? sql`` : sql`${tile} desc,`} l.idx desc limit ${limit}`)
  return rows.map(leafRow)
}

export interface ManifestRow {
  readonly stream: string
  readonly n: number
  readonly envelope: Buffer | null
  readonly erased_by: string | null
  readonly lost_at: Instant | null
  /** The leaf's bytes, waiting or not. */
  readonly leaf: Buffer
}

export const readManifest = async (tx: Tx, manifest: string): Promise<ManifestRow | undefined> =>
  await tx.maybe(sql`
    select m.stream, m.n, m.envelope, m.erased_by, m.lost_at, coalesce(l.leaf, p.leaf) as leaf
    from ledger_manifest m
    left join ledger_leaf l on l.org_id = m.org_id and l.manifest = m.sha256
    left join ledger_pending p on p.org_id = m.org_id and p.manifest = m.sha256
    where m.org_id = ${tx.org} and m.sha256 = ${manifest}`)

export interface TimestampRow {
  readonly size: number
  readonly authority: string
  readonly gen_time: Instant
  readonly recorded_at: Instant
  readonly manifest: string
}

/** Time-stamps that cover a leaf, earliest first. */
export const timestampsOf = async (tx: Tx, index: number, limit: number): Promise<TimestampRow[]> =>
  await tx.rows(sql`
    select size, authority, gen_time, recorded_at, manifest from ledger_timestamp
    where org_id = ${tx.org} and size > ${index} order by gen_time, authority limit ${limit}`)

export interface KeyRow {
  readonly id: string
  readonly purpose: 'log' | 'collector'
  readonly public: string
  readonly generation: number
  readonly manifest: string
  readonly recorded_at: Instant
  readonly idx: number | null
}

/** All keys of the organisation, oldest first. */
export const listKeys = async (tx: Tx): Promise<KeyRow[]> =>
  await tx.rows(sql`
    select k.id, k.purpose, k.public, k.generation, k.manifest, k.recorded_at, l.idx
    from ledger_key k
    left join ledger_leaf l on l.org_id = k.org_id and l.manifest = k.manifest
    where k.org_id = ${tx.org} order by k.purpose desc, k.generation`)

export interface CheckpointRow {
  readonly size: number
  readonly root: Buffer
  readonly note: string
  readonly recorded_at: Instant
  /** Leaves since the checkpoint before. */
  readonly added: number
  readonly timestamps: readonly { readonly authority: string; readonly gen_time: string }[]
}

/** Signed checkpoints, newest first, smaller than a size. */
export const listCheckpoints = async (tx: Tx, below: number | undefined, limit: number): Promise<CheckpointRow[]> =>
  await tx.rows(sql`
    select c.size, c.root, c.note, c.recorded_at,
      c.size - coalesce((select max(b.size) from ledger_checkpoint b where b.org_id = c.org_id and b.size < c.size), 0) as added,
      coalesce((
        select jsonb_agg(jsonb_build_object('authority', t.authority, 'gen_time', t.gen_time) order by t.gen_time)
        from ledger_timestamp t where t.org_id = c.org_id and t.size = c.size), '[]') as timestamps
    from ledger_checkpoint c
    where c.org_id = ${tx.org} and (${below ?? null}::bigint is null or c.size < ${below ?? null})
    order by c.size desc limit ${limit}`)

export interface AuditFilter {
  readonly subject?: string | undefined
  /** An event, or a topic and a dot: `session.` is all events of sessions. */
  readonly event?: string | undefined
  readonly actor?: string | undefined
}

export interface AuditRow {
  readonly manifest: string
  readonly at: Instant
  readonly recorded_at: Instant
  readonly actor: string
  readonly event: string
  readonly subject: string | null
  readonly details: Readonly<Record<string, string | number | boolean | null>>
}

/** The audit trail as known at `knownAt`, newest first. */
export const listAudit = async (
  tx: Tx,
  filter: AuditFilter,
  {
    knownAt,
    after,
    limit,
  }: { readonly knownAt: Instant; readonly after: readonly [string, string] | undefined; readonly limit: number },
): Promise<AuditRow[]> =>
  await tx.rows(sql`
    select manifest, at, recorded_at, actor, event, subject, details from audit_event
    where org_id = ${tx.org} and recorded_at <= ${knownAt}
      and (${filter.subject ?? null}::text is null or subject = ${filter.subject ?? null})
      and (${filter.actor ?? null}::text is null or actor = ${filter.actor ?? null})
      and (${filter.event ?? null}::text is null or event = ${filter.event ?? null}
        or (right(${filter.event ?? null}, 1) = '.' and starts_with(event, ${filter.event ?? null})))
      and (${after?.[0] ?? null}::timestamptz is null
        or (recorded_at, manifest) < (${after?.[0] ?? null}::timestamptz, ${after?.[1] ?? null}::text))
    order by recorded_at desc, manifest desc limit ${limit}`)

export interface StatusRow {
  readonly origin: string
  readonly size: number
  readonly root: Buffer
  readonly edge: readonly Buffer[]
  readonly signed_size: number
  readonly published_size: number
  readonly frozen: string | null
  /** The published checkpoint. */
  readonly checkpoint: string | null
  readonly published_at: Instant | null
  readonly pending: number
  readonly last_timestamp: { readonly size: number; readonly authority: string; readonly gen_time: string } | null
  readonly tiles: number
  /** Mean length of the newest leaves, in bytes. */
  readonly leaf_bytes: number
}

export const readStatus = async (tx: Tx): Promise<StatusRow> =>
  await tx.one(sql`
    select g.origin, g.size, g.root, g.edge, g.signed_size, g.published_size, g.frozen, c.note as checkpoint,
      c.recorded_at as published_at,
      (select count(*)::int from ledger_pending p where p.org_id = g.org_id) as pending,
      (select jsonb_build_object('size', t.size, 'authority', t.authority, 'gen_time', t.gen_time)
        from ledger_timestamp t where t.org_id = g.org_id order by t.gen_time desc, t.size desc limit 1) as last_timestamp,
      (select count(*)::int from ledger_tile t where t.org_id = g.org_id) as tiles,
      coalesce((select avg(length(l.leaf))::int from ledger_leaf l
        where l.org_id = g.org_id and l.idx >= g.size - 256), 0) as leaf_bytes
    from ledger_log g
    left join ledger_checkpoint c on c.org_id = g.org_id and c.size = g.published_size
    where g.org_id = ${tx.org}`)
