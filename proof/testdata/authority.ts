// SPDX-License-Identifier: Apache-2.0
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { concat, fromHex, toBase64, toHex, utf8 } from '../bytes.ts'
import { encode, TAG } from '../der.ts'

/** A time-stamp authority of tests, made of DER by hand so that anything about it can be wrong. */
export interface TestAuthority {
  /** Root certificate, PEM. */
  readonly ca: string
  /** A granted response over the data. */
  stamp(data: Uint8Array, genTime: string, faults?: StampFaults): Uint8Array
}

export interface AuthorityFaults {
  readonly algorithm?: 'P-256' | 'P-384' | 'RSA'
  /** Extended key usages of the signing certificate, and whether they are critical. */
  readonly purposes?: readonly string[] | undefined
  readonly purposesCritical?: boolean
  readonly keyUsage?: number
  readonly unknownCritical?: boolean
  readonly caFlag?: boolean
  readonly caKeyUsage?: number
  readonly pathLength?: number
  readonly intermediate?: boolean
  readonly notAfter?: string
  readonly wrongIssuerKey?: boolean
}

export interface StampFaults {
  readonly status?: number
  readonly nonce?: Uint8Array
  readonly imprintOf?: Uint8Array
  readonly contentType?: string
  readonly messageDigestOf?: Uint8Array
  readonly signingCertificate?: 'v1' | 'v2' | 'v2-sha512' | 'other' | 'none'
  readonly withoutCertificates?: boolean
  readonly breakSignature?: boolean
  readonly twice?: boolean
  readonly bySubjectKey?: boolean
  readonly plainAlgorithm?: boolean
  readonly version?: number
  readonly imprintAlgorithm?: string
  readonly signers?: number
  /** A certificate beside the good one whose key is of a kind that nobody here uses, or that is none. */
  readonly strangeCertificate?: boolean
  readonly brokenCertificate?: boolean
  /** Digest that the message announces. */
  readonly announced?: string
}

const sequence = (...parts: Uint8Array[]): Uint8Array => encode(TAG.sequence, ...parts)
const set = (...parts: Uint8Array[]): Uint8Array => encode(TAG.set, ...parts)
const integer = (...octets: number[]): Uint8Array => encode(TAG.integer, Uint8Array.of(...octets))
const octets = (bytes: Uint8Array): Uint8Array => encode(TAG.octets, bytes)
const critical = encode(TAG.boolean, Uint8Array.of(0xff))
const sha = (name: string, bytes: Uint8Array): Uint8Array => createHash(name).update(bytes).digest()

export function oidBytes(dotted: string): Uint8Array {
  const [a = 0, b = 0, ...rest] = dotted.split('.').map(Number)
  const arcs = [a * 40 + b, ...rest].flatMap((arc) => {
    const groups = [arc % 128]
    for (let more = Math.floor(arc / 128); more > 0; more = Math.floor(more / 128)) groups.unshift(128 + (more % 128))
    return groups
  })
  return encode(TAG.oid, Uint8Array.from(arcs))
}

const SIGNING = { 'P-256': ['1.2.840.10045.4.3.2', 'sha256'], 'P-384': ['1.2.840.10045.4.3.3', 'sha384'], RSA: ['1.2.840.113549.1.1.13', 'sha512'] } as const
const DIGEST = { sha256: '2.16.840.1.101.3.4.2.1', sha384: '2.16.840.1.101.3.4.2.2', sha512: '2.16.840.1.101.3.4.2.3' } as const

const keyPair = (algorithm: 'P-256' | 'P-384' | 'RSA') =>
  algorithm === 'RSA'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ec', { namedCurve: algorithm })

const name = (common: string): Uint8Array =>
  sequence(set(sequence(oidBytes('2.5.4.3'), encode(0x0c, utf8(common)))))

interface Issued {
  readonly der: Uint8Array
  readonly key: KeyObject
  readonly subject: Uint8Array
  readonly keyId: Uint8Array
}

