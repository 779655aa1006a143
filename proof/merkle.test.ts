// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { equal, fromHex, toHex, utf8 } from './bytes.ts'
import { plainSha256 } from './hash.ts'
import {
  emptyRoot,
  leafHash,
  merkleRoot,
  nodeHash,
  proveConsistency,
  proveInclusion,
  splitOf,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts'

const leaves = Array.from({ length: 257 }, (_, i) => leafHash(utf8(`entry ${i}`)))

/** RFC 6962 2.1, word for word. */
function naiveRoot(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 0) return emptyRoot()
  if (hashes.length === 1) return hashes[0]!
  const k = splitOf(hashes.length)
  return nodeHash(naiveRoot(hashes.slice(0, k)), naiveRoot(hashes.slice(k)))
}

/** RFC 6962 2.1.1, word for word. */
function naivePath(m: number, hashes: readonly Uint8Array[]): Uint8Array[] {
  if (hashes.length === 1) return []
  const k = splitOf(hashes.length)
  return m < k
    ? [...naivePath(m, hashes.slice(0, k)), naiveRoot(hashes.slice(k))]
    : [...naivePath(m - k, hashes.slice(k)), naiveRoot(hashes.slice(0, k))]
}

/** RFC 6962 2.1.2, word for word. */
function naiveSubproof(m: number, hashes: readonly Uint8Array[], whole: boolean): Uint8Array[] {
  if (m === hashes.length) return whole ? [] : [naiveRoot(hashes)]
  const k = splitOf(hashes.length)
  return m <= k
    ? [...naiveSubproof(m, hashes.slice(0, k), whole), naiveRoot(hashes.slice(k))]
    : [...naiveSubproof(m - k, hashes.slice(k), false), naiveRoot(hashes.slice(0, k))]
}

const roots = leaves.map((_, n) => naiveRoot(leaves.slice(0, n)))
const cache = new Map<number, Uint8Array>()
const range = (from: number, to: number): Uint8Array => {
  const key = from * 1000 + to
  const known = cache.get(key) ?? merkleRoot(leaves.slice(from, to))
  cache.set(key, known)
  return known
}
const hex = (path: readonly Uint8Array[]): string[] => path.map(toHex)

test('the roots of one to eight entries are those that Certificate Transparency publishes', () => {
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
  const hashes = inputs.map((input) => leafHash(fromHex(input)))
  expect(inputs.map((_, i) => toHex(merkleRoot(hashes.slice(0, i + 1))))).toEqual([
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ])
})

test('for every tree of up to 256 entries the root is the one of RFC 6962, with either hash', () => {
  const join = (left: Uint8Array, right: Uint8Array): Uint8Array =>
    plainSha256(Buffer.concat([Buffer.of(1), left, right]))
  for (let n = 0; n <= 256; n++) expect(toHex(merkleRoot(leaves.slice(0, n)))).toBe(toHex(roots[n]!))
  for (const n of [2, 7, 100]) expect(toHex(merkleRoot(leaves.slice(0, n), join))).toBe(toHex(roots[n]!))
})

test('every entry of every tree of up to 256 entries is proved, and nowhere else', () => {
  for (let size = 1; size <= 256; size++)
    for (let index = 0; index < size; index++) {
      const path = proveInclusion(index, size, range)
      if (!verifyInclusion(leaves[index]!, { index, size }, path, roots[size]!)) throw new Error(`${index} of ${size}`)
      const elsewhere = (index + 1) % size
      if (size > 1 && verifyInclusion(leaves[index]!, { index: elsewhere, size }, path, roots[size]!))
        throw new Error(`${index} of ${size} passes for ${elsewhere}`)
    }
})

test('every tree of up to 256 entries is proved to continue every smaller one', () => {
  for (let size = 0; size <= 256; size += size < 40 ? 1 : 7)
    for (let older = 0; older <= size; older++) {
      const path = proveConsistency(older, size, range)
      const [from, to] = [
        { size: older, root: roots[older]! },
        { size, root: roots[size]! },
      ]
      if (!verifyConsistency(from, to, path)) throw new Error(`${older} to ${size}`)
      if (older > 0 && older < size && verifyConsistency({ ...from, root: roots[older - 1]! }, to, path))
        throw new Error(`another old root passes, ${older} to ${size}`)
      if (older > 0 && older < size && verifyConsistency(from, { ...to, root: roots[size - 1]! }, path))
        throw new Error(`another new root passes, ${older} to ${size}`)
    }
})

