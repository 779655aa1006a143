// SPDX-License-Identifier: Apache-2.0
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes, type KeyObject } from 'node:crypto'
import { Refused } from './refused.ts'

/** A 256-bit key. */
export type DataKey = Buffer

const CHUNK = 16 * 1024
const NONCE = 24
const TAG = 16
const COMMITMENT = 32
const HEAD = NONCE + COMMITMENT
/** A chunk and its tag. */
const FRAME = CHUNK + TAG
/** Frames that are read and opened at once, a quarter of a megabyte. */
const RUN = 16 * FRAME

export const newDataKey = (): DataKey => randomBytes(32)

/**
 * Encrypts bytes so that they can later be opened only whole and unchanged: 24 random bytes, a commitment to the key,
 * then AES-256-GCM chunks of 16 KiB. Each message has its own derived key, so a counter serves as the chunk nonce; the
 * last chunk is marked, so a cut at a chunk's end shows. Construction: C2SP chunked-encryption.
 */
export function encrypt(key: DataKey, plain: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE)
  const { chunkKey, commitment } = derive(key, nonce)
  const sealed = Buffer.allocUnsafe(HEAD + plain.length + TAG * Math.max(1, Math.ceil(plain.length / CHUNK)))
  let to = put(sealed, 0, nonce, commitment)
  for (let n = 0, at = 0; ; n++, at += CHUNK) {
    const last = at + CHUNK >= plain.length
    const cipher = createCipheriv('aes-256-gcm', chunkKey, chunkNonce(n, last))
    to = put(sealed, to, cipher.update(plain.subarray(at, at + CHUNK)), cipher.final(), cipher.getAuthTag())
    if (last) return sealed
  }
}

/** @throws Refused DAMAGED when a byte differs, the text is cut, or the key is another */
export function decrypt(key: DataKey, sealed: Uint8Array): Buffer {
  const chunkKey = keyOf(key, sealed)
  return openFrames(chunkKey, sealed.subarray(HEAD), 0, true)
}

/** Encrypted bytes that are read where they are wanted. */
export interface Sealed {
  readonly size: number
  /** Fills `into` with what lies from `at` on; gives how many bytes there were, fewer only at the end. */
  read(at: number, into: Buffer): Promise<number>
}

/**
 * The same in pieces of a quarter of a megabyte, for what is not held whole. A piece is given once it is known to be
 * right; that it was all is known when the last one came.
 * @throws Refused DAMAGED
 */
export async function* decryptPieces(key: DataKey, sealed: Sealed): AsyncGenerator<Buffer> {
  const bytes = Buffer.allocUnsafe(RUN) // read into again and again
  const read = async (at: number, length: number): Promise<Buffer> =>
    bytes.subarray(0, await sealed.read(at, bytes.subarray(0, length)))
  const chunkKey = keyOf(key, await read(0, HEAD + TAG))
  for (let at = HEAD; at < sealed.size; at += RUN)
    yield openFrames(chunkKey, await read(at, RUN), (at - HEAD) / FRAME, at + RUN >= sealed.size)
}

const damaged = (): Refused =>
  new Refused('DAMAGED', 'stored bytes do not open with their key: they were changed, cut, or belong to another key', {
    status: 409,
  })

/** The key of the chunks that follow a head. @throws Refused DAMAGED when the head is of another key */
function keyOf(key: DataKey, sealed: Uint8Array): KeyObject {
  if (sealed.length < HEAD + TAG) throw damaged()
  const { chunkKey, commitment } = derive(key, sealed.subarray(0, NONCE))
  if (!commitment.equals(sealed.subarray(NONCE, HEAD))) throw damaged()
  return chunkKey
}

/** @param first the number of the first frame @param isEnd whether no more frames follow */
function openFrames(chunkKey: KeyObject, frames: Uint8Array, first: number, isEnd: boolean): Buffer {
  const count = Math.ceil(frames.length / FRAME)
  if (frames.length < (count - 1) * FRAME + TAG) throw damaged()
  const plain = Buffer.allocUnsafe(frames.length - count * TAG)
  for (let n = 0, at = 0, to = 0; at < frames.length; n++, at += FRAME) {
    const end = Math.min(at + FRAME, frames.length)
    const last = isEnd && end === frames.length
    const decipher = createDecipheriv('aes-256-gcm', chunkKey, chunkNonce(first + n, last))
    decipher.setAuthTag(frames.subarray(end - TAG, end))
    to = put(plain, to, decipher.update(frames.subarray(at, end - TAG)))
    try {
      decipher.final()
    } catch {
      throw damaged()
    }
  }
  return plain
}

/** Puts bytes one after another; gives where they end. */
function put(into: Buffer, at: number, ...pieces: readonly Buffer[]): number {
  for (const piece of pieces) at += piece.copy(into, at)
  return at
}

/** Seals a key under another one. */
export const wrapKey = (key: DataKey, kek: DataKey): Buffer => encrypt(kek, key)
/** @throws Refused DAMAGED */
export const unwrapKey = (sealed: Uint8Array, kek: DataKey): DataKey => decrypt(kek, sealed)

function derive(key: DataKey, nonce: Uint8Array): { chunkKey: KeyObject; commitment: Buffer } {
  const made = Buffer.from(hkdfSync('sha256', key, nonce, 'assay/chunked-aes-256-gcm/v1', 64))
  // An object, for a chunk whose key is given as bytes costs twice the time of its encryption.
  return { chunkKey: createSecretKey(made.subarray(0, 32)), commitment: made.subarray(32) }
}

function chunkNonce(n: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeUIntBE(n, 5, 6)
  nonce[11] = last ? 1 : 0
  return nonce
}
