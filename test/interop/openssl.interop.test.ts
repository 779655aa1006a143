// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { utf8 } from '../../proof/bytes.ts'
import { checkpointText, signCheckpoint } from '../../proof/checkpoint.ts'
import { parseEnvelope, preAuthEncoding, signEnvelope, verifyEnvelope } from '../../proof/dsse.ts'
import { sha256 } from '../../proof/hash.ts'
import { openNote, parseNote, parseVerifierKey, verifierKey } from '../../proof/note.ts'
import { readPem, readPublicKey, verifySignature } from '../../proof/signatures.ts'
import { PAYLOAD_TYPE } from '../../proof/statement.ts'
import { testAuthority } from '../../proof/testdata/authority.ts'
import { asResponse, hasNonce, readTimestamp, timestampRequest, verifyTimestamp } from '../../proof/timestamp.ts'
import { readRoots } from '../../proof/verify-time.ts'
import { startAuthority, type Authority } from '../authority.ts'

/*
 * Signatures and time-stamps that the proof package makes, verified by openssl; and those that openssl makes, verified
 * by the proof package. One after another, in both directions, with the refusals.
 */

let folder: string
let authority: Authority
const at = (name: string): string => join(folder, name)
beforeAll(async () => {
  const found = spawnSync('openssl', ['version'], { encoding: 'utf8' })
  if (found.error || !/^OpenSSL [3-9]/.test(found.stdout))
    throw new Error(`this suite needs OpenSSL 3 on the PATH, got "${found.stdout ?? ''}"`)
  folder = mkdtempSync(join(tmpdir(), 'assay-openssl-'))
  authority = await startAuthority(at('tsa'))
})
afterAll(async () => {
  await authority?.close()
  rmSync(folder, { recursive: true, force: true })
})

const openssl = (...args: string[]): Buffer => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] })
const accepts = (...args: string[]): boolean => spawnSync('openssl', args).status === 0

describe('a checkpoint', () => {
  const log = generateKeyPairSync('ed25519')
  const origin = 'assay.dev/ledger/org_1'
  const root = sha256(utf8('root'))

  test('that we sign is verified by openssl pkeyutl, and not when a byte differs', () => {
    const { text, signatures } = parseNote(signCheckpoint({ origin, size: 9, root }, [log.privateKey]))
    writeFileSync(at('log.pem'), log.publicKey.export({ format: 'pem', type: 'spki' }))
    writeFileSync(at('text'), text)
    writeFileSync(at('sig'), signatures[0]!.signature)
    const verify = [
      'pkeyutl',
      '-verify',
      '-pubin',
      '-inkey',
      at('log.pem'),
      '-rawin',
      '-in',
      at('text'),
      '-sigfile',
      at('sig'),
    ]
    expect(accepts(...verify)).toBe(true)
    writeFileSync(at('text'), text.replace('\n9\n', '\n8\n'))
    expect(accepts(...verify)).toBe(false)
  })

  test('that openssl signs opens here', async () => {
    openssl('genpkey', '-algorithm', 'ed25519', '-out', at('key.pem'))
    openssl('pkey', '-in', at('key.pem'), '-pubout', '-out', at('pub.pem'))
    const text = checkpointText({ origin, size: 9, root })
    writeFileSync(at('text'), text)
    openssl('pkeyutl', '-sign', '-inkey', at('key.pem'), '-rawin', '-in', at('text'), '-out', at('sig'))
    const { createPublicKey } = await import('node:crypto')
    const vkey = verifierKey(origin, createPublicKey(readFileSync(at('pub.pem'))))
    const id = Buffer.from(parseVerifierKey(vkey).id, 'hex')
    const line = `— ${origin} ${Buffer.concat([id, readFileSync(at('sig'))]).toString('base64')}\n`
    expect((await openNote(`${text}\n${line}`, [parseVerifierKey(vkey)])).verified).toHaveLength(1)
  })
})

