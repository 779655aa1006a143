// SPDX-License-Identifier: Apache-2.0
import { equal, fromHex, owned, toHex, type Bytes } from './bytes.ts'
import {
  brokenChain,
  isNamedBy,
  nameText,
  readCertificate,
  signatureDigest,
  subjectKeyId,
  unfitForTimestamps,
  type Certificate,
} from './certificate.ts'
import { encode, expectTag, members, oid, readAll, readOne, TAG, time, type Der } from './der.ts'
import { Malformed } from './malformed.ts'
import { verifySignature, type Digest } from './signatures.ts'

const OID = {
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
} as const
const DIGESTS: Readonly<Record<string, Digest>> = {
  '2.16.840.1.101.3.4.2.1': 'SHA-256',
  '2.16.840.1.101.3.4.2.2': 'SHA-384',
  '2.16.840.1.101.3.4.2.3': 'SHA-512',
}
/** AlgorithmIdentifier of SHA-256 without its parameters' absence: `SEQUENCE { sha256, NULL }`. */
const SHA256_ALGORITHM = fromHex('300d06096086480165030402010500')

/** What a time-stamp says, and how it is signed. Nothing is verified yet. */
export interface Timestamp {
  /** The moment the authority saw the digest, in milliseconds since 1970. */
  readonly genTime_ms: number
  readonly policy: string
  /** Digest of the data that was stamped. */
  readonly imprint: Uint8Array
  readonly imprintDigest: Digest
  /** The number of the request, as the DER of its INTEGER's content, where there was one. */
  readonly nonce?: Uint8Array
  /** The token: a CMS ContentInfo. */
  readonly token: Uint8Array
  readonly info: Uint8Array
  readonly certificates: readonly Certificate[]
  readonly signer: {
    readonly id: Der
    readonly digest: Digest
    readonly signatureDigest: Digest
    readonly attributes: Der
    readonly signature: Uint8Array
  }
}

/**
 * A request (RFC 3161 2.4.1) for a stamp over a SHA-256 digest, asking for the authority's certificates.
 * @param nonce 8 or more random bytes; compare them with the answer's
 */
export const timestampRequest = (sha256: Uint8Array, nonce: Uint8Array): Bytes =>
  encode(
    TAG.sequence,
    encode(TAG.integer, Uint8Array.of(1)),
    encode(TAG.sequence, SHA256_ALGORITHM, encode(TAG.octets, sha256)),
    encode(TAG.integer, Uint8Array.of(1), nonce), // a leading 1 keeps the number positive and its bytes all there
    encode(TAG.boolean, Uint8Array.of(0xff)),
  )

/** Whether the answer repeats the nonce of the request. */
export const hasNonce = (timestamp: Timestamp, nonce: Uint8Array): boolean =>
  timestamp.nonce !== undefined && equal(timestamp.nonce, Uint8Array.of(1, ...nonce))

/** A granted response around a bare token, as `openssl ts -verify -in` reads it. A response is given back as it is. */
export function asResponse(responseOrToken: Uint8Array): Uint8Array {
  const [first] = members(readOne(responseOrToken, TAG.sequence))
  if (first?.tag !== TAG.oid) return responseOrToken
  return encode(TAG.sequence, encode(TAG.sequence, encode(TAG.integer, Uint8Array.of(0))), responseOrToken)
}

/**
 * Reads a time-stamp response or a bare token. @throws Malformed TOKEN when it was not granted or is of another form,
 * DER, KEY
 */
