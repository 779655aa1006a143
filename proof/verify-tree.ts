// SPDX-License-Identifier: Apache-2.0
import { readWhole, type BundleFiles } from './bundle-files.ts'
import { equal, toBase64, toHex } from './bytes.ts'
import { leafHash } from './hash.ts'
import { parseLeaf, type Leaf } from './leaf.ts'
import { Malformed } from './malformed.ts'
import { decodeEntries, entriesPath, splitHashes, TILE_WIDTH, tilePath, tilesOf, type TileId } from './tile.ts'
import { appendLeaves, edgeRoot, type Edge } from './tree.ts'
import { bad, good, judged, type Report } from './verdict.ts'

/** What the whole log says, once every entry was read. */
export interface ReadTree {
  /** Roots at the sizes that were asked for, base64. */
  readonly roots: ReadonlyMap<number, string>
  /** Indices of the leaves that announce keys. */
  readonly keyLeaves: readonly number[]
}

const LOG = 'data/log/'

/**
 * Recomputes the tree from its entries, compares every tile, and follows every stream: counters without gaps, each leaf
 * naming the one before it. A second pair of eyes on what the inclusion proofs say.
 * @param sizes earlier sizes whose roots are wanted
 */
export async function readTree(
  files: BundleFiles,
  { size, root }: { readonly size: number; readonly root: Uint8Array },
  sizes: ReadonlySet<number>,
  report: Report,
): Promise<ReadTree> {
  const streams = new Map<string, { n: number; last: string }>()
  const roots = new Map<number, string>()
  const keyLeaves: number[] = []
  let gaps = 0
  let tree: Edge & { root: Uint8Array } = { size: 0, edge: [], root: edgeRoot({ size: 0, edge: [] }) }
  const outcome = await judged('tree', 'data/log/tile', async () => {
    const above = new Map<string, Uint8Array>()
    for (const tile of tilesOf(size)) {
      if (tile.level > 0) {
        await compareTile(files, tile, above.get(tilePath(tile)) ?? tree.edge[tile.level])
        continue
      }
      const entries = decodeEntries(await readWhole(files, LOG + entriesPath(tile)), tile.width)
      const hashes = entries.map(leafHash)
      await compareTile(files, tile, new Uint8Array(await new Blob(hashes).arrayBuffer()))
      entries.forEach((entry, i) => {
        const leaf = parseLeaf(entry)
        if (leaf.kind === 'key') keyLeaves.push(tree.size + i)
        if (!follow(streams, leaf, hashes[i]!, report)) gaps++ // one hash an entry
      })
      for (const part of partsOf(tile, sizes)) {
        const grown = appendLeaves(tree, hashes.slice(part.from, part.to))
        for (const full of grown.tiles) if (full.level > 0) above.set(tilePath(full), full.hashes)
        tree = grown
        if (sizes.has(tree.size)) roots.set(tree.size, toBase64(tree.root))
      }
    }
    if (!equal(tree.root, root))
      throw new Malformed('TREE', `expected the root ${toBase64(root)}, got ${toBase64(tree.root)}`)
  })
  report('verdict' in outcome ? outcome.verdict : good('tree', 'data/log/tile', `${size} entries recomputed`))
  if (gaps === 0 && 'value' in outcome)
    report(good('stream', 'data/log/tile/entries', `${streams.size} streams without a gap`))
  return { roots, keyLeaves }
}

async function compareTile(files: BundleFiles, tile: TileId, expected: Uint8Array | undefined): Promise<void> {
  const got = await readWhole(files, LOG + tilePath(tile))
  splitHashes(got, tile.width)
  if (!expected || !equal(got, expected))
    throw new Malformed('TREE', `expected the hashes of the entries in ${tilePath(tile)}, got others`)
}

/** Cuts a tile's entries where a root is wanted. */
function partsOf({ n, width }: TileId, sizes: ReadonlySet<number>): { from: number; to: number }[] {
  const first = n * TILE_WIDTH
  const ends = Array.from({ length: width }, (_, i) => i + 1).filter((end) => end === width || sizes.has(first + end))
  return ends.map((to, i) => ({ from: ends[i - 1] ?? 0, to }))
}

function follow(
  streams: Map<string, { n: number; last: string }>,
  leaf: Leaf,
  hash: Uint8Array,
  report: Report,
): boolean {
  const stream = streams.get(leaf.stream)
  const expected = `number ${stream ? stream.n + 1 : 0} after ${stream?.last ?? 'nothing'}`
  const got = `number ${leaf.n} after ${leaf.previous ?? 'nothing'}`
  if (expected !== got) report(bad('stream', leaf.stream, expected, got))
  streams.set(leaf.stream, { n: leaf.n, last: toHex(hash) })
  return expected === got
}
