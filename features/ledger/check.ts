// SPDX-License-Identifier: Apache-2.0
import { Refused } from '../../lib/refused.ts'
import { equal } from '../../proof/bytes.ts'
import { HASH_SIZE, leafHash } from '../../proof/hash.ts'
import { merkleRoot } from '../../proof/merkle.ts'
import { splitHashes, TILE_WIDTH } from '../../proof/tile.ts'
import { appendLeaves, type Edge, type Grown } from '../../proof/tree.ts'
import { Counter, type Recount } from './recount.ts'

/** What can be damaged. */
export const DAMAGES = [
  'audit',
  'checkpoint',
  'evidence',
  'key',
  'leaf',
  'log',
  'pending',
  'publication',
  'signature',
  'signer',
  'statement',
  'stream',
  'tile',
  'timestamp',
] as const
export type Damage = (typeof DAMAGES)[number]

/** One thing that is not as it was written, at its exact place. */
export interface Finding {
  readonly damage: Damage
  /** `leaf 17`, `tile 0/3 hash 5`, `checkpoint 812`, a path of the publication… */
  readonly place: string
  /** Index of the leaf concerned, where there is one. */
  readonly index: number | null
  readonly says: string
}

/** Findings are counted to the end; this many are kept in words. */
export const FINDINGS_KEPT = 200

export class Findings {
  readonly kept: Finding[] = []
  count = 0
  add(damage: Damage, place: string, says: string, index: number | null = null): void {
    this.count++
    if (this.kept.length < FINDINGS_KEPT) this.kept.push({ damage, place, index, says })
  }
}

/** What the database says of one level-0 tile: the leaves under it, its stored hashes, and its parent's word for it. */
export interface TileUnderCheck {
  readonly n: number
  /** By position: the leaf's bytes, or nothing when the row is missing. */
  readonly entries: readonly (Uint8Array | undefined)[]
  /** The stored hashes; nothing when the row is missing. */
  readonly stored: Uint8Array | undefined
  /** The hash that the tile above holds for this one; nothing at the right edge. */
  readonly above: Uint8Array | undefined
}

/** The hash that is believed of each leaf, and whether the leaf's own bytes give it. */
export interface Believed {
  readonly hash: Uint8Array
  readonly is_intact: boolean
}

/**
 * Recounts a log from its first leaf to its last, by two implementations, beside what was stored. Where leaf and tile
 * disagree, the hash above tells which of the two was changed; the tree goes on with the other, so that one damaged byte
 * gives one finding and not a thousand.
 */
export class TreeCheck {
  readonly findings: Findings
  readonly #recount: Recount
  readonly #counter: Counter
  readonly #wanted: ReadonlySet<number>
  /** Roots at the sizes asked for. */
  readonly roots = new Map<number, Uint8Array>()
  tree: Edge & { root: Uint8Array }

  constructor(findings: Findings, recount: Recount, wanted: ReadonlySet<number>) {
    this.findings = findings
    this.#recount = recount
    this.#counter = new Counter(recount)
    this.#wanted = wanted
    this.tree = appendLeaves({ size: 0, edge: [] }, [])
  }