export function readTimestamp(responseOrToken: Uint8Array): Timestamp {
  const [status, token] = members(readOne(asResponse(responseOrToken), TAG.sequence))
  const granted = expectTag(members(status)[0], TAG.integer).content
  if (granted.length !== 1 || granted[0]! > 1)
    // of length 1
    throw new Malformed('TOKEN', `expected a granted time-stamp, got status ${toHex(granted)}`)
  const [type, wrapped] = members(token)
  expectOid(type, OID.signedData)
  const signedData = members(readOne(expectTag(wrapped, 0xa0).content, TAG.sequence))
  const [version, announced, encapsulated, ...rest] = signedData
  expectVersion(version, [3, 4, 5])
  const [contentType, content] = members(encapsulated)
  expectOid(contentType, OID.tstInfo)
  const info = readOne(expectTag(content, 0xa0).content, TAG.octets).content
  const certificates = rest.find(({ tag }) => tag === 0xa0)
  const signers = members(rest.at(-1), TAG.set)
  if (signers.length !== 1) throw new Malformed('TOKEN', `expected one signer, got ${signers.length}`)
  const signer = readSigner(signers[0])
  if (!members(announced, TAG.set).map(digestOf).includes(signer.digest))
    throw new Malformed('TOKEN', `expected the signer's ${signer.digest} among the digests announced`)
  return {
    ...readInfo(info),
    token: expectTag(token, TAG.sequence).whole,
    info,
    // Attribute certificates and the like have other tags and prove nothing here.
    certificates: (certificates ? readAll(certificates.content) : [])
      .filter(({ tag }) => tag === TAG.sequence)
      .flatMap(({ whole }) => usableCertificate(whole)),
    signer,
  }
}

/** A certificate whose key is of a kind that signs nothing here is passed over; others beside it may do. */
function usableCertificate(whole: Uint8Array): Certificate[] {
  try {
    return [readCertificate(whole)]
  } catch (error) {
    if (error instanceof Malformed && error.code === 'KEY') return []
    throw error
  }
}

function readInfo(info: Uint8Array): Pick<Timestamp, 'genTime_ms' | 'policy' | 'imprint' | 'imprintDigest' | 'nonce'> {
  const [version, policy, imprint, serial, genTime, ...optional] = members(readOne(info, TAG.sequence))
  expectVersion(version, [1])
  expectTag(serial, TAG.integer)
  expectTag(genTime, TAG.generalizedTime)
  const [algorithm, digest] = members(imprint)
  const nonce = optional.find(({ tag }) => tag === TAG.integer)
  return {
    genTime_ms: time(genTime),
    policy: oid(policy),
    imprint: expectTag(digest, TAG.octets).content,
    imprintDigest: digestOf(algorithm),
    ...(nonce ? { nonce: nonce.content } : {}),
  }
}

function readSigner(signer: Der | undefined): Timestamp['signer'] {
  const [version, id, digestAlgorithm, attributes, signatureAlgorithm, signature] = members(signer)
  expectVersion(version, [id?.tag === TAG.sequence ? 1 : 3])
  const digest = digestOf(digestAlgorithm)
  return {
    id: id!, // members below are checked, and they come after it
    digest,
    signatureDigest: signerDigest(signatureAlgorithm, digest),
    attributes: expectTag(attributes, 0xa0),
    signature: expectTag(signature, TAG.octets).content,
  }
}

/** CMS lets a signer name only the key's algorithm (rsaEncryption, id-ecPublicKey); its digest is then the other field's. */
function signerDigest(algorithm: Der | undefined, digest: Digest): Digest {
  const id = oid(members(algorithm)[0])
  return id === '1.2.840.113549.1.1.1' || id === '1.2.840.10045.2.1' ? digest : signatureDigest(algorithm)
}

function digestOf(algorithm: Der | undefined): Digest {
  const id = oid(members(algorithm)[0])
  const digest = DIGESTS[id]
  if (!digest) throw new Malformed('TOKEN', `expected SHA-256, SHA-384 or SHA-512, got ${id}`)
  return digest
}

/** RFC 5652 5.1 and 5.3 say which version goes with which content. */
function expectVersion(value: Der | undefined, versions: readonly number[]): void {
  const { content } = expectTag(value, TAG.integer)
  if (content.length !== 1 || !versions.includes(content[0]!))
    // of length 1
    throw new Malformed('TOKEN', `expected version ${versions.join(' or ')}, got ${toHex(content)}`)
}

function expectOid(value: Der | undefined, expected: string): void {
  const got = oid(value)
  if (got !== expected) throw new Malformed('TOKEN', `expected ${expected}, got ${got}`)
}

