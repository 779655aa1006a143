// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it, test } from 'vitest'
import { concat, fromHex, utf8 } from '../../proof/bytes.ts'
import { testAuthority, type StampFaults } from '../../proof/testdata/authority.ts'
import { openStamp, readRoots, STAMP_MOST, stampRequest } from './timestamp.ts'

const DATA = utf8('what the authority was asked about')
const NONCE = fromHex('0102030405060708')
const TIME = '20260302120000Z'
const authority = testAuthority()
const roots = readRoots(authority.ca)
const open = (response: Uint8Array, given: { nonce?: Uint8Array } = {}) =>
  openStamp(response, { data: DATA, roots, ...given })
const stamp = (faults: StampFaults = {}) => authority.stamp(DATA, TIME, faults)

describe('a time-stamp is believed', () => {
  it('when all is right, and says when, under which policy and number', async () => {
    expect(await open(stamp({ nonce: NONCE }), { nonce: NONCE })).toEqual({
      gen_time: '2026-03-02T12:00:00.000Z',
      serial: '2a',
      policy: '1.3.6.1.4.1.99999.1',
    })
  })

  it.each([
    ['granted with changes', { status: 1 }],
    ['naming its certificate by SHA-1, as older authorities do', { signingCertificate: 'v1' }],
    ['naming its certificate by SHA-512', { signingCertificate: 'v2-sha512' }],
  ] as const)('when it is %s', async (_, faults) => {
    expect((await open(stamp(faults))).gen_time).toBe('2026-03-02T12:00:00.000Z')
  })

  it.each(['P-384', 'RSA'] as const)('when it is signed by a key %s', async (algorithm) => {
    const other = testAuthority({ algorithm, intermediate: true })
    const stamped = openStamp(other.stamp(DATA, TIME), { data: DATA, roots: readRoots(other.ca) })
    expect((await stamped).gen_time).toBe('2026-03-02T12:00:00.000Z')
  })
})

describe('a time-stamp is refused', () => {
  it.each([
    ['is for other bytes', { imprintOf: utf8('others') }, 'STAMP_IMPRINT'],
    ['hashes the bytes in another way', { imprintAlgorithm: '2.16.840.1.101.3.4.2.2' }, 'STAMP_IMPRINT'],
    ['was not granted', { status: 2 }, 'STAMP_DENIED'],
    ['is of another version', { version: 2 }, 'STAMP_MALFORMED'],
    ['has two signers', { signers: 2 }, 'STAMP_MALFORMED'],
    ['is signed as something else', { contentType: '1.2.840.113549.1.7.1' }, 'STAMP_SIGNATURE'],
    ['has a broken signature', { breakSignature: true }, 'STAMP_SIGNATURE'],
    ['signs other bytes than it holds', { messageDigestOf: utf8('others') }, 'STAMP_SIGNATURE'],
    ['brings no certificate', { withoutCertificates: true }, 'STAMP_CERTIFICATE'],
    ['names another certificate', { signingCertificate: 'other' }, 'STAMP_CERTIFICATE'],
    ['names no certificate', { signingCertificate: 'none' }, 'STAMP_CERTIFICATE'],
    ['says one thing twice', { twice: true }, 'STAMP_SIGNATURE'],
  ] as const)('when it %s', async (_, faults, code) => {
    await expect(open(stamp(faults))).rejects.toMatchObject({ code })
  })

  it.each([
    ['answers another request', { nonce: fromHex('ffff') }],
    ['answers no request', {}],
  ])('when it %s', async (_, faults) => {
    await expect(open(stamp(faults), { nonce: NONCE })).rejects.toMatchObject({ code: 'STAMP_NONCE' })
  })

  it.each([
    ['is for more than time-stamps', { purposes: ['1.3.6.1.5.5.7.3.8', '1.3.6.1.5.5.7.3.1'] }],
    ['is for something else', { purposes: ['1.3.6.1.5.5.7.3.1'] }],
    ['does not say what it is for', { purposes: undefined }],
    ['need not be heeded in what it is for', { purposesCritical: false }],
  ])('when its certificate %s', async (_, faults) => {
    const other = testAuthority(faults)
    const stamped = openStamp(other.stamp(DATA, TIME), { data: DATA, roots: readRoots(other.ca) })
    await expect(stamped).rejects.toMatchObject({ code: 'STAMP_PURPOSE' })
  })

  it.each([
    ['had expired', { notAfter: '20250101000000Z' }],
    ['was not issued by the root', { wrongIssuerKey: true }],
  ])('when its certificate %s', async (_, faults) => {
    const other = testAuthority(faults)
    const stamped = openStamp(other.stamp(DATA, TIME), { data: DATA, roots: readRoots(other.ca) })
    await expect(stamped).rejects.toMatchObject({ code: 'STAMP_CERTIFICATE' })
  })

  it('when its root is none that we trust', async () => {
    await expect(open(testAuthority().stamp(DATA, TIME))).rejects.toMatchObject({ code: 'STAMP_CERTIFICATE' })
  })

  it.each([
    ['no time-stamp at all', utf8('<html>busy</html>')],
    ['nothing', new Uint8Array(0)],
    ['more bytes than it says', concat(stamp(), Uint8Array.of(0))],
    ['more bytes than any has', new Uint8Array(STAMP_MOST + 1)],
    ['a grant without a token', fromHex('30053003020100')],
  ])('when it is %s', async (_, bytes) => {
    await expect(open(bytes)).rejects.toMatchObject({ code: 'STAMP_MALFORMED' })
  })

  it('with the words of the authority that denies it', async () => {
    // SEQUENCE { SEQUENCE { INTEGER 2, SEQUENCE { UTF8String "busy" } } }
    await expect(open(fromHex('300d300b02010230060c0462757379'))).rejects.toThrow(/status 2, busy/)
  })

  it('whichever of its bytes is another', async () => {
    const good = stamp({ nonce: NONCE })
    const genuine = await open(good, { nonce: NONCE })
    for (let at = 7; at < good.length; at += 23) {
      const bad = Uint8Array.from(good)
      bad[at]! ^= 4
      const opened = await open(bad, { nonce: NONCE }).catch((error: unknown) => {
        expect(error).toMatchObject({ code: expect.stringMatching(/^STAMP_/) as string })
        return genuine
      })
      expect(opened).toEqual(genuine)
    }
  })
})

test('a request holds the hash of the bytes and a nonce, never the bytes', () => {
  const request = stampRequest(DATA, NONCE).toString('hex')
  expect(request).toContain(Buffer.from(NONCE).toString('hex'))
  expect(request).not.toContain(Buffer.from(DATA).toString('hex'))
})

test('roots are certificates in PEM', () => {
  expect(roots).toMatchObject({ certificates: [expect.anything()], again: [expect.anything()] })
  expect(() => readRoots('none')).toThrow(/certificates in PEM, got none/)
})
