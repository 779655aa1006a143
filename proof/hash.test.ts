// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat, toHex, utf8 } from './bytes.ts'
import { crc32, plainCrc32 } from './crc32.ts'
import { emptyRoot, leafHash, nodeHash, plainSha256, sha256, startSha256 } from './hash.ts'
import { Sha256 } from './sha256.ts'

test.each([
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
  ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
])('both implementations give the digests of FIPS 180-4 (%#)', (text, digest) => {
  expect(toHex(sha256(utf8(text)))).toBe(digest)
  expect(toHex(plainSha256(utf8(text)))).toBe(digest)
})

test('the implementation for browsers agrees with the one of Node on any bytes, whole and in pieces', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(400), (bytes, cut) => {
      const digest = toHex(sha256(bytes))
      expect(toHex(plainSha256(bytes))).toBe(digest)
      for (const started of [new Sha256(), startSha256()]) {
        started.update(bytes.subarray(0, cut))
        started.update(bytes.subarray(cut))
        expect(toHex(started.digest())).toBe(digest)
      }
      expect(plainCrc32(bytes)).toBe(crc32(bytes))
      expect(plainCrc32(bytes.subarray(cut), plainCrc32(bytes.subarray(0, cut)))).toBe(crc32(bytes))
    }),
  )
})

test('a checksum is the one that zip programs know', () => {
  expect(plainCrc32(utf8('123456789'))).toBe(0xcbf43926)
})

test('leaves and nodes are hashed with different prefixes, so that neither passes for the other', () => {
  const [left, right] = [leafHash(utf8('a')), leafHash(utf8('b'))]
  expect(toHex(leafHash(utf8('')))).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d')
  expect(toHex(nodeHash(left, right))).toBe(toHex(sha256(concat(Uint8Array.of(1), left, right))))
  expect(toHex(leafHash(concat(left, right)))).not.toBe(toHex(nodeHash(left, right)))
  expect(toHex(emptyRoot())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
})
