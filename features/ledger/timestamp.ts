// SPDX-License-Identifier: Apache-2.0
import { hash, X509Certificate } from 'node:crypto'
import { fromBER, Integer, Null, ObjectIdentifier, OctetString, Sequence } from 'asn1js'
import {
  AlgorithmIdentifier,
  Certificate,
  ContentInfo,
  ExtKeyUsage,
  MessageImprint,
  SignedData,
  SignedDataVerifyError,
  TimeStampReq,
  TimeStampResp,
  TSTInfo,
} from 'pkijs'
import { Refused } from '../../lib/refused.ts'
import type { Instant } from '../../lib/time.ts'
import { equal, toHex } from '../../proof/bytes.ts'
import { readCertificate, type Certificate as ProofCertificate } from '../../proof/certificate.ts'
import { sha256 } from '../../proof/hash.ts'
import { Malformed } from '../../proof/malformed.ts'
import { verifyTimestamp } from '../../proof/timestamp.ts'

/** Longest answer an authority may give, in bytes: a token with its certificates is some 6 kB. */
export const STAMP_MOST = 64 * 1024

const OID = {
  sha256: '2.16.840.1.101.3.4.2.1',
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  extendedKeyUsage: '2.5.29.37',
  contentType: '1.2.840.113549.1.9.3',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
} as const

/** A time-stamp request (RFC 3161 2.4.1) for some bytes. @param nonce random, at most 16 bytes: the answer must carry it */
export function stampRequest(data: Uint8Array, nonce: Uint8Array): Buffer {
  const request = new TimeStampReq({
    version: 1,
    messageImprint: new MessageImprint({
      hashAlgorithm: new AlgorithmIdentifier({ algorithmId: OID.sha256, algorithmParams: new Null() }),
      hashedMessage: new OctetString({ valueHex: sha256(data).buffer }),
    }),
    nonce: nonceOf(nonce),
    certReq: true,
  })
  return Buffer.from(request.toSchema().toBER())
}

/** A positive INTEGER; the zero in front keeps the first bit from being read as a sign. */
const nonceOf = (nonce: Uint8Array): Integer => new Integer({ valueHex: Uint8Array.of(0x01, ...nonce).buffer })

/** What an authority vouches for: the bytes existed at this moment. */
export interface Stamp {
  readonly gen_time: Instant
  /** Serial number of the token at its authority, hex. */
  readonly serial: string
  /** Object identifier of the policy under which it was given. */
  readonly policy: string
}

const refuse = (code: string, message: string): Refused => new Refused(code, message, { status: 422 })

/**
 * Opens the answer of a time-stamp authority and believes it only when all is right: granted, the imprint of these very
 * bytes, the nonce of this very request, signed by a certificate for time-stamping and nothing else, which a root that
 * we trust issued and which was valid at the moment it states. The auditor's verifier must believe it as well.
 * @param expected.nonce absent when an old token is verified again
 * @throws Refused STAMP_MALFORMED, STAMP_DENIED, STAMP_NONCE, STAMP_IMPRINT, STAMP_PURPOSE, STAMP_CERTIFICATE, STAMP_SIGNATURE
 */
export async function openStamp(
  response: Uint8Array,
  expected: { readonly data: Uint8Array; readonly nonce?: Uint8Array; readonly roots: Roots },
): Promise<Stamp> {
  const signed = readToken(response)
  const info = readInfo(signed)
  if (
    info.messageImprint.hashAlgorithm.algorithmId !== OID.sha256 ||
    !equal(info.messageImprint.hashedMessage.valueBlock.valueHexView, sha256(expected.data))
  )
    throw refuse('STAMP_IMPRINT', 'the token is for other bytes than those that were sent')
  const nonce = expected.nonce && nonceOf(expected.nonce)
  if (nonce && !(info.nonce && equal(numberOf(info.nonce), numberOf(nonce))))
    throw refuse('STAMP_NONCE', 'the token does not carry the nonce of the request: it answers another one')
  const signer = await verified(signed, expected)
  checkPurpose(signer)
  checkSigningCertificate(signed, signer)
  await secondOpinion(response, expected)
  return {
    gen_time: info.genTime.toISOString(),
    serial: toHex(info.serialNumber.valueBlock.valueHexView),
    policy: info.policy,
  }
}

/** What an auditor will run, on what an auditor will have. */
async function secondOpinion(
  response: Uint8Array,
  { data, roots }: { readonly data: Uint8Array; readonly roots: Roots },
): Promise<void> {
  try {
    await verifyTimestamp(response, data, roots.again)
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    throw refuse('STAMP_SIGNATURE', error.message)
  }
}

const numberOf = (integer: Integer): Uint8Array => integer.valueBlock.valueHexView

function readToken(response: Uint8Array): SignedData {
  if (response.length > STAMP_MOST)
    throw refuse('STAMP_MALFORMED', `expected at most ${STAMP_MOST} bytes, got ${response.length}`)
  return parsing('a time-stamp response', () => {
    const der = fromBER(Uint8Array.from(response).buffer)
    if (der.offset !== response.length) throw new Error('bytes left over or missing')
    const answer = new TimeStampResp({ schema: der.result })
    if (answer.status.status !== 0 && answer.status.status !== 1)
      throw refuse(
        'STAMP_DENIED',
        `the authority gives no time-stamp: status ${answer.status.status}${answer.status.statusStrings ? `, ${answer.status.statusStrings.map((text) => text.valueBlock.value).join(' ')}` : ''}`,
      )
    const token = answer.timeStampToken
    if (!(token instanceof ContentInfo) || token.contentType !== OID.signedData) throw new Error('no signed token')
    return new SignedData({ schema: token.content })
  })
}

