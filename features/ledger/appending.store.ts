// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto'
import { sql, type Tx } from '../../lib/db.ts'
import type { Instant } from '../../lib/time.ts'
import type { LeafKind } from '../../proof/leaf.ts'

export interface Appended {
  /** SHA-256 of the DSSE envelope, hex: the name by which all other tables refer to it. */
  readonly manifest: string
  readonly stream: string
  readonly n: number
}

/** A stream as it is locked: its name, its random id, its next number and its last leaf. */
export interface StreamState {
  readonly name: string
  readonly id: string
  n: number
  last: Buffer | null
}

/** A signed statement with its leaf, as it is saved. */
export interface Composed extends Appended {
  readonly kind: LeafKind
  readonly at: Instant
  readonly envelope: Buffer
  readonly sealed: Buffer
  readonly leaf: Buffer
}

/** Saves statements and leaves, and moves the streams on, in one statement. */
export async function saveLeaves(
  tx: Tx,
  made: readonly Composed[],
  { streams, anchor }: { readonly streams: readonly StreamState[]; readonly anchor: number },
): Promise<void> {
  const column = <K extends keyof Composed>(name: K): Composed[K][] => made.map((m) => m[name])
  // All bytes travel as one value: an array of them would be written as text twice over, and read as such.
  const parts = made.map(({ envelope, sealed, leaf }) => [envelope, sealed, leaf] as const)
  const sizes = parts.map((of) => of.map(({ length }) => length))
  const size = (part: 0 | 1 | 2): (number | undefined)[] => sizes.map((of) => of[part])
  // Pending leaves are ordered by position in the list: the identity column follows it, and the sequencer follows that.
  await tx.run(sql`
    with drafts as materialized (
      select sha256, kind, stream, n, at, position, substring(bytes, begin, a) as envelope,
        substring(bytes, begin + a, b) as sealed, substring(bytes, begin + a + b, c) as leaf
      from (select ${Buffer.concat(parts.flat())}::bytea as bytes offset 0) whole, (
        select *, (1 + sum(a + b + c) over (order by position) - a - b - c)::int as begin
        from unnest(${column('manifest')}::text[], ${column('kind')}::text[], ${column('stream')}::text[],
          ${column('n')}::bigint[], ${column('at')}::timestamptz[], ${size(0)}::int[], ${size(1)}::int[], ${size(2)}::int[])
          with ordinality u (sha256, kind, stream, n, at, a, b, c, position)) u
    ), streams as (
      update ledger_stream s set next_n = u.n, last_leaf_hash = u.last
      from unnest(${streams.map((s) => s.name)}::text[], ${streams.map((s) => s.n)}::bigint[],
        ${streams.map((s) => s.last)}::bytea[]) u (name, n, last)
      where s.org_id = ${tx.org} and s.name = u.name
    ), statements as (
      insert into ledger_manifest (org_id, sha256, kind, stream, n, claimed_at, anchor_size, envelope, sealed_key)
      select ${tx.org}, sha256, kind, stream, n, at, ${anchor}, envelope, sealed from drafts
    )
    insert into ledger_pending (org_id, leaf, manifest)
    select ${tx.org}, leaf, sha256 from drafts order by position`)
}

/** Locks the streams, new ones included, always in the same order so that two appends cannot wait for each other. */
export async function lockStreams(tx: Tx, names: string[]): Promise<Map<string, StreamState>> {
  const lock = (): Promise<StreamState[]> =>
    tx.rows<StreamState>(sql`
      select name, id, next_n as n, last_leaf_hash as last from ledger_stream
      where org_id = ${tx.org} and name = any(${names}::text[])
      order by name for update`)
  let states = await lock()
  if (states.length < names.length) {
    const ids = names.map(() => `st_${randomBytes(16).toString('hex')}`)
    await tx.run(sql`
      insert into ledger_stream (org_id, name, id)
      select ${tx.org}, u.name, u.id from unnest(${names}::text[], ${ids}::text[]) u (name, id)
      order by u.name
      on conflict (org_id, name) do nothing`)
    states = await lock()
  }
  return new Map(states.map((state) => [state.name, state]))
}
