// SPDX-License-Identifier: Apache-2.0
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { Refused } from './refused.ts'

/** A 256-bit key. */
export type DataKey = Buffer

const CHUNK = 16 * 1024
const NONCE = 24
const TAG = 16
const COMMITMENT = 32

export const newDataKey = (): DataKey => randomBytes(32)

/**
 * Encrypts bytes so that they can later be opened only whole and unchanged: 24 random bytes, a commitment to the key,
 * then AES-256-GCM chunks of 16 KiB. Each message has its own derived key, so a counter serves as the chunk nonce; the
 * last chunk is marked, so a cut at a chunk's end shows. Construction: C2SP chunked-encryption.
 */
export function encrypt(key: DataKey, plain: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE)
  const { chunkKey, commitment } = derive(key, nonce)
  const parts: Buffer[] = [nonce, commitment]
  for (let n = 0, at = 0; ; n++, at += CHUNK) {
    const last = at + CHUNK >= plain.length
    const cipher = createCipheriv('aes-256-gcm', chunkKey, chunkNonce(n, last))
    parts.push(cipher.update(plain.subarray(at, at + CHUNK)), cipher.final(), cipher.getAuthTag())
    if (last) return Buffer.concat(parts)
  }
}

/** @throws Refused DAMAGED when a byte differs, the text is cut, or the key is another */
export function decrypt(key: DataKey, sealed: Uint8Array): Buffer {
  const damaged = (): Refused =>
    new Refused(
      'DAMAGED',
      'stored bytes do not open with their key: they were changed, cut, or belong to another key',
      {
        status: 409,
      },
    )
  if (sealed.length < NONCE + COMMITMENT + TAG) throw damaged()
  const { chunkKey, commitment } = derive(key, sealed.subarray(0, NONCE))
  if (!commitment.equals(sealed.subarray(NONCE, NONCE + COMMITMENT))) throw damaged()
  const parts: Buffer[] = []
  for (let n = 0, at = NONCE + COMMITMENT; at < sealed.length; n++, at += CHUNK + TAG) {
    const end = Math.min(at + CHUNK + TAG, sealed.length)
    if (end - at < TAG) throw damaged()
    const decipher = createDecipheriv('aes-256-gcm', chunkKey, chunkNonce(n, end === sealed.length))
    decipher.setAuthTag(sealed.subarray(end - TAG, end))
    parts.push(decipher.update(sealed.subarray(at, end - TAG)))
    try {
      parts.push(decipher.final())
    } catch {
      throw damaged()
    }
  }
  return Buffer.concat(parts)
}

/** Seals a key under another one. */
export const wrapKey = (key: DataKey, kek: DataKey): Buffer => encrypt(kek, key)
/** @throws Refused DAMAGED */
export const unwrapKey = (sealed: Uint8Array, kek: DataKey): DataKey => decrypt(kek, sealed)

function derive(key: DataKey, nonce: Uint8Array): { chunkKey: Buffer; commitment: Buffer } {
  const made = Buffer.from(hkdfSync('sha256', key, nonce, 'assay/chunked-aes-256-gcm/v1', 64))
  return { chunkKey: made.subarray(0, 32), commitment: made.subarray(32) }
}

function chunkNonce(n: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeUIntBE(n, 5, 6)
  nonce[11] = last ? 1 : 0
  return nonce
}