function issue(options: {
  readonly algorithm: 'P-256' | 'P-384' | 'RSA'
  readonly common: string
  readonly serial: number
  readonly issuer?: Issued
  readonly signer?: KeyObject
  readonly extensions: (keyId: Uint8Array) => Uint8Array[]
  readonly notAfter: string
}): Issued {
  const pair = keyPair(options.algorithm)
  const spki = pair.publicKey.export({ format: 'der', type: 'spki' })
  const keyId = sha('sha1', spki)
  const [algorithmId, digest] = SIGNING[options.algorithm]
  const algorithm = sequence(oidBytes(algorithmId))
  const subject = name(options.common)
  const tbs = sequence(
    encode(0xa0, integer(2)),
    integer(options.serial),
    algorithm,
    options.issuer?.subject ?? subject,
    sequence(encode(TAG.utcTime, utf8('240101000000Z')), encode(TAG.generalizedTime, utf8(options.notAfter))),
    subject,
    spki,
    encode(0xa3, sequence(...options.extensions(keyId))),
  )
  const signature = sign(digest, tbs, options.signer ?? options.issuer?.key ?? pair.privateKey)
  const der = sequence(tbs, algorithm, encode(TAG.bits, Uint8Array.of(0), signature))
  return { der, key: pair.privateKey, subject, keyId }
}

const extension = (id: string, value: Uint8Array, isCritical = true): Uint8Array =>
  sequence(oidBytes(id), ...(isCritical ? [critical] : []), octets(value))

export function testAuthority(faults: AuthorityFaults = {}): TestAuthority {
  const algorithm = faults.algorithm ?? 'P-256'
  const caExtensions = (keyId: Uint8Array): Uint8Array[] => [
    extension(
      '2.5.29.19',
      sequence(
        ...(faults.caFlag === false ? [] : [critical]),
        ...(faults.pathLength === undefined ? [] : [integer(faults.pathLength)]),
      ),
    ),
    extension('2.5.29.15', encode(TAG.bits, Uint8Array.of(0, faults.caKeyUsage ?? 0x06))),
    extension('2.5.29.14', octets(keyId), false),
  ]
  const notAfter = faults.notAfter ?? '20400101000000Z'
  const root = issue({ algorithm, common: 'Test Root', serial: 1, extensions: caExtensions, notAfter: '20400101000000Z' })
  const middle = faults.intermediate
    ? issue({ algorithm, common: 'Test Middle', serial: 2, issuer: root, extensions: caExtensions, notAfter })
    : undefined
  const issuer = middle ?? root
  const purposes = 'purposes' in faults ? faults.purposes : ['1.3.6.1.5.5.7.3.8']
  const unit = issue({
    algorithm,
    common: 'Test Stamps',
    serial: 3,
    issuer,
    ...(faults.wrongIssuerKey ? { signer: keyPair(algorithm).privateKey } : {}),
    notAfter,
    extensions: (keyId) => [
      extension('2.5.29.14', octets(keyId), false),
      ...(faults.keyUsage === undefined ? [] : [extension('2.5.29.15', encode(TAG.bits, Uint8Array.of(0, faults.keyUsage)))]),
      ...(purposes ? [extension('2.5.29.37', sequence(...purposes.map(oidBytes)), faults.purposesCritical ?? true)] : []),
      ...(faults.unknownCritical ? [extension('2.5.29.30', sequence())] : []),
    ],
  })
  const certificates = [unit, ...(middle ? [middle] : [])].map(({ der }) => der)
  const pem = `-----BEGIN CERTIFICATE-----\n${toBase64(root.der).replaceAll(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`
  return { ca: pem, stamp: (data, genTime, wrong = {}) => stampWith({ algorithm, unit, issuer, certificates }, data, genTime, wrong) }
}

interface Unit {
  readonly algorithm: 'P-256' | 'P-384' | 'RSA'
  readonly unit: Issued
  readonly issuer: Issued
  readonly certificates: readonly Uint8Array[]
}

