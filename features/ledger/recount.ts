// SPDX-License-Identifier: Apache-2.0
import { createSHA256 } from 'hash-wasm'
import { equal } from '../../proof/bytes.ts'
import { HASH_SIZE } from '../../proof/hash.ts'
import { TILE_WIDTH } from '../../proof/tile.ts'
import type { Edge, Grown } from '../../proof/tree.ts'

/**
 * The second opinion: another SHA-256 (WebAssembly instead of OpenSSL) and another algorithm (a binary counter of
 * subtrees instead of tiles). A single flipped bit in a leaf hash has ended public logs for ever; here it must fool both.
 */
export interface Recount {
  leafHash(entry: Uint8Array): Uint8Array
  nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array
  emptyRoot(): Uint8Array
}

export async function openRecount(): Promise<Recount> {
  const sha256 = await createSHA256()
  const pair = new Uint8Array(1 + 2 * HASH_SIZE)
  pair[0] = 1
  const prefix = new Uint8Array([0])
  return {
    leafHash: (entry) => sha256.init().update(prefix).update(entry).digest('binary'),
    nodeHash(left, right) {
      pair.set(left, 1)
      pair.set(right, 1 + HASH_SIZE)
      return sha256.init().update(pair).digest('binary')
    },
    emptyRoot: () => sha256.init().digest('binary'),
  }
}

interface Subtree {
  readonly height: number
  readonly hash: Uint8Array
}

/** Counts leaves into a tree like bits into a number: two subtrees of one height carry into one of the next. */
export class Counter {
  size = 0
  readonly #subtrees: Subtree[] = []
  readonly #hash: Recount
  /** Called for each subtree of 256^level leaves, in order: the hashes that tiles hold. */
  readonly #tiled: (level: number, hash: Uint8Array) => void
  constructor(hash: Recount, tiled: (level: number, hash: Uint8Array) => void = () => undefined) {
    this.#hash = hash
    this.#tiled = tiled
  }

  /** Starts from the right edge of a tree instead of from nothing. */
  resume(from: Edge): void {
    for (let level = from.edge.length - 1; level >= 0; level--) {
      const hashes = from.edge[level]! // level < length
      for (let at = 0; at < hashes.length; at += HASH_SIZE)
        this.#carry({ height: 8 * level, hash: hashes.subarray(at, at + HASH_SIZE) }, false)
    }
    this.size = from.size
  }

  add(leafHash: Uint8Array): void {
    this.#tiled(0, leafHash)
    this.#carry({ height: 0, hash: leafHash }, true)
    this.size++
  }

  root(): Uint8Array {
    const right = this.#subtrees.at(-1)
    if (!right) return this.#hash.emptyRoot()
    return this.#subtrees.slice(0, -1).reduceRight((root, { hash }) => this.#hash.nodeHash(hash, root), right.hash)
  }

  #carry(subtree: Subtree, isNew: boolean): void {
    let carried = subtree
    while (this.#subtrees.at(-1)?.height === carried.height) {
      const left = this.#subtrees.pop()! // the condition saw it
      carried = { height: carried.height + 1, hash: this.#hash.nodeHash(left.hash, carried.hash) }
      if (isNew && carried.height % 8 === 0) this.#tiled(carried.height / 8, carried.hash)
    }
    this.#subtrees.push(carried)
  }
}

/** A tree, with the root that is said to belong to it. */
export interface RootedEdge extends Edge {
  readonly root: Uint8Array
}

/**
 * Whether `grown` is what `before` becomes with these entries. Gives what differs in words, nothing when all agrees.
 * `grown` is what was read back from the database, so a fault in memory or storage shows as well as one in the code.
 */
export function whatDiffers(
  hash: Recount,
  before: RootedEdge,
  entries: readonly Uint8Array[],
  grown: Grown,
): string | undefined {
  const levels: Uint8Array[][] = []
  const counter = new Counter(hash, (level, node) => (levels[level] ??= []).push(node))
  counter.resume(before)
  if (!equal(counter.root(), before.root)) return `the right edge does not give the root of size ${before.size}`
  for (const entry of entries) counter.add(hash.leafHash(entry))
  if (counter.size !== grown.size) return `expected a tree of ${counter.size} leaves, got ${grown.size}`
  if (!equal(counter.root(), grown.root)) return `the root of size ${grown.size} differs`
  const height = Math.max(grown.edge.length, levels.length)
  for (let level = 0; level < height; level++) {
    const expected = Buffer.concat([before.edge[level] ?? EMPTY, ...(levels[level] ?? [])])
    const begun = Math.floor(before.size / TILE_WIDTH ** (level + 1))
    const tiles = grown.tiles.filter((tile) => tile.level === level).toSorted((a, b) => a.n - b.n)
    const missing = tiles.findIndex((tile, i) => tile.n !== begun + i)
    if (missing >= 0) return `tile ${level}/${begun + missing} is missing`
    const got = Buffer.concat([...tiles.map((tile) => tile.hashes), grown.edge[level] ?? EMPTY])
    const at = firstDifference(expected, got)
    if (at >= 0) return `hash ${begun * TILE_WIDTH + Math.floor(at / HASH_SIZE)} of level ${level} differs`
  }
  return undefined
}

const EMPTY = new Uint8Array(0)

function firstDifference(a: Buffer, b: Buffer): number {
  if (a.equals(b)) return -1
  for (let i = 0; ; i++) if (a[i] !== b[i]) return i
}