test('proofs are those of RFC 6962, hash for hash', () => {
  for (const size of [1, 2, 3, 7, 8, 100, 200])
    for (let index = 0; index < size; index++) {
      const some = leaves.slice(0, size)
      expect(hex(proveInclusion(index, size, range))).toEqual(hex(naivePath(index, some)))
      if (index > 0) expect(hex(proveConsistency(index, size, range))).toEqual(hex(naiveSubproof(index, some, true)))
    }
})

describe('a proof that was changed proves nothing', () => {
  const changed = (path: readonly Uint8Array[], at: number): Uint8Array[] =>
    path.map((hash, i) => (i === at % path.length ? hash.map((byte, j) => (j === at % 32 ? byte ^ 1 : byte)) : hash))

  test('of inclusion', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 256 }), fc.nat(), fc.nat(), (size, i, at) => {
        const index = i % size
        const path = proveInclusion(index, size, range)
        const ok = (p: readonly Uint8Array[]): boolean =>
          verifyInclusion(leaves[index]!, { index, size }, p, roots[size]!)
        expect(ok(changed(path, at))).toBe(false)
        expect(ok(path.slice(1))).toBe(false)
        expect(ok([...path, path[0]!])).toBe(false)
        expect(ok(path.map((hash) => hash.subarray(1)))).toBe(false)
      }),
    )
  })

  test('of consistency', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 256 }), fc.nat(), fc.nat(), (size, o, at) => {
        const older = 1 + (o % (size - 1))
        const path = proveConsistency(older, size, range)
        const ok = (p: readonly Uint8Array[]): boolean =>
          verifyConsistency({ size: older, root: roots[older]! }, { size, root: roots[size]! }, p)
        expect(ok(path)).toBe(true)
        expect(ok(changed(path, at))).toBe(false)
        expect(ok(path.slice(0, -1))).toBe(false)
        expect(ok([...path, path[0]!])).toBe(false)
        expect(ok([])).toBe(false)
        expect(ok(path.map((hash) => hash.subarray(1)))).toBe(false)
      }),
    )
  })
})

test('odd sizes and indices are refused by the verifiers without an error', () => {
  const [leaf, root] = [leaves[0]!, leaves[0]!]
  for (const [index, size] of [
    [1, 1],
    [-1, 1],
    [0.5, 1],
    [0, 0],
    [0, NaN],
    [0, 2 ** 60],
  ] as const)
    expect(verifyInclusion(leaf, { index, size }, [], root)).toBe(false)
  for (const [older, size] of [
    [2, 1],
    [-1, 1],
    [0.5, 1],
    [1, NaN],
  ] as const)
    expect(verifyConsistency({ size: older, root }, { size, root }, [])).toBe(false)
  expect(verifyConsistency({ size: 0, root: emptyRoot() }, { size: 1, root }, [])).toBe(true)
  expect(verifyConsistency({ size: 0, root }, { size: 1, root }, [])).toBe(false)
  expect(verifyConsistency({ size: 0, root: emptyRoot() }, { size: 1, root }, [leaf])).toBe(false)
  expect(verifyConsistency({ size: 1, root }, { size: 1, root }, [])).toBe(true)
  expect(verifyConsistency({ size: 1, root }, { size: 1, root }, [leaf])).toBe(false)
  expect(verifyConsistency({ size: 1, root }, { size: 1, root: emptyRoot() }, [])).toBe(false)
})

test('the provers refuse what no tree has', () => {
  for (const [index, size] of [
    [1, 1],
    [-1, 4],
    [0.5, 4],
  ] as const)
    expect(() => proveInclusion(index, size, range)).toThrow(/expected an index/)
  for (const [older, size] of [
    [5, 4],
    [-1, 4],
    [1.5, 4],
  ] as const)
    expect(() => proveConsistency(older, size, range)).toThrow(/expected an older size/)
  expect(() => proveInclusion(0, -1, range)).toThrow(/expected a tree/)
  expect(() => proveConsistency(0, 1.5, range)).toThrow(/expected a tree/)
  expect(equal(merkleRoot([]), emptyRoot())).toBe(true)
})
