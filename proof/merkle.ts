// SPDX-License-Identifier: Apache-2.0
import { equal } from './bytes.ts'
import { emptyRoot, nodeHash, type NodeHash } from './hash.ts'
import { Malformed } from './malformed.ts'

export { emptyRoot, leafHash, nodeHash } from './hash.ts'

/** Trees hold fewer leaves than this: every index and size is an exact number. */
export const SIZE_MOST = Number.MAX_SAFE_INTEGER

/**
 * The root over leaf hashes in order (RFC 6962 2.1).
 * @param join another implementation of the node hash; the server passes one to check the first
 */
export function merkleRoot(leafHashes: readonly Uint8Array[], join: NodeHash = nodeHash): Uint8Array {
  let level = leafHashes
  while (level.length > 1) {
    const above: Uint8Array[] = []
    for (let i = 0; i + 1 < level.length; i += 2) above.push(join(level[i]!, level[i + 1]!)) // both below length
    if (level.length % 2 === 1) above.push(level.at(-1)!) // not empty
    level = above
  }
  return level[0] ?? emptyRoot()
}

/** The largest power of two below `n` (n > 1): where RFC 6962 splits a tree of n leaves. */
export function splitOf(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

/** Gives the hash over the leaves `from` to `to` (exclusive), where that is a subtree or a right end of the tree. */
export type RangeHash = (from: number, to: number) => Uint8Array

/** RFC 6962 2.1.1: the hashes that lead from a leaf to the root, nearest first. @throws Malformed PROOF */
export function proveInclusion(index: number, size: number, range: RangeHash): Uint8Array[] {
  checkSize(size)
  if (!Number.isSafeInteger(index) || index < 0 || index >= size)
    throw new Malformed('PROOF', `expected an index of 0 to ${size - 1}, got ${index}`)
  const path: Uint8Array[] = []
  let [from, to] = [0, size]
  while (to - from > 1) {
    const middle = from + splitOf(to - from)
    path.push(index < middle ? range(middle, to) : range(from, middle))
    if (index < middle) to = middle
    else from = middle
  }
  return path.toReversed()
}

/** RFC 6962 2.1.2: the hashes that show the first `older` leaves of a tree of `size` unchanged. @throws Malformed PROOF */
export function proveConsistency(older: number, size: number, range: RangeHash): Uint8Array[] {
  checkSize(size)
  if (!Number.isSafeInteger(older) || older < 0 || older > size)
    throw new Malformed('PROOF', `expected an older size of 0 to ${size}, got ${older}`)
  if (older === 0 || older === size) return []
  const path: Uint8Array[] = []
  let [from, to] = [0, size]
  while (older !== to) {
    const middle = from + splitOf(to - from)
    path.push(older <= middle ? range(middle, to) : range(from, middle))
    if (older <= middle) to = middle
    else from = middle
  }
  // When the old tree is a whole left subtree its root is known to the verifier already.
  if (from > 0) path.push(range(from, to))
  return path.toReversed()
}

/** Whether a leaf hash is at `index` of the tree with this root (RFC 9162 2.1.3.2). Never throws on odd input. */
export function verifyInclusion(
  leaf: Uint8Array,
  at: { readonly index: number; readonly size: number },
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  const { index, size } = at
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false
  let fn = index
  let sn = size - 1
  let r = leaf
  for (const p of path) {
    if (sn === 0 || p.length !== 32) return false
    if (fn % 2 === 1 || fn === sn) {
      r = nodeHash(p, r)
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2
        sn = Math.floor(sn / 2)
      }
    } else r = nodeHash(r, p)
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  return sn === 0 && equal(r, root)
}

/** Whether the tree `newer` begins with all leaves of the tree `older` (RFC 9162 2.1.4.2). Never throws on odd input. */
export function verifyConsistency(
  older: { readonly size: number; readonly root: Uint8Array },
  newer: { readonly size: number; readonly root: Uint8Array },
  path: readonly Uint8Array[],
): boolean {
  const [m, n] = [older.size, newer.size]
  if (!Number.isSafeInteger(m) || !Number.isSafeInteger(n) || m < 0 || m > n) return false
  if (path.some((hash) => hash.length !== 32)) return false
  if (m === 0) return path.length === 0 && equal(older.root, emptyRoot())
  if (m === n) return path.length === 0 && equal(older.root, newer.root)
  let fn = m - 1
  let sn = n - 1
  while (fn % 2 === 1) {
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  const [first, ...rest] = fn === 0 ? [older.root, ...path] : path
  if (!first) return false
  let fr = first
  let sr = first
  for (const c of rest) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHash(c, fr)
      sr = nodeHash(c, sr)
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2
        sn = Math.floor(sn / 2)
      }
    } else sr = nodeHash(sr, c)
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  return sn === 0 && equal(fr, older.root) && equal(sr, newer.root)
}

function checkSize(size: number): void {
  if (!Number.isSafeInteger(size) || size < 0)
    throw new Malformed('PROOF', `expected a tree of 0 to 2^53 - 1 leaves, got ${size}`)
}