  /**
   * Takes the next tile; the last may be partial.
   * @param root of the whole log: the judge of the right edge, which has no tile above it
   * @returns what to believe of each leaf, and the tiles that became full
   */
  add(tile: TileUnderCheck, root: Uint8Array): { believed: Believed[]; tiles: Grown['tiles'] } {
    const counted = tile.entries.map((entry, i) => entry && this.#hash(entry, tile.n * TILE_WIDTH + i))
    const stored = this.#storedHashes(tile)
    const believed = this.#decide(tile, counted, stored, root)
    const grown = appendLeaves(
      this.tree,
      believed.map(({ hash }) => hash),
    )
    for (const { hash } of believed) {
      this.#counter.add(hash)
      if (this.#wanted.has(this.#counter.size)) this.roots.set(this.#counter.size, this.#counter.root())
    }
    this.tree = grown
    return { believed, tiles: grown.tiles }
  }

  /** Whether both implementations, on the leaves believed, give this root. */
  gives(root: Uint8Array): boolean {
    return equal(this.tree.root, root) && equal(this.#counter.root(), root)
  }

  #hash(entry: Uint8Array, index: number): Uint8Array {
    const hash = leafHash(entry)
    if (!equal(hash, this.#recount.leafHash(entry)))
      this.findings.add('leaf', `leaf ${index}`, 'two implementations give it different hashes', index)
    return hash
  }

  #storedHashes(tile: TileUnderCheck): Uint8Array[] | undefined {
    const length = tile.entries.length * HASH_SIZE
    if (tile.stored?.length === length) return splitHashes(tile.stored)
    this.findings.add('tile', `tile 0/${tile.n}`, tile.stored ? 'it has another length' : 'it is missing')
    return undefined
  }

  #decide(
    tile: TileUnderCheck,
    counted: readonly (Uint8Array | undefined)[],
    stored: readonly Uint8Array[] | undefined,
    root: Uint8Array,
  ): Believed[] {
    const differs = (i: number): boolean => {
      const hash = counted[i]
      return !hash || (stored !== undefined && !equal(hash, stored[i]!)) // same length: checked when it was split
    }
    const different = counted.map((_, i) => i).filter(differs)
    const whole = counted.every((hash) => hash !== undefined) ? counted : undefined
    const leavesGiveIt = whole !== undefined && this.#confirms(whole, tile, root)
    const tileGivesIt = stored !== undefined && different.length > 0 && this.#confirms(stored, tile, root)
    for (const i of different) {
      const index = tile.n * TILE_WIDTH + i
      if (!counted[i]) this.findings.add('leaf', `leaf ${index}`, 'it is missing', index)
      else if (leavesGiveIt) this.#tileIsDamaged(tile.n, i)
      else if (tileGivesIt) this.findings.add('leaf', `leaf ${index}`, 'it is not what was put into the tree', index)
      else {
        this.findings.add('leaf', `leaf ${index}`, 'it and its tile differ, and nothing above confirms either', index)
      }
    }
    return counted.map((hash, i) => {
      const isIntact = hash !== undefined && (leavesGiveIt || !different.includes(i))
      const fallback = stored?.[i] ?? hash ?? this.#recount.emptyRoot()
      return { hash: isIntact ? hash : fallback, is_intact: isIntact }
    })
  }

  #tileIsDamaged(n: number, i: number): void {
    this.findings.add('tile', `tile 0/${n} hash ${i}`, 'it is not the hash of its leaf', n * TILE_WIDTH + i)
  }

  /** Whether the tile above, or at the right edge the root of the log, agrees with these hashes. */
  #confirms(hashes: readonly Uint8Array[], tile: TileUnderCheck, root: Uint8Array): boolean {
    return equal(tile.above ? merkleRoot(hashes) : appendLeaves(this.tree, hashes).root, tile.above ?? root)
  }
}

/** Compares a tile or an edge with what the leaves give, hash by hash. */
export function compareHashes(
  findings: Findings,
  damage: Damage,
  place: string,
  { expected, got }: { readonly expected: Uint8Array; readonly got: Uint8Array | undefined },
): void {
  if (!got) return findings.add(damage, place, 'it is missing')
  if (got.length !== expected.length)
    return findings.add(damage, place, `expected ${expected.length} bytes, got ${got.length}`)
  for (let at = 0; at < expected.length; at += HASH_SIZE)
    if (!equal(expected.subarray(at, at + HASH_SIZE), got.subarray(at, at + HASH_SIZE)))
      findings.add(damage, `${place} hash ${at / HASH_SIZE}`, 'it is not what the leaves give')
}

/** What a reader gives, or nothing when it refuses: then the reason is passed on. */
export async function refusalOf<T>(read: () => Promise<T>, refused: (why: string) => void): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    refused(error.message)
    return undefined
  }
}
