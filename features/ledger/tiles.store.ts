// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { invariant } from '../../lib/refused.ts'
import { HASH_SIZE } from '../../proof/hash.ts'
import { proveConsistency, proveInclusion, verifyConsistency } from '../../proof/merkle.ts'
import { TILE_WIDTH, type TileId } from '../../proof/tile.ts'
import {
  consistencyFromTiles,
  inclusionFromTiles,
  rangesOf,
  rootFromTiles,
  tilesNeeded,
  type ReadTile,
} from '../../proof/tree.ts'
import { remembering } from './ranges.ts'

/** The tree that the database holds: its full tiles are rows, its partial ones the edge of the log. */
export interface StoredTree {
  readonly org: string
  readonly size: number
  readonly edge: readonly Uint8Array[]
}

/** Fetches tiles at once. A tile of an older, smaller tree is the beginning of the present one. */
export async function readTiles(tx: Tx, tree: StoredTree, ids: readonly TileId[]): Promise<ReadTile> {
  const isFull = ({ level, n }: TileId): boolean => (n + 1) * TILE_WIDTH <= Math.floor(tree.size / TILE_WIDTH ** level)
  const full = ids.filter(isFull)
  const rows = await tx.rows<{ level: number; n: number; hashes: Buffer }>(sql`
    select t.level, t.n, t.hashes
    from unnest(${full.map((t) => t.level)}::int[], ${full.map((t) => t.n)}::bigint[]) f (level, n)
    join ledger_tile t on t.org_id = ${tree.org} and t.level = f.level and t.n = f.n`)
  const stored = new Map(rows.map((row) => [`${row.level}/${row.n}`, row.hashes]))
  return (tile) => {
    const hashes = isFull(tile) ? stored.get(`${tile.level}/${tile.n}`) : tree.edge[tile.level]
    invariant(hashes && hashes.length >= tile.width * HASH_SIZE, `the database holds tile ${tile.level}/${tile.n}`)
    return hashes.subarray(0, tile.width * HASH_SIZE)
  }
}

/** The inclusion proof of a leaf in the first `size` leaves of the tree. */
export async function proveLeaf(tx: Tx, tree: StoredTree, index: number, size: number): Promise<Uint8Array[]> {
  const ids = tilesNeeded(size, (range) => proveInclusion(index, size, range))
  return inclusionFromTiles(index, size, await readTiles(tx, tree, ids))
}

/**
 * The inclusion proofs of many leaves, in their order. Neighbours share most of their way, so that a thousand proofs cost
 * little more than one: every tile is fetched once and every node hashed once.
 */
export async function proveLeaves(
  tx: Tx,
  tree: StoredTree,
  indexes: readonly number[],
  size: number,
): Promise<Uint8Array[][]> {
  const ids = tilesNeeded(size, (range) => indexes.forEach((index) => proveInclusion(index, size, range)))
  const range = remembering(rangesOf(size, await readTiles(tx, tree, ids)))
  return indexes.map((index) => proveInclusion(index, size, range))
}

/** The proof that the tree of `size` continues the tree of `older` leaves. */
export async function proveGrowth(tx: Tx, tree: StoredTree, older: number, size: number): Promise<Uint8Array[]> {
  const ids = tilesNeeded(size, (range) => proveConsistency(older, size, range))
  return consistencyFromTiles(older, size, await readTiles(tx, tree, ids))
}

/** The root that the tree had at an earlier size. */
export async function rootAt(tx: Tx, tree: StoredTree, size: number): Promise<Uint8Array> {
  const ids = size === 0 ? [] : tilesNeeded(size, (range) => range(0, size))
  return rootFromTiles(size, await readTiles(tx, tree, ids))
}

/** Whether the tree begins with all leaves of an older one, by a proof that is made and verified. */
export async function continues(
  tx: Tx,
  tree: StoredTree & { readonly root: Uint8Array },
  older: { readonly size: number; readonly root: Uint8Array },
): Promise<boolean> {
  if (older.size > tree.size) return false
  return verifyConsistency(older, tree, await proveGrowth(tx, tree, older.size, tree.size))
}
