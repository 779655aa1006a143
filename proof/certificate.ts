// SPDX-License-Identifier: Apache-2.0
import { equal } from './bytes.ts'
import { bits, encode, expectTag, members, oid, readAll, readOne, TAG, time, type Der } from './der.ts'
import { Malformed } from './malformed.ts'
import { readPublicKey, verifySignature, type Digest, type PublicKey } from './signatures.ts'

/** The parts of an X.509 certificate (RFC 5280) that a time-stamp's verification needs. Views of its bytes. */
export interface Certificate {
  readonly whole: Uint8Array
  /** What the issuer signed. */
  readonly signed: Uint8Array
  readonly serial: Uint8Array
  /** Names as DER: equal bytes, equal name. */
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
  readonly notBefore_ms: number
  readonly notAfter_ms: number
  readonly key: PublicKey
  /**
   * Absent when the issuer's signature is of a kind that is not accepted, such as SHA-1: then it counts for nothing, and
   * the certificate is good only where it is trusted itself.
   */
  readonly digest?: Digest
  readonly signature: Uint8Array
  readonly extensions: readonly { readonly id: string; readonly critical: boolean; readonly value: Uint8Array }[]
}

/** Signature algorithms by identifier, with their digest. RSA is PKCS #1 v1.5. */
const SIGNATURES: Readonly<Record<string, { readonly digest: Digest }>> = {
  '1.2.840.113549.1.1.11': { digest: 'SHA-256' },
  '1.2.840.113549.1.1.12': { digest: 'SHA-384' },
  '1.2.840.113549.1.1.13': { digest: 'SHA-512' },
  '1.2.840.10045.4.3.2': { digest: 'SHA-256' },
  '1.2.840.10045.4.3.3': { digest: 'SHA-384' },
  '1.2.840.10045.4.3.4': { digest: 'SHA-512' },
  '1.3.101.112': { digest: 'SHA-512' },
}
const EXTENSION = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
} as const
/** Extensions we act upon, so that they may be critical (RFC 5280 4.2). */
const UNDERSTOOD: ReadonlySet<string> = new Set(Object.values(EXTENSION))
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8'
const LONGEST_CHAIN = 8

/** @throws Malformed KEY when the algorithm is none of ours, SHA-1 included */
export function signatureDigest(algorithm: Der | undefined): Digest {
  const id = oid(members(algorithm)[0])
  const known = SIGNATURES[id]
  if (!known) throw new Malformed('KEY', `expected RSA or ECDSA with SHA-256, 384 or 512, or Ed25519; got ${id}`)
  return known.digest
}

/** @throws Malformed DER or KEY */
export function readCertificate(whole: Uint8Array): Certificate {
  const [tbs, algorithm, signature] = members(readOne(whole, TAG.sequence))
  const fields = members(tbs)
  const [serial, inner, issuer, validity, subject, spki, ...rest] = fields[0]?.tag === 0xa0 ? fields.slice(1) : fields
  const [notBefore, notAfter] = members(validity)
  if (!algorithm || !inner || !equal(algorithm.whole, inner.whole))
    throw new Malformed('DER', 'expected the same signature algorithm inside and outside the certificate')
  const extensions = rest.find(({ tag }) => tag === 0xa3)
  return {
    whole,
    signed: expectTag(tbs, TAG.sequence).whole,
    serial: expectTag(serial, TAG.integer).content,
    issuer: expectTag(issuer, TAG.sequence).whole,
    subject: expectTag(subject, TAG.sequence).whole,
    notBefore_ms: time(notBefore),
    notAfter_ms: time(notAfter),
    key: readPublicKey(expectTag(spki, TAG.sequence).whole),
    ...acceptedDigest(algorithm),
    signature: bits(signature),
    extensions: extensions ? members(readOne(extensions.content, TAG.sequence)).map(readExtension) : [],
  }
}

function acceptedDigest(algorithm: Der): { digest?: Digest } {
  const known = SIGNATURES[oid(members(algorithm)[0])]
  return known ? { digest: known.digest } : {}
}

function readExtension(extension: Der): Certificate['extensions'][number] {
  const parts = members(extension)
  const critical = parts.length === 3 && expectTag(parts[1], TAG.boolean).content[0] === 0xff
  return { id: oid(parts[0]), critical, value: expectTag(parts.at(-1), TAG.octets).content }
}

const extensionOf = (certificate: Certificate, id: string): Certificate['extensions'][number] | undefined =>
  certificate.extensions.find((extension) => extension.id === id)

/** The subject key identifier, or nothing. */
export function subjectKeyId(certificate: Certificate): Uint8Array | undefined {
  const extension = extensionOf(certificate, EXTENSION.subjectKeyId)
  return extension && readOne(extension.value, TAG.octets).content
}

