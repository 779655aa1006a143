// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { equal, toHex, utf8 } from './bytes.ts'
import { decodeEntries, encodeEntries, entriesPath, parseTilePath, splitHashes, tilePath, tilesOf } from './tile.ts'

test('paths are those of C2SP tlog-tiles', () => {
  expect(tilePath({ level: 0, n: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067')
  expect(tilePath({ level: 0, n: 1_234_067, width: 8 })).toBe('tile/0/x001/x234/067.p/8')
  expect(tilePath({ level: 63, n: 0, width: 1 })).toBe('tile/63/000.p/1')
  expect(entriesPath({ n: 1_234_067, width: 256 })).toBe('tile/entries/x001/x234/067')
  expect(entriesPath({ n: 999, width: 255 })).toBe('tile/entries/999.p/255')
  expect(entriesPath({ n: 1000, width: 256 })).toBe('tile/entries/x001/000')
})

test('a path is read back as the tile it was written for', () => {
  fc.assert(
    fc.property(
      fc.record({
        level: fc.integer({ min: 0, max: 63 }),
        n: fc.maxSafeNat(),
        width: fc.integer({ min: 1, max: 256 }),
      }),
      (tile) => {
        expect(parseTilePath(tilePath(tile))).toEqual({ ...tile, entries: false })
        expect(parseTilePath(entriesPath(tile))).toEqual({ ...tile, level: 0, entries: true })
      },
    ),
  )
})

test.each([
  'tile/0/1',
  'tile/0/x000/001',
  'tile/00/001',
  'tile/64/001',
  'tile/0/001.p/0',
  'tile/0/001.p/256',
  'tile/0/001.p/300',
  'tile/0/001.p/08',
  'tile/0/x001/1',
  'tile/entries/../checkpoint',
  'tile/0/x999/x999/x999/x999/x999/999',
  '/tile/0/001',
  'tile/0/001/',
  'checkpoint',
])('another path is no tile: %s', (path) => {
  expect(parseTilePath(path)).toBeUndefined()
})

test('entries survive their bundle', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (entries) => {
      const read = decodeEntries(encodeEntries(entries), entries.length)
      expect(read.every((entry, i) => equal(entry, entries[i]!))).toBe(true)
    }),
  )
  expect(toHex(encodeEntries([utf8('ab'), utf8('')]))).toBe('000261620000')
})

test('a bundle of entries that is cut, padded or too long is refused', () => {
  const bundle = encodeEntries([utf8('ab'), utf8('c')])
  expect(() => decodeEntries(bundle.subarray(0, -1), 2)).toThrow(/expected 3 bytes from 4/)
  expect(() => decodeEntries(bundle.subarray(0, 5), 2)).toThrow(/expected 2 bytes from 4/)
  expect(() => decodeEntries(bundle, 3)).toThrow('expected 3 entries, got 2')
  expect(() => decodeEntries(encodeEntries([new Uint8Array(2049)]), 1)).toThrow(/at most 2048/)
  expect(() => encodeEntries([new Uint8Array(65_536)])).toThrow(/at most 65535/)
})

test('hashes are 32 bytes each', () => {
  expect(splitHashes(new Uint8Array(96))).toHaveLength(3)
  expect(() => splitHashes(new Uint8Array(95))).toThrow(/bytes of hashes/)
  expect([...tilesOf(257)]).toEqual([
    { level: 0, n: 0, width: 256 },
    { level: 0, n: 1, width: 1 },
    { level: 1, n: 0, width: 1 },
  ])
})
