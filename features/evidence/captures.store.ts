// SPDX-License-Identifier: Apache-2.0
import { promisify } from 'node:util'
import { brotliCompress, brotliDecompress, constants } from 'node:zlib'
import type { Collected } from '../../catalog/collected.ts'
import type { Blobs } from '../../lib/blobs.ts'
import { sql, type Tx } from '../../lib/db.ts'
import { decrypt, encrypt, newDataKey, type DataKey } from '../../lib/sealing.ts'
import { toHex } from '../../proof/bytes.ts'
import { sha256 } from '../../proof/hash.ts'
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
  const key = newDataKey()
  const captures = []
  for (const { bytes } of collected.captures) {
    const { name } = await blobs.put(org, encrypt(key, await pack(bytes)))
    captures.push({ blob: name, sha256: toHex(sha256(bytes)), size: bytes.length })
  }
  return { key, captures }
}

/**
 * The bytes of a capture exactly as they came: the one way to read them, for a blob is packed and then encrypted.
 * @throws Refused ERASED, BLOB_MISSING, BLOB_DAMAGED, DAMAGED
 */
export async function readCapture(
  tx: Tx,
  blobs: Blobs,
  capture: { readonly blob: string; readonly manifest: string; readonly size_bytes: number },
): Promise<Buffer> {
  const key = await manifestDataKey(tx, capture.manifest)
  return await unpack(decrypt(key, await blobs.get(tx.org, capture.blob)), capture.size_bytes)
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

/** Reports shrink twenty times at the speed of copying, and what is smaller is encrypted and synced sooner. */
async function pack(bytes: Uint8Array): Promise<Buffer> {
  if (bytes.length >= SMALLEST) {
    const small = await compress(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    })
    if (small.length < bytes.length * 0.9) return Buffer.concat([Buffer.of(BROTLI), small])
  }
  return Buffer.concat([Buffer.of(AS_IS), bytes])
}

async function unpack(packed: Buffer, size: number): Promise<Buffer> {
  const rest = packed.subarray(1)
  return packed[0] === BROTLI ? await decompress(rest, { maxOutputLength: Math.max(1, size) }) : rest
}
