// SPDX-License-Identifier: Apache-2.0
import type { KeyObject } from 'node:crypto'
import { concat, equal, fromBase64, fromHex, toBase64, toHex, utf8 } from './bytes.ts'
import { sha256 } from './hash.ts'
import { Malformed } from './malformed.ts'
import { ed25519Key, verifySignature } from './signatures.ts'

/** A key that may sign notes (C2SP signed-note): a log's (Ed25519) or a witness's (cosignature/v1). */
export interface Verifier {
  readonly name: string
  /** First 4 bytes of SHA-256(name ‖ 0x0A ‖ algorithm ‖ key), hex: tells keys of one name apart. */
  readonly id: string
  /** 1: Ed25519 over the note's text. 4: cosignature/v1, which signs the time as well. */
  readonly algorithm: 1 | 4
  /** 32 bytes. */
  readonly publicKey: Uint8Array
}

export interface NoteSignature {
  readonly name: string
  readonly id: string
  /** What follows the key id: 64 bytes of Ed25519, or 8 bytes of time and 64 for a cosignature. */
  readonly signature: Uint8Array
}

export interface Note {
  /** What is signed; ends with a newline. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

export interface OpenedNote extends Note {
  /** Keys that signed it. */
  readonly verified: readonly (Verifier & {
    /** Of a cosignature: the witness's clock, in seconds since 1970. */
    readonly time_s?: number
  })[]
}

const MOST_SIGNATURES = 100
const DASH = '\u2014'

/** The name of a key must be one word without a plus sign, or lines could be read in two ways. */
function checkName(name: string): string {
  if (name === '' || /[\s+]/u.test(name) || !name.isWellFormed())
    throw new Malformed('KEY', `expected a key name without spaces and plus signs, got "${name}"`)
  return name
}

const keyId = (name: string, typed: Uint8Array): string =>
  toHex(sha256(concat(utf8(`${name}\n`), typed)).subarray(0, 4))

/** A verifier key, as people pin it: `assay.dev/ledger/org_1+3b9aca07+AbC…=`. @throws Malformed KEY */
export function verifierKey(name: string, publicKey: KeyObject, algorithm: 1 | 4 = 1): string {
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  const typed = concat(Uint8Array.of(algorithm), raw)
  return `${checkName(name)}+${keyId(name, typed)}+${toBase64(typed)}`
}