/** A time-stamp that holds: the data existed at `genTime_ms`, says an authority whose root is trusted. */
export interface VerifiedTimestamp extends Timestamp {
  /** Name of the certificate that signed. */
  readonly authority: string
}

/**
 * Verifies a time-stamp over the data as RFC 3161 and RFC 5816 ask: imprint, signed attributes, the signing certificate
 * they name, its one critical purpose, and a chain to a trusted root at the time stamped.
 * @throws Malformed TOKEN with what does not hold; DER, KEY when it cannot be read
 */
export async function verifyTimestamp(
  responseOrToken: Uint8Array,
  data: Uint8Array,
  roots: readonly Certificate[],
): Promise<VerifiedTimestamp> {
  const timestamp = readTimestamp(responseOrToken)
  const { signer, info, certificates, imprint, imprintDigest, genTime_ms } = timestamp
  if (!equal(await digestBytes(imprintDigest, data), imprint)) refuse('it stamps other data')
  const certificate = [...certificates, ...roots].find((candidate) => isSigner(candidate, signer.id))
  if (!certificate) return refuse('the certificate of its signer is neither inside nor given')
  const attributes = readAttributes(signer.attributes)
  const contentType = attributes.get(OID.contentType)
  const messageDigest = attributes.get(OID.messageDigest)
  if (!contentType || oid(contentType) !== OID.tstInfo) refuse('its signed attributes are of another type')
  if (messageDigest?.tag !== TAG.octets || !equal(messageDigest.content, await digestBytes(signer.digest, info)))
    refuse('its content is not what was signed')
  if (!(await namesCertificate(attributes, certificate))) refuse('its signed attributes name another certificate')
  // RFC 5652 5.4: what is signed is the SET OF itself, not its implicit tag.
  const signed = encode(TAG.set, signer.attributes.content)
  if (!(await verifySignature(certificate.key, signed, signer.signature, signer.signatureDigest)))
    refuse('its signature is not valid')
  const unfit = unfitForTimestamps(certificate) ?? (await brokenChain(certificate, certificates, roots, genTime_ms))
  if (unfit) refuse(unfit)
  return { ...timestamp, authority: nameText(certificate.subject) }
}

function refuse(because: string): never {
  throw new Malformed('TOKEN', `expected a valid time-stamp; ${because}`)
}

function isSigner(certificate: Certificate, id: Der): boolean {
  if (id.tag === TAG.sequence) return isNamedBy(certificate, id.content)
  const keyId = subjectKeyId(certificate)
  return id.tag === 0x80 && keyId !== undefined && equal(keyId, id.content)
}

/** Signed attributes by type. @throws Malformed TOKEN when one comes twice or has not one value */
function readAttributes(attributes: Der): Map<string, Der> {
  const found = new Map<string, Der>()
  for (const attribute of readAll(attributes.content)) {
    const [type, values] = members(attribute)
    const [value, ...more] = members(values, TAG.set)
    if (!value || more.length > 0 || found.has(oid(type))) refuse('its signed attributes are ambiguous')
    found.set(oid(type), value)
  }
  return found
}

/** Whether the first certificate that SigningCertificate (v2, or the older one with SHA-1) names is this one. */
async function namesCertificate(attributes: Map<string, Der>, certificate: Certificate): Promise<boolean> {
  const v2 = attributes.get(OID.signingCertificateV2)
  const named = v2 ?? attributes.get(OID.signingCertificate)
  if (!named) return false
  const [first] = members(members(named)[0])
  const parts = members(first)
  const hash = parts.find(({ tag }) => tag === TAG.octets)
  const digest = !v2 ? 'SHA-1' : parts[0]?.tag === TAG.sequence ? digestOf(parts[0]) : 'SHA-256'
  return !!hash && equal(hash.content, await digestBytes(digest, certificate.whole))
}

const digestBytes = async (digest: Digest | 'SHA-1', bytes: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await globalThis.crypto.subtle.digest(digest, owned(bytes)))
