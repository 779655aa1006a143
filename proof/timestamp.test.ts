// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { concat, fromHex, toHex, utf8 } from './bytes.ts'
import { brokenChain, nameText, readCertificate } from './certificate.ts'
import { bits, encode, expectTag, members, oid, readAll, readOne, TAG, time } from './der.ts'
import { sha256 } from './hash.ts'
import { testAuthority, type AuthorityFaults, type StampFaults } from './testdata/authority.ts'
import { asResponse, hasNonce, readTimestamp, timestampRequest, verifyTimestamp } from './timestamp.ts'
import { readRoots } from './verify-time.ts'

const data = utf8('a checkpoint\n')
const AT = '20260302090000.5Z'
const usual = testAuthority()
const roots = readRoots(usual.ca)

describe('a time-stamp holds', () => {
  test.each([
    [{}],
    [{ algorithm: 'P-384' }],
    [{ algorithm: 'RSA' }],
    [{ intermediate: true }],
    [{ intermediate: true, algorithm: 'RSA', pathLength: 1 }],
    [{ keyUsage: 0x80 }],
  ] as AuthorityFaults[][])('of an authority with %j', async (how = {}) => {
    const authority = testAuthority(how)
    const stamp = await verifyTimestamp(authority.stamp(data, AT), data, readRoots(authority.ca))
    expect(new Date(stamp.genTime_ms).toISOString()).toBe('2026-03-02T09:00:00.500Z')
    expect(stamp).toMatchObject({ authority: 'Test Stamps', policy: '1.3.6.1.4.1.99999.1', imprintDigest: 'SHA-256' })
  })

  test.each([
    [{ signingCertificate: 'v1' }],
    [{ signingCertificate: 'v2-sha512' }],
    [{ bySubjectKey: true }],
    [{ plainAlgorithm: true }],
    [{ status: 1 }],
  ] as StampFaults[][])('written as %j', async (how = {}) => {
    expect((await verifyTimestamp(usual.stamp(data, AT, how), data, roots)).imprint).toHaveLength(32)
  })

  test('as a bare token, which is made the response that openssl reads', async () => {
    const response = usual.stamp(data, AT)
    const { token } = readTimestamp(response)
    expect(toHex(asResponse(token))).toBe(toHex(response))
    expect((await verifyTimestamp(token, data, roots)).authority).toBe('Test Stamps')
  })

  test('when only the reader has the certificate of its signer', async () => {
    const { certificates } = readTimestamp(usual.stamp(data, AT))
    const without = usual.stamp(data, AT, { withoutCertificates: true })
    await expect(verifyTimestamp(without, data, roots)).rejects.toThrow(/neither inside nor given/)
    expect((await verifyTimestamp(without, data, [...roots, ...certificates])).certificates).toEqual([])
  })

  test('for the number that was asked with', () => {
    const nonce = fromHex('00112233445566778899')
    const stamp = readTimestamp(usual.stamp(data, AT, { nonce }))
    expect(hasNonce(stamp, nonce)).toBe(true)
    expect(hasNonce(stamp, nonce.subarray(1))).toBe(false)
    expect(hasNonce(readTimestamp(usual.stamp(data, AT)), nonce)).toBe(false)
  })
})