/** @throws Malformed KEY when it is not a verifier key of ours or its id does not belong to it */
export function parseVerifierKey(text: string): Verifier {
  const [, name = '', id = '', key = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? []
  if (!name) throw new Malformed('KEY', `expected name+id+key, got "${text.slice(0, 100)}"`)
  const typed = fromBase64(key)
  const algorithm = typed[0]
  if (typed.length !== 33 || (algorithm !== 1 && algorithm !== 4))
    throw new Malformed('KEY', `expected an Ed25519 key of type 1 or 4, got ${typed.length} bytes of type ${algorithm}`)
  const expected = keyId(checkName(name), typed)
  if (id !== expected) throw new Malformed('KEY', `expected the key id ${expected}, got ${id}`)
  return { name, id, algorithm, publicKey: typed.subarray(1) }
}

/** Signs with an Ed25519 key and gives the line: `— name base64`. Only where Node is. @throws Malformed KEY */
export function signatureLine(name: string, key: KeyObject, text: string): string {
  const { createPublicKey, sign } = globalThis.process.getBuiltinModule('node:crypto')
  const { id } = parseVerifierKey(verifierKey(name, createPublicKey(key as never)))
  return line(name, id, sign(null, utf8(text), key))
}

/** A witness's line: the Ed25519 signature of `cosignature/v1` over time and text. Only where Node is. */
export function cosignatureLine(name: string, key: KeyObject, text: string, time_s: number): string {
  const { createPublicKey, sign } = globalThis.process.getBuiltinModule('node:crypto')
  const { id } = parseVerifierKey(verifierKey(name, createPublicKey(key as never), 4))
  const time = new Uint8Array(8)
  new DataView(time.buffer).setBigUint64(0, BigInt(time_s))
  return line(name, id, concat(time, sign(null, cosigned(text, BigInt(time_s)), key)))
}

const line = (name: string, id: string, signature: Uint8Array): string =>
  `${DASH} ${name} ${toBase64(concat(fromHex(id), signature))}\n`

const cosigned = (text: string, time_s: bigint): Uint8Array => utf8(`cosignature/v1\ntime ${time_s}\n${text}`)

/** Signs a text, which must end with a newline, with all keys given. @throws Malformed NOTE or KEY */
export function signNote(text: string, signers: readonly { readonly name: string; readonly key: KeyObject }[]): string {
  checkText(text)
  return `${text}\n${signers.map(({ name, key }) => signatureLine(name, key, text)).join('')}`
}

function checkText(text: string): void {
  if (!text.endsWith('\n') || !text.isWellFormed() || /[^\P{Cc}\n]/u.test(text))
    throw new Malformed('NOTE', 'expected text without control characters that ends with a newline')
}

/** Takes a note apart. Nothing is verified. @throws Malformed NOTE */
export function parseNote(note: string): Note {
  const split = note.lastIndexOf('\n\n')
  const text = note.slice(0, split + 1)
  const lines = note.slice(split + 2)
  checkText(note)
  if (split < 0 || lines === '') throw new Malformed('NOTE', 'expected a text, an empty line and signatures')
  const signatures = lines.slice(0, -1).split('\n')
  if (signatures.length > MOST_SIGNATURES)
    throw new Malformed('NOTE', `expected at most ${MOST_SIGNATURES} signatures, got ${signatures.length}`)
  return {
    text,
    signatures: signatures.map((written) => {
      const [, name, base64] = /^\u2014 ([^\s+]+) (\S+)$/u.exec(written) ?? []
      if (name === undefined || base64 === undefined)
        throw new Malformed('NOTE', `expected "${DASH} name signature", got "${written.slice(0, 100)}"`)
      const bytes = fromBase64(base64)
      if (bytes.length < 5) throw new Malformed('NOTE', `expected a key id and a signature, got ${bytes.length} bytes`)
      return { name, id: toHex(bytes.subarray(0, 4)), signature: bytes.subarray(4) }
    }),
  }
}

/**
 * Opens a note with the keys one trusts. Lines of keys unknown to the caller are ignored, as the standard says; a line of
 * a known key whose signature is wrong condemns the note, because somebody tampered with it.
 * @throws Malformed NOTE when the form is wrong, a known key's signature is invalid, or no known key signed
 */
export async function openNote(written: string, verifiers: readonly Verifier[]): Promise<OpenedNote> {
  const note = parseNote(written)
  const verified: OpenedNote['verified'][number][] = []
  for (const signature of note.signatures) {
    const verifier = verifiers.find(({ name, id }) => name === signature.name && id === signature.id)
    if (!verifier || verified.some((one) => equal(one.publicKey, verifier.publicKey))) continue
    const opened = await verifyLine(note.text, signature, verifier)
    if (!opened)
      throw new Malformed('NOTE', `expected a valid signature by ${verifier.name}+${verifier.id}, got an invalid one`)
    verified.push(opened)
  }
  if (verified.length === 0)
    throw new Malformed(
      'NOTE',
      `expected a signature by ${verifiers.map(({ name, id }) => `${name}+${id}`).join(' or ') || 'a known key'}, got ${note.signatures.map(({ name, id }) => `${name}+${id}`).join(', ')}`,
    )
  return { ...note, verified }
}

async function verifyLine(
  text: string,
  { signature }: NoteSignature,
  verifier: Verifier,
): Promise<OpenedNote['verified'][number] | undefined> {
  const key = ed25519Key(verifier.publicKey)
  if (verifier.algorithm === 1) return (await verifySignature(key, utf8(text), signature)) ? verifier : undefined
  if (signature.length !== 72) return undefined
  const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0)
  const valid = await verifySignature(key, cosigned(text, time), signature.subarray(8))
  return valid ? { ...verifier, time_s: Number(time) } : undefined
}