describe('an envelope', () => {
  test('that we sign is verified by openssl dgst, and not when a byte differs', () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { payload, payloadType, signatures } = parseEnvelope(
      signEnvelope(PAYLOAD_TYPE, utf8('{"a":1}'), [{ id: '0', key: pair.privateKey }]),
    )
    writeFileSync(at('col.pem'), pair.publicKey.export({ format: 'pem', type: 'spki' }))
    writeFileSync(at('pae'), preAuthEncoding(payloadType, payload))
    writeFileSync(at('sig'), signatures[0]!.sig)
    const verify = ['dgst', '-sha256', '-verify', at('col.pem'), '-signature', at('sig'), at('pae')]
    expect(accepts(...verify)).toBe(true)
    writeFileSync(at('pae'), preAuthEncoding(payloadType, utf8('{"a":2}')))
    expect(accepts(...verify)).toBe(false)
  })

  test.each([
    ['ec', ['-pkeyopt', 'ec_paramgen_curve:P-256']],
    ['ec', ['-pkeyopt', 'ec_paramgen_curve:P-384']],
    ['rsa', ['-pkeyopt', 'rsa_keygen_bits:2048']],
  ])('that openssl signs with %s %j is verified here', async (algorithm, options) => {
    openssl('genpkey', '-algorithm', algorithm, ...options, '-out', at('key.pem'))
    openssl('pkey', '-in', at('key.pem'), '-pubout', '-out', at('pub.pem'))
    const payload = utf8('{"a":1}')
    writeFileSync(at('pae'), preAuthEncoding(PAYLOAD_TYPE, payload))
    openssl('dgst', '-sha256', '-sign', at('key.pem'), '-out', at('sig'), at('pae'))
    const key = readPublicKey(readPem(readFileSync(at('pub.pem'), 'utf8'), 'PUBLIC KEY')[0]!)
    const sig = Uint8Array.from(readFileSync(at('sig')))
    const envelope = { payload, payloadType: PAYLOAD_TYPE, signatures: [{ keyid: 'x', sig }] }
    expect(await verifyEnvelope(envelope, new Map([['x', key]]))).toEqual(['x'])
    expect(await verifySignature(key, utf8('other'), sig)).toBe(false)
  })
})

describe('a time-stamp', () => {
  const data = utf8('a checkpoint\n')
  const roots = () => readRoots(readFileSync(authority.caFile, 'utf8'))

  test('that openssl ts gives for our request is verified here, nonce and all', async () => {
    const nonce = utf8('12345678')
    const reply = authority.reply(Buffer.from(timestampRequest(sha256(data), nonce)))
    expect(hasNonce(readTimestamp(reply), nonce)).toBe(true)
    const stamp = await verifyTimestamp(reply, data, roots())
    expect(stamp.authority).toBe('TSA good')
    expect(Math.abs(stamp.genTime_ms - Date.now())).toBeLessThan(60_000)
    await expect(verifyTimestamp(reply, utf8('other'), roots())).rejects.toThrow(/other data/)
    await expect(verifyTimestamp(reply, data, readRoots(testAuthority().ca))).rejects.toThrow(/no trusted root/)
  })

  test('is a whole response again after only its token was kept', () => {
    const reply = authority.reply(Buffer.from(timestampRequest(sha256(data), utf8('12345678'))))
    writeFileSync(at('data'), data)
    writeFileSync(at('reply'), asResponse(readTimestamp(reply).token))
    expect(accepts('ts', '-verify', '-data', at('data'), '-in', at('reply'), '-CAfile', authority.caFile)).toBe(true)
  })

  test.each([
    ['good', {}, {}, true],
    ['P-384', { algorithm: 'P-384' }, {}, true],
    ['RSA with an intermediate', { algorithm: 'RSA', intermediate: true }, {}, true],
    ['for other data', {}, { imprintOf: utf8('other') }, false],
    ['with a broken signature', {}, { breakSignature: true }, false],
    ['of another content', {}, { messageDigestOf: utf8('other') }, false],
    ['naming another certificate', {}, { signingCertificate: 'other' }, false],
    ['for another purpose', { purposes: ['1.3.6.1.5.5.7.3.1'] }, {}, false],
    ['without a purpose', { purposes: undefined }, {}, false],
    ['with a purpose that is not critical', { purposesCritical: false }, {}, false],
    ['of an issuer that is none', { caFlag: false, intermediate: true }, {}, false],
    ['of a certificate that its issuer did not sign', { wrongIssuerKey: true }, {}, false],
    ['of a certificate that had ended', { notAfter: '20250101000000Z' }, {}, false],
  ] as const)('%s: openssl and the proof package are of one mind', async (_, how, wrong, holds) => {
    const other = testAuthority(how)
    const stamp = other.stamp(data, '20260302090000Z', wrong)
    writeFileSync(at('data'), data)
    writeFileSync(at('reply'), stamp)
    writeFileSync(at('ca.pem'), other.ca)
    const time = `${Date.parse('2026-03-02T09:00:00Z') / 1000}`
    const theirs = accepts(
      'ts',
      '-verify',
      '-data',
      at('data'),
      '-in',
      at('reply'),
      '-CAfile',
      at('ca.pem'),
      '-attime',
      time,
    )
    const ours = await verifyTimestamp(stamp, data, readRoots(other.ca)).then(
      () => true,
      () => false,
    )
    expect({ ours, theirs }).toEqual({ ours: holds, theirs: holds })
  })
})
