// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, it, test } from 'vitest'
import { concat, utf8 } from '../../proof/bytes.ts'
import { leafHash } from '../../proof/hash.ts'
import { merkleRoot } from '../../proof/merkle.ts'
import { compareHashes, Findings, FINDINGS_KEPT, TreeCheck, type TileUnderCheck } from './check.ts'
import { openRecount, type Recount } from './recount.ts'

let recount: Recount
beforeAll(async () => {
  recount = await openRecount()
})

const SIZE = 300 // a full tile and a part of one
const entries = Array.from({ length: SIZE }, (_, i) => utf8(`entry ${i}`))
const hashes = entries.map(leafHash)
const root = merkleRoot(hashes)

const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = Uint8Array.from(bytes)
  copy[at]! ^= 1
  return copy
}
type Change = (tile: TileUnderCheck) => Partial<TileUnderCheck>
/** What a check finds in a log of 300 leaves whose tile `n` was changed. */
function check(n: 0 | 1, change: Change = () => ({}), by: Recount = recount) {
  const tree = new TreeCheck(new Findings(), by, new Set([100, SIZE]))
  const believed = [0, 1].flatMap((k) => {
    const [from, to] = k === 0 ? [0, 256] : [256, SIZE]
    const part = hashes.slice(from, to)
    const above = k === 0 ? { above: merkleRoot(part) } : { above: undefined }
    const tile = { n: k, entries: entries.slice(from, to), stored: concat(...part), ...above }
    return tree.add(k === n ? { ...tile, ...change(tile) } : tile, root).believed
  })
  const found = tree.findings.kept.map(({ damage, place, says }) => `${damage}, ${place}: ${says}`)
  return { tree, believed, found, gives: tree.gives(root) }
}
const without =
  (i: number): Change =>
  ({ entries: before }) => ({
    entries: before.map((entry, at) => (at === i ? undefined : entry)),
  })
const changedLeaf =
  (i: number): Change =>
  ({ entries: before }) => ({
    entries: before.map((entry, at) => (at === i ? utf8('another') : entry)),
  })
const changedHash =
  (i: number): Change =>
  ({ stored }) => ({ stored: flipped(stored!, 32 * i) })

describe('a recount of the log', () => {
  it('finds nothing in an intact one, and gives its root at every size that was signed', () => {
    const { found, gives, tree, believed } = check(0)
    expect([found, gives]).toEqual([[], true])
    expect(believed.every(({ is_intact }) => is_intact)).toBe(true)
    expect(tree.roots).toEqual(
      new Map([
        [100, merkleRoot(hashes.slice(0, 100))],
        [SIZE, root],
      ]),
    )
    expect(tree.gives(flipped(root, 0))).toBe(false)
  })

  it.each([
    ['a leaf that was changed', 0, changedLeaf(5), ['leaf, leaf 5: it is not what was put into the tree'], 5],
    ['one at the right edge', 1, changedLeaf(9), ['leaf, leaf 265: it is not what was put into the tree'], 265],
    ['a leaf that is missing', 0, without(7), ['leaf, leaf 7: it is missing'], 7],
  ] as const)('names %s, believes the tile, and still gives the root', (_, n, change, says, index) => {
    const { found, gives, believed } = check(n, change)
    expect([found, gives]).toEqual([says, true])
    expect(believed.flatMap(({ is_intact }, i) => (is_intact ? [] : [i]))).toEqual([index])
  })

  it.each([
    ['a stored hash that was changed', 0, changedHash(3), 'tile, tile 0/0 hash 3: it is not the hash of its leaf'],
    ['one at the right edge', 1, changedHash(3), 'tile, tile 0/1 hash 3: it is not the hash of its leaf'],
    ['a tile that is missing', 0, () => ({ stored: undefined }), 'tile, tile 0/0: it is missing'],
    ['a tile that is cut', 0, () => ({ stored: new Uint8Array(32) }), 'tile, tile 0/0: it has another length'],
  ] as const)('names %s, and believes the leaves', (_, n, change: Change, says) => {
    const { found, gives, believed } = check(n, change)
    expect([found, gives]).toEqual([[says], true])
    expect(believed.every(({ is_intact }) => is_intact)).toBe(true)
  })

  it('says so where leaf and tile were both changed and nothing tells which is right', () => {
    const { found, gives } = check(0, (tile) => ({ ...changedLeaf(5)(tile), ...changedHash(6)(tile) }))
    expect(found).toEqual([
      'leaf, leaf 5: it and its tile differ, and nothing above confirms either',
      'leaf, leaf 6: it and its tile differ, and nothing above confirms either',
    ])
    expect(gives).toBe(false)
  })

  it('goes on without a leaf of which neither bytes nor hash are left', () => {
    const { found, gives } = check(1, (tile) => ({ ...without(0)(tile), stored: undefined }))
    expect(found).toEqual(['tile, tile 0/1: it is missing', 'leaf, leaf 256: it is missing'])
    expect(gives).toBe(false)
  })

  it('believes the leaves of a changed tile where only the word above was changed as well', () => {
    const { found } = check(0, ({ above }) => ({ above: flipped(above!, 0), stored: undefined }))
    expect(found).toEqual(['tile, tile 0/0: it is missing'])
  })

  it('says so where two implementations give a leaf different hashes', () => {
    const wrong: Recount = Object.assign(Object.create(recount) as Recount, {
      leafHash: (entry: Uint8Array) =>
        Buffer.from(entry).equals(Buffer.from(entries[4]!)) ? flipped(hashes[4]!, 0) : recount.leafHash(entry),
    })
    expect(check(0, undefined, wrong).found).toEqual(['leaf, leaf 4: two implementations give it different hashes'])
  })
})

test('stored hashes are compared with what the leaves give, each by its place', () => {
  const findings = new Findings()
  const expected = concat(hashes[0]!, hashes[1]!)
  const compare = (got: Uint8Array | undefined): void => compareHashes(findings, 'tile', 'tile 1/0', { expected, got })
  compare(expected)
  compare(undefined)
  compare(hashes[0])
  compare(flipped(expected, 40))
  expect(findings.kept.map(({ place, says }) => `${place}: ${says}`)).toEqual([
    'tile 1/0: it is missing',
    'tile 1/0: expected 64 bytes, got 32',
    'tile 1/0 hash 1: it is not what the leaves give',
  ])
})

test('findings are counted to the end, and the first are kept in words', () => {
  const findings = new Findings()
  for (let i = 0; i <= FINDINGS_KEPT; i++) findings.add('leaf', `leaf ${i}`, 'it is missing', i)
  expect([findings.count, findings.kept.length]).toEqual([FINDINGS_KEPT + 1, FINDINGS_KEPT])
})
