// SPDX-License-Identifier: Apache-2.0
import { concat } from './bytes.ts'
import { emptyRoot, HASH_SIZE, nodeHash, type NodeHash } from './hash.ts'
import { Malformed } from './malformed.ts'
import { merkleRoot, proveConsistency, proveInclusion, splitOf, type RangeHash } from './merkle.ts'
import { splitHashes, TILE_WIDTH, type TileId } from './tile.ts'

/**
 * A tree by its right edge: all that is needed to grow it. `edge[level]` holds the hashes of that level's partial tile,
 * 32 bytes each (empty when the level ends with a full tile), exactly the columns `size` and `edge` of `ledger_log`.
 */
export interface Edge {
  readonly size: number
  readonly edge: readonly Uint8Array[]
}

export interface Grown extends Edge {
  readonly root: Uint8Array
  /** Full tiles that came to be, in the order of completion: 8192 bytes each. */
  readonly tiles: readonly (TileId & { readonly hashes: Uint8Array })[]
}

/**
 * Appends leaf hashes to a tree: the sequencer's whole arithmetic. Pure; the same input gives the same tiles and root.
 * @param join another implementation of the node hash; the server checks the default with a second one
 * @throws Malformed TREE when the edge does not belong to the size
 */
export function appendLeaves(tree: Edge, leafHashes: readonly Uint8Array[], join: NodeHash = nodeHash): Grown {
  const levels = openEdge(tree)
  const tiles: (TileId & { hashes: Uint8Array })[] = []
  leafHashes.forEach((leaf, i) => {
    let hash = leaf
    let position = tree.size + i
    for (let level = 0; ; level++) {
      const hashes = (levels[level] ??= [])
      hashes.push(hash)
      position = Math.floor(position / TILE_WIDTH)
      if (hashes.length < TILE_WIDTH) break
      tiles.push({ level, n: position, width: TILE_WIDTH, hashes: concat(...hashes) })
      levels[level] = []
      hash = merkleRoot(hashes, join)
    }
  })
  return {
    size: tree.size + leafHashes.length,
    edge: levels.map((hashes) => concat(...hashes)),
    root: foldEdge(levels, join),
    tiles,
  }
}

/** The root of a tree from its edge. @throws Malformed TREE when the edge does not belong to the size */
export const edgeRoot = (tree: Edge, join: NodeHash = nodeHash): Uint8Array => foldEdge(openEdge(tree), join)

function openEdge({ size, edge }: Edge): Uint8Array[][] {
  const levels = edge.map((hashes) => splitHashes(hashes))
  let rest = size
  for (let level = 0; level < Math.max(levels.length, 1) || rest > 0; level++) {
    const expected = rest % TILE_WIDTH
    const got = levels[level]?.length ?? 0
    if (got !== expected)
      throw new Malformed('TREE', `expected ${expected} hashes at level ${level} of a tree of ${size}, got ${got}`)
    rest = Math.floor(rest / TILE_WIDTH)
  }
  return levels
}

/** Joins the complete subtrees of all levels from the right, as RFC 6962 splits: the largest subtree is leftmost. */
function foldEdge(levels: readonly (readonly Uint8Array[])[], join: NodeHash): Uint8Array {
  let right: Uint8Array | undefined
  for (const hashes of levels) {
    let end = hashes.length
    for (let run = 1; end > 0; run *= 2) {
      if (end % (2 * run) === 0) continue
      const subtree = merkleRoot(hashes.slice(end - run, end), join)
      right = right ? join(subtree, right) : subtree
      end -= run
    }
  }
  return right ?? emptyRoot()
}

/** Gives the bytes of a tile: `tile.width` hashes. A longer tile may be cut. */
export type ReadTile = (tile: TileId) => Uint8Array

/** The hashes of ranges of a tree, read from its tiles. Each tile is asked for once. */
export function rangesOf(size: number, read: ReadTile): RangeHash {
  const cache = new Map<string, Uint8Array[]>()
  const tileAt = (level: number, n: number): Uint8Array[] => {
    const name = `${level}/${n}`
    const known = cache.get(name)
    if (known) return known
    const width = Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - n * TILE_WIDTH)
    const hashes = splitHashes(read({ level, n, width }), width)
    cache.set(name, hashes)
    return hashes
  }
  const subtree = (from: number, leaves: number): Uint8Array => {
    let level = 0
    let span = leaves // hashes of the tile's level under the subtree
    while (span >= TILE_WIDTH) {
      span /= TILE_WIDTH
      level++
    }
    const first = from / (leaves / span)
    const n = Math.floor(first / TILE_WIDTH)
    const at = first - n * TILE_WIDTH
    return merkleRoot(tileAt(level, n).slice(at, at + span))
  }
  const range: RangeHash = (from, to) => {
    const leaves = to - from
    if (leaves === 1 || (splitOf(leaves) * 2 === leaves && from % leaves === 0)) return subtree(from, leaves)
    const middle = from + splitOf(leaves)
    return nodeHash(range(from, middle), range(middle, to))
  }
  return range
}

/**
 * The tiles that a proof over a tree of `size` leaves reads, so that a caller can fetch them at once and then prove:
 * `tilesNeeded(size, (range) => proveInclusion(index, size, range))`.
 */
export function tilesNeeded(size: number, prove: (range: RangeHash) => unknown): TileId[] {
  const asked: TileId[] = []
  prove(
    rangesOf(size, (tile) => {
      asked.push(tile)
      return new Uint8Array(tile.width * HASH_SIZE)
    }),
  )
  return asked
}

/** An inclusion proof from tiles. `read` is called at most once a tile. */
export const inclusionFromTiles = (index: number, size: number, read: ReadTile): Uint8Array[] =>
  proveInclusion(index, size, rangesOf(size, read))

/** A consistency proof from tiles. */
export const consistencyFromTiles = (older: number, size: number, read: ReadTile): Uint8Array[] =>
  proveConsistency(older, size, rangesOf(size, read))

/** The root of a tree from its tiles. */
export const rootFromTiles = (size: number, read: ReadTile): Uint8Array =>
  size === 0 ? emptyRoot() : rangesOf(size, read)(0, size)
