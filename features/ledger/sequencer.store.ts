// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { publish } from '../../lib/events.ts'
import { invariant } from '../../lib/refused.ts'
import { decodeEntries, TILE_WIDTH } from '../../proof/tile.ts'
import type { Grown } from '../../proof/tree.ts'

/** How long a sequencer that holds a log may say nothing: a process that was stopped must not stop the log with it. */
const SILENCE = '15s'

export interface LogRow {
  readonly org: string
  readonly origin: string
  readonly size: number
  readonly root: Buffer
  readonly edge: readonly Buffer[]
  /** The newest signed checkpoint; null before the first. */
  readonly checkpoint: string | null
  readonly signed_size: number
  readonly published_size: number
  readonly published_root: Buffer | null
  /** Why nothing is signed any more, in words. */
  readonly frozen: string | null
}

const columns = sql`org_id as org, origin, size, root, edge, checkpoint, signed_size, published_size, published_root, frozen`

/** All logs, with how many leaves wait for each. Across tenants: only the sequencer's role sees more than none. */
export const surveyLogs = async (tx: Tx): Promise<(LogRow & { readonly waiting: number })[]> =>
  await tx.rows(sql`
    select ${columns}, coalesce(p.waiting, 0)::int as waiting
    from ledger_log l
    left join (select org_id as of, count(*) as waiting from ledger_pending group by org_id) p on p.of = l.org_id
    order by org_id`)

/** The last moment that any time-stamp proves. */
export const lastTimestamp = async (tx: Tx): Promise<string | null> =>
  (await tx.one<{ at: string | null }>(sql`select max(gen_time) as at from ledger_timestamp`)).at

/** Since when, of all logs, the oldest checkpoint waits that no time-stamp covers; null when every one is covered. */
export const unstampedSince = async (tx: Tx): Promise<string | null> =>
  (
    await tx.one<{ at: string | null }>(sql`
      select min(c.recorded_at) as at from ledger_log l
      cross join lateral (
        select coalesce(max(size), 0) as size from ledger_timestamp where org_id = l.org_id) t
      cross join lateral (
        select recorded_at from ledger_checkpoint where org_id = l.org_id and size > t.size order by size limit 1) c`)
  ).at

export const readLog = async (tx: Tx, org: string): Promise<LogRow> =>
  await tx.one(sql`select ${columns} from ledger_log where org_id = ${org}`)

/**
 * Takes the log for this transaction, or gives nothing when another sequencer has it. The lock ends with the
 * transaction, and the server ends the transaction of a sequencer that falls silent.
 */
export async function lockLog(tx: Tx, org: string): Promise<LogRow | undefined> {
  await tx.run(sql`select set_config('idle_in_transaction_session_timeout', ${SILENCE}, true)`)
  return await tx.maybe(sql`select ${columns} from ledger_log where org_id = ${org} for update skip locked`)
}

/** The same, but waits for its turn. */
export async function awaitLog(tx: Tx, org: string): Promise<LogRow> {
  await tx.run(sql`select set_config('idle_in_transaction_session_timeout', ${SILENCE}, true)`)
  return await tx.one(sql`select ${columns} from ledger_log where org_id = ${org} for update`)
}

/** Leaves as they come from the database: joined to one value, as an entry bundle holds them, and taken apart here. */
interface Joined {
  readonly count: number
  readonly first: number | null
  readonly last: number | null
  readonly entries: Buffer | null
}
const joined = sql`count(*)::int as count, min(idx) as first, max(idx) as last,
  string_agg(int2send(length(leaf)::int2) || leaf, ''::bytea order by idx) as entries`

/** @throws when an index is missing between the first and the last, or the first is another than expected */
function leavesOf({ count, first, last, entries }: Joined, from: number): Uint8Array[] {
  if (entries === null || first === null || last === null) return []
  invariant(first === from && last === from + count - 1, 'indexes follow each other without a gap')
  return decodeEntries(entries, count)
}

/** Gives up to `limit` waiting leaves their index, from `size` on, in the order in which they were appended. */
export async function takePending(tx: Tx, org: string, size: number, limit: number): Promise<Uint8Array[]> {
  // The kind is the first member of a leaf's canonical JSON, between the third and the fourth quotation mark.
  const taken = await tx.one<Joined>(sql`
    with next as (
      select id from ledger_pending where org_id = ${org} order by id limit ${limit}
    ), taken as (
      delete from ledger_pending where org_id = ${org} and id <= (select max(id) from next)
      returning id, leaf, manifest
    ), indexed as (
      insert into ledger_leaf (org_id, idx, leaf, manifest, kind)
      select ${org}, ${size}::bigint + row_number() over (order by id) - 1, leaf, manifest,
        split_part(convert_from(leaf, 'UTF8'), '"', 4)
      from taken
      returning idx, leaf
    )
    select ${joined} from indexed`)
  return leavesOf(taken, size)
}

export async function saveTiles(tx: Tx, org: string, tiles: Grown['tiles']): Promise<void> {
  if (tiles.length === 0) return
  await tx.run(sql`
    insert into ledger_tile (org_id, level, n, hashes)
    select ${org}, u.level, u.n, u.hashes
    from unnest(${tiles.map((t) => t.level)}::int[], ${tiles.map((t) => t.n)}::bigint[],
      ${tiles.map((t) => Buffer.from(t.hashes))}::bytea[]) u (level, n, hashes)`)
}

