// SPDX-License-Identifier: Apache-2.0
import { concat, type Bytes } from './bytes.ts'
import { HASH_SIZE } from './hash.ts'
import { LEAF_MOST } from './leaf.ts'
import { Malformed } from './malformed.ts'

/** Hashes in a full tile (C2SP tlog-tiles). */
export const TILE_WIDTH = 256

/** A tile: `width` neighbouring hashes of tree level 8 × `level`, the first being number `n` × 256. */
export interface TileId {
  readonly level: number
  readonly n: number
  /** 1 to 256; under 256 only at the right edge of the tree. */
  readonly width: number
}

/** Where a tile lies: `tile/0/x001/x234/067`, and `tile/0/x001/x234/067.p/8` for the first 8 hashes of it. */
export const tilePath = (tile: TileId): string => `tile/${tile.level}/${numbered(tile)}`

/** Where the entries under a level-0 tile lie: `tile/entries/x001/x234/067`. */
export const entriesPath = (tile: Pick<TileId, 'n' | 'width'>): string => `tile/entries/${numbered(tile)}`

function numbered({ n, width }: Pick<TileId, 'n' | 'width'>): string {
  const groups = []
  for (let rest = n; ; rest = Math.floor(rest / 1000)) {
    groups.unshift(String(rest % 1000).padStart(3, '0'))
    if (rest < 1000) break
  }
  const path = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/')
  return width === TILE_WIDTH ? path : `${path}.p/${width}`
}

const PATH = /^tile\/(entries|[0-9]|[1-5][0-9]|6[0-3])\/((?:x[0-9]{3}\/)*)([0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/

/** Reads a path as `tilePath` and `entriesPath` write it, or gives nothing: for serving tiles and reading bundles. */
export function parseTilePath(path: string): (TileId & { readonly entries: boolean }) | undefined {
  const [, level, above, last, width = '256'] = PATH.exec(path) ?? []
  if (level === undefined || above === undefined || last === undefined) return undefined
  const n = Number(above.replaceAll(/[x/]/g, '') + last)
  const tile = { level: level === 'entries' ? 0 : Number(level), n, width: Number(width), entries: level === 'entries' }
  const written = tile.entries ? entriesPath(tile) : tilePath(tile)
  return Number.isSafeInteger(n) && tile.width <= TILE_WIDTH && written === path ? tile : undefined
}

/** The bytes of an entry bundle: each entry after its length in two bytes, big-endian. @throws Malformed TILE */
export function encodeEntries(entries: readonly Uint8Array[]): Bytes {
  return concat(
    ...entries.flatMap((entry) => {
      if (entry.length > 0xffff) throw new Malformed('TILE', `expected at most 65535 bytes, got ${entry.length}`)
      return [Uint8Array.of(entry.length >> 8, entry.length & 255), entry]
    }),
  )
}

/** The entries of a bundle, as views. @throws Malformed TILE when it is cut short or holds another number than `width` */
export function decodeEntries(bundle: Uint8Array, width: number): Uint8Array[] {
  const entries: Uint8Array[] = []
  let at = 0
  while (at < bundle.length) {
    const [high = 0, low] = bundle.subarray(at, at + 2)
    const end = at + 2 + high * 256 + (low ?? 0)
    if (low === undefined || end > bundle.length)
      throw new Malformed('TILE', `expected ${end - at} bytes from ${at} on, got ${bundle.length - at}`)
    if (end - at - 2 > LEAF_MOST)
      throw new Malformed('TILE', `expected entries of at most ${LEAF_MOST} bytes, got ${end - at - 2}`)
    entries.push(bundle.subarray(at + 2, end))
    at = end
  }
  if (entries.length !== width) throw new Malformed('TILE', `expected ${width} entries, got ${entries.length}`)
  return entries
}

/** The hashes of a tile, as views. @throws Malformed TILE when its length is not `width` hashes */
export function splitHashes(hashes: Uint8Array, width = Math.ceil(hashes.length / HASH_SIZE)): Uint8Array[] {
  if (hashes.length !== width * HASH_SIZE)
    throw new Malformed('TILE', `expected ${width * HASH_SIZE} bytes of hashes, got ${hashes.length}`)
  return Array.from({ length: width }, (_, i) => hashes.subarray(i * HASH_SIZE, (i + 1) * HASH_SIZE))
}

/** All tiles of a tree of `size` leaves, partial ones last in their level: what a publication holds. */
export function* tilesOf(size: number): Generator<TileId> {
  let hashes = size
  for (let level = 0; hashes > 0; level++) {
    for (let n = 0; n * TILE_WIDTH < hashes; n++)
      yield { level, n, width: Math.min(TILE_WIDTH, hashes - n * TILE_WIDTH) }
    hashes = Math.floor(hashes / TILE_WIDTH)
  }
}