function stampWith({ algorithm, unit, issuer, certificates }: Unit, data: Uint8Array, genTime: string, wrong: StampFaults): Uint8Array {
  const [algorithmId, digest] = SIGNING[algorithm]
  const info = sequence(
    integer(wrong.version ?? 1),
    oidBytes('1.3.6.1.4.1.99999.1'),
    sequence(
      sequence(oidBytes(wrong.imprintAlgorithm ?? DIGEST.sha256), encode(0x05)),
      octets(sha('sha256', wrong.imprintOf ?? data)),
    ),
    integer(42),
    encode(TAG.generalizedTime, utf8(genTime)),
    ...(wrong.nonce ? [encode(TAG.integer, Uint8Array.of(1), wrong.nonce)] : []),
  )
  const attribute = (id: string, value: Uint8Array): Uint8Array => sequence(oidBytes(id), set(value))
  const content = attribute('1.2.840.113549.1.9.3', oidBytes(wrong.contentType ?? '1.2.840.113549.1.9.16.1.4'))
  const attributes = concat(
    content,
    ...(wrong.twice ? [content] : []),
    attribute('1.2.840.113549.1.9.4', octets(sha(digest, wrong.messageDigestOf ?? info))),
    ...signingCertificate(unit.der, wrong.signingCertificate ?? 'v2').map(([id, value]) => attribute(id, value)),
  )
  const signature = sign(digest, encode(TAG.set, attributes), unit.key)
  if (wrong.breakSignature) signature[signature.length - 1]! ^= 1
  const keyAlgorithm = algorithm === 'RSA' ? '1.2.840.113549.1.1.1' : '1.2.840.10045.2.1'
  const signer = sequence(
    integer(wrong.bySubjectKey ? 3 : 1),
    wrong.bySubjectKey ? encode(0x80, unit.keyId) : sequence(issuer.subject, integer(3)),
    sequence(oidBytes(DIGEST[digest])),
    encode(0xa0, attributes),
    sequence(oidBytes(wrong.plainAlgorithm ? keyAlgorithm : algorithmId)),
    octets(signature),
  )
  const signed = sequence(
    integer(3),
    set(sequence(oidBytes(wrong.announced ?? DIGEST[digest]))),
    sequence(oidBytes('1.2.840.113549.1.9.16.1.4'), encode(0xa0, octets(info))),
    ...(wrong.withoutCertificates ? [] : [encode(0xa0, ...certificates, ...oddCertificates(unit.der, wrong))]),
    set(...Array.from({ length: wrong.signers ?? 1 }, () => signer)),
  )
  const token = sequence(oidBytes('1.2.840.113549.1.7.2'), encode(0xa0, signed))
  return sequence(sequence(integer(wrong.status ?? 0)), token)
}

function oddCertificates(good: Uint8Array, wrong: StampFaults): Uint8Array[] {
  if (wrong.brokenCertificate) return [sequence(integer(1))]
  if (!wrong.strangeCertificate) return []
  // id-ecPublicKey becomes an algorithm that does not exist.
  const hex = toHex(good).replace('06072a8648ce3d0201', '06072a8648ce3d0209')
  return [fromHex(hex)]
}

function signingCertificate(certificate: Uint8Array, which: NonNullable<StampFaults['signingCertificate']>): [string, Uint8Array][] {
  const named = (id: string, ...parts: Uint8Array[]): [string, Uint8Array][] => [[id, sequence(sequence(sequence(...parts)))]]
  const v2 = '1.2.840.113549.1.9.16.2.47'
  switch (which) {
    case 'none':
      return []
    case 'v1':
      return named('1.2.840.113549.1.9.16.2.12', octets(sha('sha1', certificate)))
    case 'v2':
      return named(v2, octets(sha('sha256', certificate)))
    case 'v2-sha512':
      return named(v2, sequence(oidBytes(DIGEST.sha512)), octets(sha('sha512', certificate)))
    case 'other':
      return named(v2, octets(fromHex('00'.repeat(32))))
  }
}
