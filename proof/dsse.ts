// SPDX-License-Identifier: Apache-2.0
import type { KeyObject } from 'node:crypto'
import { concat, fromBase64, fromUtf8, toBase64, utf8, type Bytes } from './bytes.ts'
import { asObject, canonicalJson, parseCanonical } from './canonical-json.ts'
import { Malformed } from './malformed.ts'
import { verifySignature, type PublicKey } from './signatures.ts'

/** Signs an envelope: its id tells a verifier which key to try, and proves nothing. */
export interface EnvelopeSigner {
  readonly id: string
  readonly key: KeyObject
}

export interface Envelope {
  readonly payloadType: string
  readonly payload: Bytes
  readonly signatures: readonly { readonly keyid: string; readonly sig: Bytes }[]
}

/**
 * What is signed (DSSE v1): `DSSEv1 28 application/vnd.in-toto+json 2 {}`. Type and lengths are inside, so bytes of one
 * type can never be passed off as another.
 */
export const preAuthEncoding = (payloadType: string, payload: Uint8Array): Bytes =>
  concat(utf8(`DSSEv1 ${utf8(payloadType).length} ${payloadType} ${payload.length} `), payload)

/**
 * The bytes of a signed DSSE envelope: canonical JSON, one signature a signer. Ed25519 and ECDSA or RSA with SHA-256.
 * Only where Node is: browsers verify but never sign.
 */
export function signEnvelope(payloadType: string, payload: Uint8Array, signers: readonly EnvelopeSigner[]): Buffer {
  const message = preAuthEncoding(payloadType, payload)
  const { sign } = globalThis.process.getBuiltinModule('node:crypto')
  const signatures = signers.map(({ id, key }) => ({
    keyid: id,
    sig: sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', message, key).toString('base64'),
  }))
  return Buffer.from(canonicalJson({ payload: toBase64(payload), payloadType, signatures }))
}

/** Reads an envelope in its one canonical form. Nothing is verified. @throws Malformed ENVELOPE, JSON or BYTES */
export function parseEnvelope(bytes: Uint8Array): Envelope {
  const envelope = asObject(parseCanonical(bytes))
  const { payload, payloadType, signatures } = envelope ?? {}
  if (typeof payload !== 'string' || typeof payloadType !== 'string' || !Array.isArray(signatures))
    throw new Malformed('ENVELOPE', 'expected an object with payload, payloadType and signatures')
  return {
    payloadType,
    payload: fromBase64(payload),
    signatures: signatures.map((one: unknown) => {
      const { keyid, sig } = asObject(one) ?? {}
      if (typeof keyid !== 'string' || typeof sig !== 'string')
        throw new Malformed('ENVELOPE', 'expected keyid and sig in each signature')
      return { keyid, sig: fromBase64(sig) }
    }),
  }
}

/**
 * The ids of the keys whose signature on the envelope is valid. A key that is not among `keys` counts for nothing.
 * @param keys by key id
 */
export async function verifyEnvelope(envelope: Envelope, keys: ReadonlyMap<string, PublicKey>): Promise<string[]> {
  const message = preAuthEncoding(envelope.payloadType, envelope.payload)
  const valid: string[] = []
  for (const { keyid, sig } of envelope.signatures) {
    const key = keys.get(keyid)
    if (key && (await verifySignature(key, message, sig))) valid.push(keyid)
  }
  return valid
}

/** The payload as text. @throws Malformed BYTES */
export const payloadText = (envelope: Envelope): string => fromUtf8(envelope.payload)
