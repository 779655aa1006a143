// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decrypt, decryptPieces, encrypt, newDataKey, type Sealed } from './sealing.ts'

const FRAME = 16 * 1024 + 16
const HEAD = 56

const lies = (bytes: Buffer): Sealed => ({ size: bytes.length, read: async (at, into) => bytes.copy(into, 0, at) })
async function opened(key: Buffer, sealed: Buffer): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of decryptPieces(key, lies(sealed))) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** Sizes around the ends of chunks and of the quarter of a megabyte that is read at once. */
const size = fc.oneof(
  fc.integer({ min: 0, max: 100 }),
  fc.tuple(fc.constantFrom(1, 2, 15, 16, 17, 32), fc.integer({ min: -2, max: 2 })).map(([n, d]) => n * 16 * 1024 + d),
)
const key = newDataKey()

describe('sealed bytes', () => {
  test('open to what they were, whole and piece by piece', async () => {
    await fc.assert(
      fc.asyncProperty(size, async (length) => {
        const plain = Buffer.alloc(length, 'evidence ')
        const sealed = encrypt(key, plain)
        expect(plain.equals(decrypt(key, sealed))).toBe(true)
        expect(plain.equals(await opened(key, sealed))).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  test('do not open with a byte changed, cut anywhere, lengthened, with chunks in another order, or by another key', async () => {
    const sealed = encrypt(key, Buffer.alloc(2_000_000, 1))
    const flipped = (at: number): Buffer => {
      const bytes = Buffer.from(sealed)
      bytes[at]! ^= 1
      return bytes
    }
    const chunk = (n: number): Buffer => sealed.subarray(HEAD + n * FRAME, HEAD + (n + 1) * FRAME)
    const swapped = Buffer.concat([sealed.subarray(0, HEAD), chunk(1), chunk(0), sealed.subarray(HEAD + 2 * FRAME)])
    const damaged = [
      ...[0, 30, HEAD, HEAD + 70 * FRAME, sealed.length - 1].map(flipped),
      ...[0, 10, HEAD, HEAD + 5, HEAD + FRAME, HEAD + 16 * FRAME, sealed.length - 1].map((end) =>
        sealed.subarray(0, end),
      ),
      Buffer.concat([sealed, Buffer.alloc(1)]),
      swapped,
    ]
    for (const bytes of damaged) {
      expect(() => decrypt(key, bytes)).toThrow(expect.objectContaining({ code: 'DAMAGED' }))
      await expect(opened(key, bytes)).rejects.toMatchObject({ code: 'DAMAGED' })
    }
    expect(() => decrypt(newDataKey(), sealed)).toThrow(expect.objectContaining({ code: 'DAMAGED' }))
    await expect(opened(newDataKey(), sealed)).rejects.toMatchObject({ code: 'DAMAGED' })
  })
})
