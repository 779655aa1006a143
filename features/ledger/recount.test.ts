// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { utf8 } from '../../proof/bytes.ts'
import { leafHash } from '../../proof/hash.ts'
import { merkleRoot } from '../../proof/merkle.ts'
import { appendLeaves, type Grown } from '../../proof/tree.ts'
import { Counter, openRecount, whatDiffers, type Recount } from './recount.ts'

let recount: Recount
beforeAll(async () => {
  recount = await openRecount()
})

const entries = (from: number, count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => utf8(`entry ${from + i}`))
const treeOf = (size: number): Grown => appendLeaves({ size: 0, edge: [] }, entries(0, size).map(leafHash))
const growth = fc.record({ before: fc.integer({ min: 0, max: 600 }), added: fc.integer({ min: 0, max: 600 }) })

describe('the second implementation', () => {
  it('gives the root of RFC 6962 at every size', () => {
    const counter = new Counter(recount)
    expect(Buffer.from(counter.root())).toEqual(Buffer.from(merkleRoot([])))
    const hashes: Uint8Array[] = []
    for (const entry of entries(0, 300)) {
      hashes.push(leafHash(entry))
      counter.add(recount.leafHash(entry))
      expect(Buffer.from(counter.root())).toEqual(Buffer.from(merkleRoot(hashes)))
    }
  })

  it('agrees with the first on any growth of any tree', () => {
    fc.assert(
      fc.property(growth, ({ before, added }) => {
        const from = treeOf(before)
        const more = entries(before, added)
        expect(whatDiffers(recount, from, more, appendLeaves(from, more.map(leafHash)))).toBeUndefined()
      }),
      { numRuns: 40 },
    )
  })

  it('notices any flipped bit of a root, an edge or a tile, and any entry that is another', () => {
    fc.assert(
      fc.property(growth, fc.nat(), fc.constantFrom('root', 'edge', 'tile', 'entry', 'before'), (sizes, at, where) => {
        const added = sizes.added + 1
        const from = treeOf(sizes.before)
        const more = entries(sizes.before, added)
        const grown = appendLeaves(from, more.map(leafHash))
        const flip = (bytes: Uint8Array): Uint8Array => {
          const copy = Uint8Array.from(bytes)
          copy[at % copy.length]! ^= 1 << (at % 8)
          return copy
        }
        const flipOne = (list: readonly Uint8Array[]): Uint8Array[] => {
          const filled = list.map((bytes, i) => (bytes.length > 0 ? i : -1)).filter((i) => i >= 0)
          const chosen = filled[at % Math.max(filled.length, 1)]
          return list.map((bytes, i) => (i === chosen ? flip(bytes) : bytes))
        }
        const tiles = grown.tiles.map((tile, i) =>
          i === at % grown.tiles.length ? { ...tile, hashes: flip(tile.hashes) } : tile,
        )
        const changed = {
          root: () => whatDiffers(recount, from, more, { ...grown, root: flip(grown.root) }),
          edge: () => whatDiffers(recount, from, more, { ...grown, edge: flipOne(grown.edge) }),
          tile: () => (tiles.length === 0 ? 'no tile' : whatDiffers(recount, from, more, { ...grown, tiles })),
          entry: () => whatDiffers(recount, from, flipOne(more), grown),
          before: () => whatDiffers(recount, { ...from, root: flip(from.root) }, more, grown),
        }[where]
        expect(changed()).toBeTypeOf('string')
      }),
      { numRuns: 60 },
    )
  })

  it('notices a tile or a leaf that is missing, by its place', () => {
    const from = treeOf(100)
    const more = entries(100, 500)
    const grown = appendLeaves(from, more.map(leafHash))
    expect(whatDiffers(recount, from, more, { ...grown, tiles: grown.tiles.slice(1) })).toBe('tile 0/0 is missing')
    expect(whatDiffers(recount, from, more.slice(1), grown)).toBe('expected a tree of 599 leaves, got 600')
    const tiles = grown.tiles.map((tile) => ({ ...tile, hashes: Uint8Array.from(tile.hashes) }))
    tiles[1]!.hashes[32 * 3]! ^= 1
    expect(whatDiffers(recount, from, more, { ...grown, tiles })).toBe('hash 259 of level 0 differs')
  })
})