/** Why a certificate may not sign time-stamps (RFC 3161 2.3: that purpose, alone and critical), or nothing. */
export function unfitForTimestamps(certificate: Certificate): string | undefined {
  const purposes = extensionOf(certificate, EXTENSION.extendedKeyUsage)
  if (!purposes) return 'its certificate has no extended key usage'
  const ids = members(readOne(purposes.value, TAG.sequence)).map(oid)
  if (ids.length !== 1 || ids[0] !== TIME_STAMPING) return `its certificate is for ${ids.join(', ')}`
  if (!purposes.critical) return 'its extended key usage is not critical'
  const usage = keyUsage(certificate)
  // Bits 0 and 1: digitalSignature, nonRepudiation; either makes a signature one's own.
  return usage === undefined || (usage & 0xc0) !== 0 ? undefined : 'its key usage is not to sign'
}

/** The first octet of the key usage bits, or nothing when there is no such extension. */
function keyUsage(certificate: Certificate): number | undefined {
  const extension = extensionOf(certificate, EXTENSION.keyUsage)
  return extension && (readOne(extension.value, TAG.bits).content[1] ?? 0)
}

/** Why a certificate may not issue one that has `below` issuers under it, or nothing. */
function unfitToIssue(certificate: Certificate, below: number): string | undefined {
  const constraints = extensionOf(certificate, EXTENSION.basicConstraints)
  const [ca, longest] = constraints ? members(readOne(constraints.value, TAG.sequence)) : []
  if (ca?.tag !== TAG.boolean || ca.content[0] !== 0xff) return 'an issuer is no certificate authority'
  if (longest && longest.content.reduce((sum, octet) => sum * 256 + octet, 0) < below)
    return 'the chain is longer than an issuer allows'
  const usage = keyUsage(certificate)
  return usage === undefined || (usage & 0x04) !== 0 ? undefined : 'an issuer may not sign certificates'
}

/**
 * Why no chain leads from the certificate to a trusted root at a moment, or nothing when one does: names match, each
 * signature is valid, all are in force at `at_ms`, issuers are authorities, and no critical extension is unknown.
 * Revocation is not looked at: that needs the network.
 * @param others certificates that came with the token; they are trusted for nothing
 */
export async function brokenChain(
  certificate: Certificate,
  others: readonly Certificate[],
  roots: readonly Certificate[],
  at_ms: number,
): Promise<string | undefined> {
  let [child, reason] = [certificate, 'no trusted root issued it']
  for (let below = 0; below < LONGEST_CHAIN; below++) {
    const unusable = unusableAt(child, at_ms)
    if (unusable) return unusable
    if (roots.some((root) => equal(root.whole, child.whole))) return undefined
    let issuer: Certificate | undefined
    for (const candidate of [...roots, ...others]) {
      if (!equal(candidate.subject, child.issuer)) continue
      const unfit = unfitToIssue(candidate, below) ?? unusableAt(candidate, at_ms)
      if (unfit) reason = unfit
      else if (!child.digest) reason = 'a certificate is signed in a way that is not accepted'
      else if (await verifySignature(candidate.key, child.signed, child.signature, child.digest)) issuer ??= candidate
      else reason = 'an issuer did not sign it'
    }
    if (!issuer || equal(issuer.whole, child.whole)) return reason
    child = issuer
  }
  return 'the chain is too long'
}

function unusableAt({ notBefore_ms, notAfter_ms, extensions }: Certificate, at_ms: number): string | undefined {
  if (at_ms < notBefore_ms || at_ms > notAfter_ms) return 'a certificate was not in force at that time'
  const unknown = extensions.find(({ id, critical }) => critical && !UNDERSTOOD.has(id))
  return unknown && `a certificate has the critical extension ${unknown.id}, which this verifier does not know`
}

/** A name for people: its values in order, `Example TSA, Example Corp`. */
export function nameText(name: Uint8Array): string {
  const values = members(readOne(name, TAG.sequence)).flatMap((set) =>
    members(set, TAG.set).map((pair) => new TextDecoder().decode(members(pair)[1]?.content)),
  )
  return values.join(', ')
}

/** The name and serial number of an issuer's certificate as CMS writes it: IssuerAndSerialNumber. */
export const isNamedBy = (certificate: Certificate, issuerAndSerial: Uint8Array): boolean => {
  const [issuer, serial] = readAll(issuerAndSerial)
  return (
    !!issuer &&
    !!serial &&
    equal(certificate.issuer, issuer.whole) &&
    equal(encode(TAG.integer, certificate.serial), serial.whole)
  )
}
