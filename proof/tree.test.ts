// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat, toHex, utf8 } from './bytes.ts'
import { emptyRoot, leafHash } from './hash.ts'
import { merkleRoot, proveConsistency, proveInclusion, verifyConsistency, verifyInclusion } from './merkle.ts'
import { TILE_WIDTH, tilePath, tilesOf, type TileId } from './tile.ts'
import {
  appendLeaves,
  consistencyFromTiles,
  edgeRoot,
  inclusionFromTiles,
  rootFromTiles,
  tilesNeeded,
  type Edge,
} from './tree.ts'

const SIZE = 66_000 // over 65,536, so that a level-1 tile is full
const leaves = Array.from({ length: SIZE }, (_, i) => leafHash(utf8(String(i))))

/** A publication that grows as a sequencer grows it. */
class Grower {
  tree: Edge & { readonly root: Uint8Array } = { size: 0, edge: [], root: emptyRoot() }
  readonly full = new Map<string, Uint8Array>()

  add(count: number): void {
    const grown = appendLeaves(this.tree, leaves.slice(this.tree.size, this.tree.size + count))
    for (const tile of grown.tiles) this.full.set(tilePath(tile), tile.hashes)
    this.tree = grown
  }

  read = (tile: TileId): Uint8Array => {
    const whole = this.full.get(tilePath({ ...tile, width: TILE_WIDTH })) ?? this.tree.edge[tile.level]!
    return whole.subarray(0, tile.width * 32)
  }
}

test('every tree of up to 600 entries, grown one by one, has the root and the tiles of the naive one', () => {
  const grower = new Grower()
  for (let size = 1; size <= 600; size++) {
    grower.add(1)
    const root = toHex(merkleRoot(leaves.slice(0, size)))
    if (toHex(grower.tree.root) !== root) throw new Error(`root of ${size}`)
    if (toHex(rootFromTiles(size, grower.read)) !== root) throw new Error(`root from the tiles of ${size}`)
  }
  expect(toHex(grower.full.get('tile/0/001')!)).toBe(toHex(concat(...leaves.slice(256, 512))))
})

test('a tree grown in pieces of any sizes is the same tree', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 8 }), (pieces) => {
      const grower = new Grower()
      for (const piece of pieces) grower.add(piece)
      const at = grower.tree.size
      const whole = appendLeaves({ size: 0, edge: [] }, leaves.slice(0, at))
      expect(toHex(grower.tree.root)).toBe(toHex(merkleRoot(leaves.slice(0, at))))
      expect(grower.tree.edge.map(toHex)).toEqual(whole.edge.map(toHex))
      expect(toHex(edgeRoot(grower.tree))).toBe(toHex(grower.tree.root))
      expect([...grower.full.keys()].toSorted()).toEqual(whole.tiles.map(tilePath).toSorted())
    }),
    { numRuns: 40 },
  )
})

test('proofs from the tiles of a tree over three levels verify, and read few tiles', () => {
  const grower = new Grower()
  grower.add(SIZE)
  const { root } = grower.tree
  for (const index of [0, 1, 255, 256, 65_535, 65_536, SIZE - 1]) {
    const path = inclusionFromTiles(index, SIZE, grower.read)
    expect(verifyInclusion(leaves[index]!, { index, size: SIZE }, path, root)).toBe(true)
    expect(tilesNeeded(SIZE, (range) => proveInclusion(index, SIZE, range)).length).toBeLessThanOrEqual(5)
  }
  for (const older of [1, 2, 255, 256, 257, 65_536, 65_537, SIZE - 1]) {
    const path = consistencyFromTiles(older, SIZE, grower.read)
    const from = { size: older, root: merkleRoot(leaves.slice(0, older)) }
    expect(verifyConsistency(from, { size: SIZE, root }, path)).toBe(true)
    const needed = tilesNeeded(SIZE, (range) => proveConsistency(older, SIZE, range))
    expect(new Set(needed.map(tilePath)).size).toBe(needed.length)
  }
  expect(tilesNeeded(SIZE, () => 0)).toEqual([])
  const levels = [...tilesOf(SIZE)].map(({ level }) => level)
  expect([0, 1, 2].map((level) => levels.filter((one) => one === level).length)).toEqual([258, 2, 1])
})

test('the tree of nothing has the root of nothing', () => {
  expect(toHex(rootFromTiles(0, () => new Uint8Array(0)))).toBe(toHex(emptyRoot()))
  expect(toHex(appendLeaves({ size: 0, edge: [] }, []).root)).toBe(toHex(emptyRoot()))
  expect([...tilesOf(0)]).toEqual([])
})

test('an edge that does not belong to its size is refused', () => {
  const { edge } = appendLeaves({ size: 0, edge: [] }, leaves.slice(0, 300))
  expect(edge.map((hashes) => hashes.length / 32)).toEqual([44, 1])
  expect(() => edgeRoot({ size: 301, edge })).toThrow('expected 45 hashes at level 0 of a tree of 301, got 44')
  expect(() => edgeRoot({ size: 300, edge: edge.slice(0, 1) })).toThrow('level 1')
  expect(() => edgeRoot({ size: 300, edge: [...edge, leaves[0]!] })).toThrow('level 2')
  expect(() => edgeRoot({ size: 1, edge: [leaves[0]!.subarray(1)] })).toThrow(/bytes of hashes/)
})

test('a tile of another length than asked for is refused', () => {
  expect(() => inclusionFromTiles(0, 2, () => new Uint8Array(32))).toThrow('expected 64 bytes of hashes, got 32')
})
