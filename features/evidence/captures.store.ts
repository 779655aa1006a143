// SPDX-License-Identifier: Apache-2.0
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { pipeline as pipe } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import {
  brotliCompress,
  brotliDecompress,
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  type BrotliOptions,
} from 'node:zlib'
import type { Collected } from '../../catalog/collected.ts'
import type { Blobs } from '../../lib/blobs.ts'
import { sql, type Tx } from '../../lib/db.ts'
import { Refused } from '../../lib/refused.ts'
import { decrypt, decryptPieces, encrypt, newDataKey, type DataKey } from '../../lib/sealing.ts'
import { toHex } from '../../proof/bytes.ts'
import { sha256, startSha256 } from '../../proof/hash.ts'
import { manifestDataKey } from '../ledger/ledger.store.ts'

const compress = promisify(brotliCompress)
const decompress = promisify(brotliDecompress)

/** Captures already encrypted and durable in the blob store, with the key that opens them. */
export interface Kept {
  readonly key: DataKey
  readonly captures: readonly { readonly blob: string; readonly sha256: string; readonly size: number }[]
}

/** Makes the raw bytes durable before any row names them. An orphan left by a crash is collected later. */
export async function keepCaptures(blobs: Blobs, org: string, collected: Pick<Collected, 'captures'>): Promise<Kept> {
  return await keepPacked(
    blobs,
    org,
    collected.captures.map(
      ({ bytes }) =>
        async () =>
          await pack(bytes),
    ),
  )
}

/** The same for a file that was packed. */
export const keepFile = async (blobs: Blobs, org: string, packed: Packed): Promise<Kept> =>
  await keepPacked(blobs, org, [async () => packed])

/** Packs one capture after another: only one is held in memory. */
async function keepPacked(blobs: Blobs, org: string, packs: readonly (() => Promise<Packed>)[]): Promise<Kept> {
  const key = newDataKey()
  const captures = []
  for (const pack of packs) {
    const { packed, sha256, size } = await pack()
    const { name } = await blobs.put(org, encrypt(key, packed))
    captures.push({ blob: name, sha256, size })
  }
  return { key, captures }
}

/** Where the bytes of a capture lie. */
export interface StoredCapture {
  readonly blob: string
  readonly size_bytes: number
}

/**
 * The bytes of a capture exactly as they came: the one way to read them, for a blob is packed and then encrypted.
 * @throws Refused ERASED, BLOB_MISSING, BLOB_DAMAGED, DAMAGED
 */
export const readCapture = async (
  tx: Tx,
  blobs: Blobs,
  capture: StoredCapture & { readonly manifest: string },
): Promise<Buffer> => await openCapture(blobs, tx.org, await manifestDataKey(tx, capture.manifest), capture)

/** The same under the key of its manifest, which all captures of a reading share. */
export const openCapture = async (blobs: Blobs, org: string, key: DataKey, capture: StoredCapture): Promise<Buffer> =>
  await unpack(decrypt(key, await blobs.get(org, capture.blob)), capture.size_bytes)

/**
 * The same piece by piece, for a capture that is too large to hold. They are what was recorded once they have ended.
 * @throws Refused BLOB_MISSING, BLOB_DAMAGED, DAMAGED
 */
export async function* streamCapture(
  blobs: Blobs,
  org: string,
  key: DataKey,
  capture: StoredCapture & { readonly sha256: string },
): AsyncGenerator<Buffer> {
  const file = await blobs.open(org, capture.blob)
  const digest = startSha256()
  let size = 0
  try {
    for await (const piece of unpackPieces(decryptPieces(key, file))) {
      digest.update(piece)
      size += piece.length
      if (size > capture.size_bytes) break
      yield piece
    }
  } finally {
    await file.close()
  }
  const found = toHex(digest.digest())
  if (found !== capture.sha256)
    throw new Refused('BLOB_DAMAGED', `expected bytes with SHA-256 ${capture.sha256}, got ${found}`, { status: 409 })
}

/** Which of these blobs no row names. One scan of the captures, however many names are asked for. */
export const namelessBlobs = async (tx: Tx, blobs: readonly string[]): Promise<string[]> =>
  (
    await tx.rows<{ blob: string }>(sql`
      select blob from unnest(${blobs}::text[]) as blob
      except select blob from capture where org_id = ${tx.org}`)
  ).map(({ blob }) => blob)

/** What the first byte of a packed capture says of the rest. */
const AS_IS = 0
const BROTLI = 1
const SMALLEST = 512

/** Bytes made ready to be encrypted, with what they were. */
export interface Packed {
  readonly packed: Buffer
  readonly sha256: string
  readonly size: number
}

/** Reports shrink twenty times at the speed of copying, and what is smaller is encrypted and synced sooner. */
const FAST: BrotliOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 }, chunkSize: 256 * 1024 }
const isSmaller = (small: number, size: number): boolean => size >= SMALLEST && small < size * 0.9

async function pack(bytes: Uint8Array): Promise<Packed> {
  const is = { sha256: toHex(sha256(bytes)), size: bytes.length }
  const small = bytes.length < SMALLEST ? bytes : await compress(bytes, FAST)
  return isSmaller(small.length, bytes.length)
    ? { packed: Buffer.concat([Buffer.of(BROTLI), small]), ...is }
    : { packed: Buffer.concat([Buffer.of(AS_IS), bytes]), ...is }
}

/** Packs a file as it is read; only what cannot be made smaller is ever held whole. */
export async function packFile(path: string): Promise<Packed> {
  const digest = startSha256()
  let size = 0
  const parts: Buffer[] = [Buffer.of(BROTLI)]
  await pipeline(
    createReadStream(path, { highWaterMark: 1024 * 1024 }),
    async function* (pieces: AsyncIterable<Buffer>) {
      for await (const piece of pieces) {
        digest.update(piece)
        size += piece.length
        yield piece
      }
    },
    createBrotliCompress(FAST),
    async (small: AsyncIterable<Buffer>) => {
      for await (const part of small) parts.push(part)
    },
  )
  const packed = Buffer.concat(parts)
  return isSmaller(packed.length - 1, size)
    ? { packed, sha256: toHex(digest.digest()), size }
    : await pack(await readFile(path))
}

async function unpack(packed: Buffer, size: number): Promise<Buffer> {
  const rest = packed.subarray(1)
  return packed[0] === BROTLI ? await decompress(rest, { maxOutputLength: Math.max(1, size) }) : rest
}

async function* unpackPieces(packed: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const { value: first } = await packed.next()
  const rest = async function* (): AsyncGenerator<Buffer> {
    if (first) yield first.subarray(1)
    yield* packed
  }
  if (first?.[0] !== BROTLI) return yield* rest()
  const plain = createBrotliDecompress({ chunkSize: 256 * 1024 })
  pipe(rest(), plain, () => undefined) // what fails ends `plain`, and so is heard here
  yield* plain
}