describe('a time-stamp is refused', () => {
  const refused = async (how: AuthorityFaults, wrong: StampFaults = {}, at = AT): Promise<string> => {
    const authority = testAuthority(how)
    const verified = verifyTimestamp(authority.stamp(data, at, wrong), data, readRoots(authority.ca))
    return await verified.then(
      () => 'accepted',
      (error: Error) => `${error.name}: ${error.message}`,
    )
  }

  test.each([
    ['other data', {}, { imprintOf: utf8('other') }, 'it stamps other data'],
    ['another content type', {}, { contentType: '1.2.840.113549.1.7.1' }, 'signed attributes are of another type'],
    ['another content', {}, { messageDigestOf: utf8('other') }, 'its content is not what was signed'],
    ['another certificate', {}, { signingCertificate: 'other' }, 'name another certificate'],
    ['no certificate named', {}, { signingCertificate: 'none' }, 'name another certificate'],
    ['a broken signature', {}, { breakSignature: true }, 'its signature is not valid'],
    ['attributes twice', {}, { twice: true }, 'ambiguous'],
    ['two signers', {}, { signers: 2 }, 'expected one signer, got 2'],
    ['a refusal', {}, { status: 2 }, 'expected a granted time-stamp, got status 02'],
    ['another version', {}, { version: 2 }, 'expected version 1'],
    ['an old digest', {}, { imprintAlgorithm: '1.3.14.3.2.26' }, 'expected SHA-256, SHA-384 or SHA-512'],
    ['another digest announced', {}, { announced: '2.16.840.1.101.3.4.2.3' }, 'among the digests announced'],
    ['no purpose', { purposes: undefined }, {}, 'no extended key usage'],
    ['another purpose', { purposes: ['1.3.6.1.5.5.7.3.1'] }, {}, 'is for 1.3.6.1.5.5.7.3.1'],
    ['two purposes', { purposes: ['1.3.6.1.5.5.7.3.8', '1.3.6.1.5.5.7.3.1'] }, {}, 'its certificate is for'],
    ['a purpose that is not critical', { purposesCritical: false }, {}, 'not critical'],
    ['a key that may not sign', { keyUsage: 0x20 }, {}, 'key usage is not to sign'],
    ['an unknown critical extension', { unknownCritical: true }, {}, '2.5.29.30, which this verifier does not know'],
    ['an issuer that is none', { caFlag: false }, {}, 'no certificate authority'],
    ['an issuer that may not issue', { caKeyUsage: 0x80 }, {}, 'may not sign certificates'],
    ['a chain longer than allowed', { intermediate: true, pathLength: 0 }, {}, 'longer than an issuer allows'],
    ['a certificate that its issuer did not sign', { wrongIssuerKey: true }, {}, 'an issuer did not sign it'],
    ['a certificate that had ended', { notAfter: '20250101000000Z' }, {}, 'not in force at that time'],
    ['an intermediate that had ended', { intermediate: true, notAfter: '20250101000000Z' }, {}, 'not in force'],
  ] as [string, AuthorityFaults, StampFaults, string][])('with %s', async (_, how, wrong, because) => {
    expect(await refused(how, wrong)).toContain(because)
  })

  test('before its certificate was in force', async () => {
    expect(await refused({}, {}, '20230101000000Z')).toContain('not in force')
  })

  test('of an authority whose root is not trusted', async () => {
    const other = testAuthority()
    await expect(verifyTimestamp(other.stamp(data, AT), data, roots)).rejects.toThrow(/an issuer did not sign it/)
    await expect(verifyTimestamp(other.stamp(data, AT), data, [])).rejects.toThrow(/no trusted root issued it/)
  })

  test('after any one byte of it was changed', async () => {
    const stamp = usual.stamp(data, AT)
    const accepted: number[] = []
    for (let at = 0; at < stamp.length; at++) {
      const changed = Uint8Array.from(stamp)
      changed[at]! ^= 0x04
      const verified = await verifyTimestamp(changed, data, roots).then(
        (ok) => ok,
        (error: Error) => (error.name === 'Malformed' ? undefined : Promise.reject(error)),
      )
      if (verified) accepted.push(at)
    }
    expect(accepted).toEqual([])
  })
})

test('a request is the one of RFC 3161, for SHA-256 and with certificates', () => {
  const nonce = fromHex('8000000000000001')
  expect(toHex(timestampRequest(sha256(data), nonce))).toBe(
    `30${(0x43 + 1).toString(16)}0201013031300d060960864801650304020105000420${toHex(sha256(data))}0209018000000000000001` +
      '0101ff',
  )
})