/** Moves the log from one tree to the next; gives whether it still was at the first. */
export async function moveLog(tx: Tx, from: LogRow, to: Pick<Grown, 'size' | 'root' | 'edge'>): Promise<boolean> {
  const moved = await tx.run(sql`
    update ledger_log set size = ${to.size}, root = ${Buffer.from(to.root)},
      edge = ${to.edge.map((hashes) => Buffer.from(hashes))}::bytea[], updated_at = recorded_now()
    where org_id = ${from.org} and size = ${from.size} and root = ${from.root}`)
  return moved === 1
}

/** What the database says that it has just been told: the leaves and tiles since `before`, and the log's new state. */
export async function readBack(
  tx: Tx,
  before: LogRow,
): Promise<{ entries: Uint8Array[]; grown: Pick<Grown, 'size' | 'root' | 'edge' | 'tiles'> }> {
  const entries = leavesOf(
    await tx.one(sql`select ${joined} from ledger_leaf where org_id = ${before.org} and idx >= ${before.size}`),
    before.size,
  )
  const log = await readLog(tx, before.org)
  const tiles = await tx.rows<{ level: number; n: number; hashes: Buffer }>(sql`
    select t.level, t.n, t.hashes
    from unnest(${before.edge.map((_, level) => level)}::int[],
      ${before.edge.map((_, level) => Math.floor(before.size / TILE_WIDTH ** (level + 1)))}::bigint[]) f (level, n)
    join ledger_tile t on t.org_id = ${before.org} and t.level = f.level and t.n >= f.n
    union all
    select level, n, hashes from ledger_tile where org_id = ${before.org} and level >= ${before.edge.length}
    order by 1, 2`)
  return {
    entries,
    grown: {
      size: log.size,
      root: log.root,
      edge: log.edge,
      tiles: tiles.map((tile) => ({ ...tile, width: TILE_WIDTH })),
    },
  }
}

export interface Entry {
  readonly idx: number
  readonly leaf: Buffer
}

/** Leaves in order of their index, `from` included, `to` excluded. */
export const readEntries = async (tx: Tx, org: string, from: number, to?: number): Promise<Entry[]> =>
  await tx.rows<Entry>(sql`
    select idx, leaf from ledger_leaf
    where org_id = ${org} and idx >= ${from} and (${to ?? null}::bigint is null or idx < ${to ?? null})
    order by idx`)

/** The entry bundles of C2SP tlog-tiles that hold the leaves `from` (begin of a bundle) to `to` (excluded), in order. */
export async function readBundles(tx: Tx, org: string, from: number, to: number): Promise<EntryBundle[]> {
  const rows = await tx.rows<Joined>(sql`
    select ${joined} from ledger_leaf where org_id = ${org} and idx >= ${from} and idx < ${to}
    group by idx / ${TILE_WIDTH}::bigint order by 2`)
  const width = (at: number): number => Math.min(TILE_WIDTH, to - at)
  invariant(rows.length === Math.ceil((to - from) / TILE_WIDTH), 'no bundle is missing')
  return rows.map(({ count, first, last, entries }, i) => {
    const at = from + i * TILE_WIDTH
    invariant(
      entries && first === at && count === width(at) && last === at + count - 1,
      'a bundle holds all its leaves',
    )
    return { n: at / TILE_WIDTH, width: count, bytes: entries }
  })
}

export interface EntryBundle {
  readonly n: number
  readonly width: number
  readonly bytes: Uint8Array
}

export interface StoredCheckpoint {
  readonly size: number
  readonly root: Buffer
  readonly note: string
  readonly recorded_at: string
}

export const readCheckpoint = async (tx: Tx, org: string, size: number): Promise<StoredCheckpoint | undefined> =>
  await tx.maybe(
    sql`select size, root, note, recorded_at from ledger_checkpoint where org_id = ${org} and size = ${size}`,
  )

/** Keeps a signed checkpoint; gives whether the log still was where it was read. */
export async function saveCheckpoint(tx: Tx, log: LogRow, note: string): Promise<boolean> {
  const moved = await tx.run(sql`
    update ledger_log set checkpoint = ${note}, signed_size = ${log.size}, updated_at = recorded_now()
    where org_id = ${log.org} and size = ${log.size} and root = ${log.root} and signed_size = ${log.signed_size}`)
  if (moved !== 1) return false
  await tx.run(sql`
    insert into ledger_checkpoint (org_id, size, root, note) values (${log.org}, ${log.size}, ${log.root}, ${note})`)
  return true
}

/** Says that the publication holds this checkpoint; never goes back. Pages that are open hear of it. */
export async function savePublished(tx: Tx, org: string, size: number, root: Uint8Array): Promise<void> {
  const moved = await tx.run(sql`
    update ledger_log set published_size = ${size}, published_root = ${Buffer.from(root)}, updated_at = recorded_now()
    where org_id = ${org} and published_size < ${size}`)
  if (moved === 1) await publish(tx, 'ledger', { size })
}

/** Closes a log to signing, with the reason, or opens it again (null). */
export async function freezeLog(tx: Tx, org: string, because: string | null): Promise<void> {
  await tx.run(sql`
    update ledger_log set frozen = ${because}, updated_at = recorded_now()
    where org_id = ${org} and frozen is distinct from ${because}`)
}