function readInfo(signed: SignedData): TSTInfo {
  if (signed.encapContentInfo.eContentType !== OID.tstInfo || signed.signerInfos.length !== 1)
    throw refuse('STAMP_MALFORMED', 'expected a token with one signer over a TSTInfo')
  return parsing('a TSTInfo', () => {
    const content = signed.encapContentInfo.eContent
    if (!content) throw new Error('no content')
    const info = TSTInfo.fromBER(content.getValue())
    if (info.version !== 1 || Number.isNaN(info.genTime.getTime())) throw new Error('another version, or no time')
    return info
  })
}

/** Runs a parser of a library that throws its own errors on odd bytes. */
function parsing<T>(what: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof Refused) throw error
    throw refuse(
      'STAMP_MALFORMED',
      `expected ${what}, got something else: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

/** Signature and chain, at the moment that the token states. */
async function verified(
  signed: SignedData,
  { data, roots }: { readonly data: Uint8Array; readonly roots: Roots },
): Promise<Certificate> {
  try {
    const result = await signed.verify({
      signer: 0,
      data: Uint8Array.from(data).buffer,
      trustedCerts: [...roots.certificates],
      checkChain: true,
      extendedMode: true,
    })
    if (!result.signatureVerified) throw refuse('STAMP_SIGNATURE', 'the signature of the token is wrong')
    if (!result.signerCertificate) throw refuse('STAMP_CERTIFICATE', 'the token has no certificate of its signer')
    return result.signerCertificate
  } catch (error) {
    if (!(error instanceof SignedDataVerifyError)) throw error
    const isChain = [2, 3, 5].includes(error.code)
    throw refuse(isChain ? 'STAMP_CERTIFICATE' : 'STAMP_SIGNATURE', error.message)
  }
}

/** RFC 3161 2.3: the certificate is for time-stamping, for that only, and says so as critical. */
function checkPurpose(signer: Certificate): void {
  const usage = signer.extensions?.find(({ extnID }) => extnID === OID.extendedKeyUsage)
  const purposes: readonly string[] = usage?.parsedValue instanceof ExtKeyUsage ? usage.parsedValue.keyPurposes : []
  if (!usage?.critical || purposes.length !== 1 || purposes[0] !== OID.timeStamping)
    throw refuse('STAMP_PURPOSE', 'the certificate of the token is not one for time-stamping alone')
}

/** RFC 5816: the signed attributes name the certificate by its hash, so that no other one can be put in its place. */
function checkSigningCertificate(signed: SignedData, signer: Certificate): void {
  const attributes = signed.signerInfos[0]?.signedAttrs?.attributes ?? []
  const valueOf = (type: string): unknown => attributes.find((attribute) => attribute.type === type)?.values[0]
  const contentType = valueOf(OID.contentType)
  if (!(contentType instanceof ObjectIdentifier) || contentType.valueBlock.toString() !== OID.tstInfo)
    throw refuse('STAMP_SIGNATURE', 'the token is signed as something that is no time-stamp')
  const der = new Uint8Array(signer.toSchema().toBER())
  const [v2, v1] = [valueOf(OID.signingCertificateV2), valueOf(OID.signingCertificate)]
  const named = certificateHash(v2 ?? v1)
  if (!named || named.digest !== hash(v2 ? named.algorithm : 'sha1', der, 'hex'))
    throw refuse('STAMP_CERTIFICATE', 'the token does not name the certificate that signed it')
}

const HASHES: Readonly<Record<string, string>> = {
  [OID.sha256]: 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

/** First ESSCertID of a SigningCertificate: `SEQUENCE { SEQUENCE OF { [algorithm,] hash, … } }`. */
function certificateHash(attribute: unknown): { readonly algorithm: string; readonly digest: string } | undefined {
  const ids = attribute instanceof Sequence ? attribute.valueBlock.value[0] : undefined
  const id = ids instanceof Sequence ? ids.valueBlock.value[0] : undefined
  if (!(id instanceof Sequence)) return undefined
  const [first, second] = id.valueBlock.value
  const given = first instanceof Sequence ? first.valueBlock.value[0] : undefined
  const digest = first instanceof OctetString ? first : second
  const algorithm = given instanceof ObjectIdentifier ? HASHES[given.valueBlock.toString()] : 'sha256'
  if (!(digest instanceof OctetString) || !algorithm) return undefined
  return { algorithm, digest: toHex(digest.valueBlock.valueHexView) }
}

/** Root certificates, as both implementations read them. */
export interface Roots {
  readonly certificates: readonly Certificate[]
  readonly again: readonly ProofCertificate[]
}

/** Root certificates out of PEM text. @throws Refused STAMP_ROOTS when there is none */
export function readRoots(pem: string): Roots {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g)
  if (!blocks) throw refuse('STAMP_ROOTS', 'expected certificates in PEM, got none')
  const ders = blocks.map(derOf)
  return {
    certificates: ders.map((der) => Certificate.fromBER(der.buffer)),
    again: ders.flatMap(readableCertificate),
  }
}

function derOf(block: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(new X509Certificate(block).raw)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    throw refuse('STAMP_ROOTS', `expected certificates in PEM, got one that is none: ${error.message}`)
  }
}

/** A root whose key is of a kind that no token of ours may be signed under is left out. */
function readableCertificate(der: Uint8Array): ProofCertificate[] {
  try {
    return [readCertificate(der)]
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return []
  }
}
