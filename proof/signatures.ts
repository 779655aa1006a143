// SPDX-License-Identifier: Apache-2.0
import { concat, fromBase64, owned, type Bytes } from './bytes.ts'
import { bits, members, oid, readOne, TAG } from './der.ts'
import { Malformed } from './malformed.ts'

/** A public key: its SubjectPublicKeyInfo (RFC 5280 4.1.2.7) and what that says it is. */
export interface PublicKey {
  readonly spki: Uint8Array
  readonly type: 'Ed25519' | 'P-256' | 'P-384' | 'P-521' | 'RSA'
}

export type Digest = 'SHA-256' | 'SHA-384' | 'SHA-512'

const CURVES: Readonly<Record<string, 'P-256' | 'P-384' | 'P-521'>> = {
  '1.2.840.10045.3.1.7': 'P-256',
  '1.3.132.0.34': 'P-384',
  '1.3.132.0.35': 'P-521',
}
const COORDINATE = { 'P-256': 32, 'P-384': 48, 'P-521': 66 } as const

/** Prefix of an Ed25519 SubjectPublicKeyInfo (RFC 8410); the 32 bytes of the key follow. */
const ED25519 = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00)

/** @throws Malformed KEY when its algorithm is none of ours, DER when it is not a SubjectPublicKeyInfo */
export function readPublicKey(spki: Uint8Array): PublicKey {
  const [algorithm, key] = members(readOne(spki, TAG.sequence))
  bits(key)
  const [name, parameters] = members(algorithm)
  const id = oid(name)
  if (id === '1.3.101.112' && spki.length === ED25519.length + 32) return { spki, type: 'Ed25519' }
  if (id === '1.2.840.113549.1.1.1') return { spki, type: 'RSA' }
  const curve = id === '1.2.840.10045.2.1' ? CURVES[oid(parameters)] : undefined
  if (!curve) throw new Malformed('KEY', `expected an Ed25519, P-256, P-384, P-521 or RSA key, got algorithm ${id}`)
  return { spki, type: curve }
}

/** An Ed25519 key from its 32 bytes. @throws Malformed KEY */
export function ed25519Key(raw: Uint8Array): PublicKey {
  if (raw.length !== 32) throw new Malformed('KEY', `expected 32 bytes of an Ed25519 key, got ${raw.length}`)
  return { spki: concat(ED25519, raw), type: 'Ed25519' }
}

/** The DER inside each PEM block of the label: `-----BEGIN PUBLIC KEY-----`. @throws Malformed KEY when there is none */
export function readPem(text: string, label: 'PUBLIC KEY' | 'CERTIFICATE'): Bytes[] {
  const blocks = [
    ...text.matchAll(new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]*)-----END ${label}-----`, 'g')),
  ]
  if (blocks.length === 0) throw new Malformed('KEY', `expected -----BEGIN ${label}-----`)
  return blocks.map(([, body = '']) => fromBase64(body.replaceAll(/\s/g, '')))
}

/**
 * Whether the key signed the message, by WebCrypto, which Node and browsers share. ECDSA signatures are DER, as openssl
 * writes them; RSA is PKCS #1 v1.5. A signature of another form is simply not valid.
 * @param digest of ECDSA and RSA; Ed25519 has its own
 */
export async function verifySignature(
  key: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
  digest: Digest = 'SHA-256',
): Promise<boolean> {
  const { subtle } = globalThis.crypto
  const usable = (algorithm: Algorithm): Promise<ImportedKey> => imported(key, algorithm)
  if (key.type === 'Ed25519') {
    const usableKey = await usable({ name: 'Ed25519' })
    return await subtle.verify({ name: 'Ed25519' }, usableKey, owned(signature), owned(message))
  }
  if (key.type === 'RSA') {
    const usableKey = await usable({ name: 'RSASSA-PKCS1-v1_5', hash: digest })
    return await subtle.verify({ name: 'RSASSA-PKCS1-v1_5' }, usableKey, owned(signature), owned(message))
  }
  const fixed = fixedLength(signature, COORDINATE[key.type])
  if (!fixed) return false
  const usableKey = await usable({ name: 'ECDSA', namedCurve: key.type })
  return await subtle.verify({ name: 'ECDSA', hash: digest }, usableKey, fixed, owned(message))
}

/** Node and browsers name the type differently. */
type ImportedKey = Awaited<ReturnType<typeof globalThis.crypto.subtle.importKey>>
interface Algorithm {
  readonly name: string
  readonly hash?: Digest
  readonly namedCurve?: string
}
// A key is imported once a digest, not once a signature: a bundle has one key and many thousand signatures.
const known = new WeakMap<PublicKey, Map<string, Promise<ImportedKey>>>()

function imported(key: PublicKey, algorithm: Algorithm): Promise<ImportedKey> {
  const ofKey = known.get(key) ?? new Map<string, Promise<ImportedKey>>()
  known.set(key, ofKey)
  const name = algorithm.hash ?? ''
  const found =
    ofKey.get(name) ?? globalThis.crypto.subtle.importKey('spki', owned(key.spki), algorithm, false, ['verify'])
  ofKey.set(name, found)
  return found
}

/** DER `SEQUENCE { r INTEGER, s INTEGER }` as r ‖ s of the curve's length: the form WebCrypto reads. */
function fixedLength(signature: Uint8Array, size: number): Bytes | undefined {
  try {
    const parts = members(readOne(signature, TAG.sequence))
    if (parts.length !== 2) return undefined
    const numbers = parts.map(({ tag, content }) => {
      const [first = 0x80, second = 0x80] = content
      // A positive INTEGER in its shortest form: else one signature could be written in several ways.
      if (tag !== TAG.integer || first >= 0x80 || (first === 0 && second < 0x80)) return undefined
      const magnitude = first === 0 ? content.subarray(1) : content
      return magnitude.length > size ? undefined : concat(new Uint8Array(size - magnitude.length), magnitude)
    })
    const [r, s] = numbers
    return r && s ? concat(r, s) : undefined
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}
