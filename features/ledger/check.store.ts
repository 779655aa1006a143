// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import type { Instant } from '../../lib/time.ts'
import type { StoredCheckpoint } from './sequencer.store.ts'

/** A leaf with everything that must agree with it. */
export interface CheckRow {
  readonly idx: number
  readonly leaf: Buffer
  readonly manifest: string
  readonly kind: string
  /** From the statement's row. */
  readonly statement_kind: string
  readonly stream: string
  readonly stream_id: string
  readonly n: number
  readonly claimed_at: Instant
  readonly recorded_at: Instant
  readonly anchor_size: number
  readonly envelope: Buffer | null
  readonly erased_by: string | null
  readonly lost_at: Instant | null
  readonly audit: AuditCopy | null
}

/** The row of the audit trail that people search; its statement holds the same. */
export interface AuditCopy {
  readonly actor: string
  readonly event: string
  readonly subject: string | null
  readonly details: Readonly<Record<string, unknown>>
}

const checkColumns = sql`
  m.kind as statement_kind, m.stream, s.id as stream_id, m.n, m.claimed_at, m.recorded_at, m.anchor_size,
  m.envelope, m.erased_by, m.lost_at,
  case when a.manifest is null then null else
    jsonb_build_object('actor', a.actor, 'event', a.event, 'subject', a.subject, 'details', a.details) end as audit`
const checkJoins = sql`
  join ledger_manifest m on m.org_id = l.org_id and m.sha256 = l.manifest
  join ledger_stream s on s.org_id = m.org_id and s.name = m.stream
  left join audit_event a on a.org_id = m.org_id and a.manifest = m.sha256`

/** Leaves `from` to `to` (excluded) with their statements. */
export const readForCheck = async (tx: Tx, from: number, to: number): Promise<CheckRow[]> =>
  await tx.rows(sql`
    select l.idx, l.leaf, l.manifest, l.kind, ${checkColumns}
    from ledger_leaf l ${checkJoins}
    where l.org_id = ${tx.org} and l.idx >= ${from} and l.idx < ${to}
    order by l.idx`)

/** Leaves that wait, in the order in which they will get their index. Index here: their number in the queue. */
export const readPendingForCheck = async (tx: Tx): Promise<CheckRow[]> =>
  await tx.rows(sql`
    select row_number() over (order by l.id)::int - 1 as idx, l.leaf, l.manifest, m.kind, ${checkColumns}
    from ledger_pending l ${checkJoins}
    where l.org_id = ${tx.org}
    order by l.id`)

export const readStoredTiles = async (
  tx: Tx,
  level: number,
  from: number,
  to: number,
): Promise<Map<number, Uint8Array>> =>
  new Map(
    (
      await tx.rows<{ n: number; hashes: Buffer }>(sql`
        select n, hashes from ledger_tile
        where org_id = ${tx.org} and level = ${level} and n >= ${from} and n < ${to}`)
    ).map(({ n, hashes }) => [n, hashes]),
  )

/** Leaves and tiles beyond the end of the log, which nobody should have. */
export const countBeyond = async (tx: Tx, size: number): Promise<{ leaves: number; tiles: number }> =>
  await tx.one(sql`
    select (select count(*)::int from ledger_leaf where org_id = ${tx.org} and idx >= ${size}) as leaves,
      (select count(*)::int from ledger_tile
        where org_id = ${tx.org} and (n + 1)::numeric * 256::numeric ^ (level + 1) > ${size}) as tiles`)

export const readAllCheckpoints = async (tx: Tx): Promise<StoredCheckpoint[]> =>
  await tx.rows(sql`
    select size, root, note, recorded_at from ledger_checkpoint where org_id = ${tx.org} order by size`)

export interface StreamRow {
  readonly name: string
  readonly id: string
  readonly next_n: number
  readonly last_leaf_hash: Buffer | null
}
export const readStreams = async (tx: Tx): Promise<StreamRow[]> =>
  await tx.rows(sql`select name, id, next_n, last_leaf_hash from ledger_stream where org_id = ${tx.org}`)

/** Statements whose leaf neither has an index nor waits for one. */
export const readOrphans = async (tx: Tx, limit: number): Promise<{ manifest: string; kind: string }[]> =>
  await tx.rows(sql`
    select m.sha256 as manifest, m.kind from ledger_manifest m
    where m.org_id = ${tx.org}
      and not exists (select from ledger_leaf l where l.org_id = m.org_id and l.manifest = m.sha256)
      and not exists (select from ledger_pending p where p.org_id = m.org_id and p.manifest = m.sha256)
    limit ${limit}`)

export interface StampToCheck {
  readonly size: number
  readonly authority: string
  readonly token: Buffer
  readonly gen_time: Instant
  readonly note: string
  readonly envelope: Buffer | null
}
export const readStampsForCheck = async (tx: Tx): Promise<StampToCheck[]> =>
  await tx.rows(sql`
    select t.size, t.authority, t.token, t.gen_time, c.note, m.envelope
    from ledger_timestamp t
    join ledger_checkpoint c on c.org_id = t.org_id and c.size = t.size
    join ledger_manifest m on m.org_id = t.org_id and m.sha256 = t.manifest
    where t.org_id = ${tx.org} order by t.size, t.authority`)

export interface KeyToCheck {
  readonly id: string
  readonly purpose: 'log' | 'collector'
  readonly public: string
  readonly recorded_at: Instant
  /** Position of the leaf that announces it; null while that waits. */
  readonly idx: number | null
  readonly envelope: Buffer | null
}
export const readKeysForCheck = async (tx: Tx): Promise<KeyToCheck[]> =>
  await tx.rows(sql`
    select k.id, k.purpose, k.public, k.recorded_at, l.idx, m.envelope
    from ledger_key k
    join ledger_manifest m on m.org_id = k.org_id and m.sha256 = k.manifest
    left join ledger_leaf l on l.org_id = k.org_id and l.manifest = k.manifest
    where k.org_id = ${tx.org} order by k.purpose desc, k.generation`)
