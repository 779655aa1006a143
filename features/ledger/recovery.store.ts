// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import type { Leaf } from '../../proof/leaf.ts'
import type { Checkpoint } from '../../proof/checkpoint.ts'

/** A leaf that the publication holds and the database lost. */
export interface Recovered {
  readonly idx: number
  readonly bytes: Uint8Array
  readonly leaf: Leaf
  /** RFC 6962 leaf hash. */
  readonly hash: Uint8Array
}

/**
 * Puts back leaves that were read from the publication. What they commit to is gone unless the database has it: such a
 * statement is marked as lost, so that it is reported and never taken for absent. Leaves that still wait for an index
 * and are among the recovered ones have theirs now.
 */
export async function saveRecovered(tx: Tx, org: string, recovered: readonly Recovered[]): Promise<void> {
  await saveStreams(tx, org, recovered)
  const column = <T>(of: (r: Recovered) => T): T[] => recovered.map(of)
  await tx.run(sql`
    insert into ledger_manifest (org_id, sha256, kind, stream, n, claimed_at, anchor_size, lost_at)
    select ${org}, u.sha256, u.kind, s.name, u.n, to_timestamp(u.at / 1000.0), 0, recorded_now()
    from unnest(${column((r) => r.leaf.manifest)}::text[], ${column((r) => r.leaf.kind)}::text[],
      ${column((r) => r.leaf.stream)}::text[], ${column((r) => r.leaf.n)}::bigint[],
      ${column((r) => r.leaf.time_ms)}::bigint[]) u (sha256, kind, stream, n, at)
    join ledger_stream s on s.org_id = ${org} and s.id = u.stream
    where not exists (select from ledger_manifest m where m.org_id = ${org} and m.sha256 = u.sha256)`)
  await tx.run(sql`
    delete from ledger_pending
    where org_id = ${org} and manifest = any(${column((r) => r.leaf.manifest)}::text[])`)
  await tx.run(sql`
    insert into ledger_leaf (org_id, idx, leaf, manifest, kind)
    select ${org}, u.idx, u.leaf, u.manifest, u.kind
    from unnest(${column((r) => r.idx)}::bigint[], ${column((r) => Buffer.from(r.bytes))}::bytea[],
      ${column((r) => r.leaf.manifest)}::text[], ${column((r) => r.leaf.kind)}::text[]) u (idx, leaf, manifest, kind)`)
}

/** Moves the streams on behind their recovered leaves; a stream whose name is lost is known by its id. */
async function saveStreams(tx: Tx, org: string, recovered: readonly Recovered[]): Promise<void> {
  const last = new Map<string, Recovered>()
  for (const one of recovered) last.set(one.leaf.stream, one)
  const streams = [...last.values()]
  await tx.run(sql`
    insert into ledger_stream (org_id, name, id)
    select ${org}, 'recovered:' || u.id, u.id from unnest(${streams.map((s) => s.leaf.stream)}::text[]) u (id)
    on conflict do nothing`)
  await tx.run(sql`
    update ledger_stream s set next_n = u.n + 1, last_leaf_hash = u.hash
    from unnest(${streams.map((s) => s.leaf.stream)}::text[], ${streams.map((s) => s.leaf.n)}::bigint[],
      ${streams.map((s) => Buffer.from(s.hash))}::bytea[]) u (id, n, hash)
    where s.org_id = ${org} and s.id = u.id and s.next_n <= u.n`)
}

/** Takes over a signed checkpoint that only the publication held. */
export async function adoptCheckpoint(tx: Tx, org: string, checkpoint: Checkpoint, note: string): Promise<void> {
  await tx.run(sql`
    insert into ledger_checkpoint (org_id, size, root, note)
    values (${org}, ${checkpoint.size}, ${Buffer.from(checkpoint.root)}, ${note})
    on conflict (org_id, size) do nothing`)
  await tx.run(sql`
    update ledger_log set checkpoint = ${note}, signed_size = ${checkpoint.size}, updated_at = recorded_now()
    where org_id = ${org} and signed_size < ${checkpoint.size}`)
}