describe('certificates', () => {
  test('a chain without an end is given up', async () => {
    const [root] = roots
    expect(await brokenChain(root!, [], [], Date.parse('2026-03-02T00:00:00Z'))).toBe('no trusted root issued it')
    expect(await brokenChain(root!, [root!], [], Date.parse('2026-03-02T00:00:00Z'))).toBe('no trusted root issued it')
    expect(await brokenChain(root!, [], roots, Date.parse('2026-03-02T00:00:00Z'))).toBeUndefined()
    expect(nameText(root!.subject)).toBe('Test Root')
  })

  test('one that contradicts itself about its algorithm is refused', () => {
    const [root] = roots
    const [tbs, , signature] = members(readOne(root!.whole, TAG.sequence))
    const other = encode(TAG.sequence, fromHex('06082a8648ce3d040303'))
    expect(() => readCertificate(encode(TAG.sequence, tbs!.whole, other, signature!.whole))).toThrow(
      /inside and outside/,
    )
  })

  test('one signed with SHA-1 is good where it is trusted itself, and its issuer counts for nothing', async () => {
    const [root] = roots
    const sha1 = encode(TAG.sequence, fromHex('06072a8648ce3d0401'))
    const accepted = toHex(encode(TAG.sequence, fromHex('06082a8648ce3d040302')))
    const [tbs, , signature] = members(readOne(root!.whole, TAG.sequence))
    const swapped = members(tbs!).map(({ whole }) => (toHex(whole) === accepted ? sha1 : whole))
    const old = readCertificate(encode(TAG.sequence, encode(TAG.sequence, ...swapped), sha1, signature!.whole))
    const at = Date.parse('2026-03-02T00:00:00Z')
    expect(old.digest).toBeUndefined()
    expect(await brokenChain(old, [], [old], at)).toBeUndefined()
    expect(await brokenChain(old, [], roots, at)).toBe('a certificate is signed in a way that is not accepted')
  })

  test('one whose key is of another kind is passed over in a token', async () => {
    const stamp = readTimestamp(usual.stamp(data, AT, { strangeCertificate: true }))
    expect(stamp.certificates).toHaveLength(1)
    expect(
      (await verifyTimestamp(usual.stamp(data, AT, { strangeCertificate: true }), data, roots)).policy,
    ).toBeTruthy()
    expect(() => readTimestamp(usual.stamp(data, AT, { brokenCertificate: true }))).toThrow(/expected/)
  })
})

describe('DER', () => {
  test.each([
    ['nothing', ''],
    ['a tag alone', '30'],
    ['a tag of two bytes', '1f8100'],
    ['an indefinite length', '30800000'],
    ['a long form where the short one does', '308101ff'],
    ['a length with a zero before it', `30820080${'00'.repeat(128)}`],
    ['a length of five bytes', '30850000000001ff'],
    ['a length that is cut', '3082'],
    ['a content that is cut', '300500'],
    ['something after it', '0500ff'],
  ])('%s is refused', (_, hex) => {
    expect(() => readOne(fromHex(hex), TAG.sequence)).toThrow(/expected/)
  })

  test('values are encoded and read back at every length of length', () => {
    for (const size of [0, 127, 128, 255, 256, 65_536]) {
      const content = new Uint8Array(size)
      expect(readOne(encode(TAG.octets, content), TAG.octets).content).toHaveLength(size)
    }
    expect(readAll(concat(encode(5), encode(5)))).toHaveLength(2)
    expect(() => expectTag(undefined, TAG.set)).toThrow('expected tag 0x31, got nothing')
  })

  test('identifiers are read as dots and numbers', () => {
    const read = (hex: string): string => oid({ tag: TAG.oid, content: fromHex(hex), whole: fromHex(hex) })
    expect(['2a864886f70d010702', '883703', '2b6570', '00'].map(read)).toEqual([
      '1.2.840.113549.1.7.2',
      '2.999.3',
      '1.3.101.112',
      '0.0',
    ])
    expect(() => read('')).toThrow(/object identifier/)
    expect(() => read('2a86')).toThrow(/object identifier/)
  })

  test('times are UTC, with seconds', () => {
    const at = (tag: number, text: string): string =>
      new Date(time({ tag, content: utf8(text), whole: utf8(text) })).toISOString()
    expect(at(TAG.utcTime, '491231235959Z')).toBe('2049-12-31T23:59:59.000Z')
    expect(at(TAG.utcTime, '500101000000Z')).toBe('1950-01-01T00:00:00.000Z')
    expect(at(TAG.generalizedTime, '20260302090000.123456Z')).toBe('2026-03-02T09:00:00.123Z')
    for (const text of ['20260302090000', '20260302090000+0100', '20261302090000Z', '202603020900Z'])
      expect(() => at(TAG.generalizedTime, text)).toThrow(/expected a time/)
    expect(() => time(undefined)).toThrow(/expected tag/)
    expect(() => bits({ tag: TAG.bits, content: Uint8Array.of(1, 0), whole: Uint8Array.of() })).toThrow(/whole bytes/)
  })
})
