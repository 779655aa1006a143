// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { concat, fromUtf8, toBase64, toHex, utf8 } from './bytes.ts'
import { canonicalJson } from './canonical-json.ts'
import { encode, TAG } from './der.ts'
import { parseEnvelope, payloadText, preAuthEncoding, signEnvelope, verifyEnvelope } from './dsse.ts'
import { sha256 } from './hash.ts'
import { ed25519Key, readPem, readPublicKey, verifySignature } from './signatures.ts'
import { isAboutItself, ledgerFacts, PAYLOAD_TYPE, PREDICATE_BASE, readStatement, STATEMENT_TYPE } from './statement.ts'

const spki = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' })
const pairs = {
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  Ed25519: generateKeyPairSync('ed25519'),
}
const payload = utf8('{"a":1}')
const ec = pairs['P-256']

describe('envelopes', () => {
  test('what is signed is the encoding of the DSSE specification', () => {
    expect(fromUtf8(preAuthEncoding('http://example.com/HelloWorld', utf8('hello world')))).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    )
  })

  test.each(Object.entries(pairs))('a %s signature is made and verified', async (type, pair) => {
    const bytes = signEnvelope(PAYLOAD_TYPE, payload, [{ id: 'one', key: pair.privateKey }])
    const key = readPublicKey(spki(pair.publicKey))
    expect(key.type).toBe(type)
    const envelope = parseEnvelope(bytes)
    expect(payloadText(envelope)).toBe('{"a":1}')
    expect(await verifyEnvelope(envelope, new Map([['one', key]]))).toEqual(['one'])
    expect(await verifyEnvelope({ ...envelope, payload: utf8('{"a":2}') }, new Map([['one', key]]))).toEqual([])
    expect(await verifyEnvelope({ ...envelope, payloadType: 'other' }, new Map([['one', key]]))).toEqual([])
    expect(await verifyEnvelope(envelope, new Map())).toEqual([])
  })

  const good = fromUtf8(signEnvelope(PAYLOAD_TYPE, payload, [{ id: 'one', key: ec.privateKey }]))
  test.each([
    ['white space', good.replace(',', ', ')],
    ['no payload', canonicalJson({ payloadType: 'x', signatures: [] })],
    ['no type', canonicalJson({ payload: '', signatures: [] })],
    ['no signatures', canonicalJson({ payload: '', payloadType: 'x' })],
    ['a signature that is text', canonicalJson({ payload: '', payloadType: 'x', signatures: ['x'] })],
    ['a signature without a key id', canonicalJson({ payload: '', payloadType: 'x', signatures: [{ sig: '' }] })],
    ['a payload that is not base64', canonicalJson({ payload: '#', payloadType: 'x', signatures: [] })],
    ['another shape', '[]'],
  ])('an envelope with %s is refused', (_, text) => {
    expect(() => parseEnvelope(utf8(text))).toThrow(/expected/)
  })
})

describe('signatures', () => {
  const { sig } = parseEnvelope(signEnvelope(PAYLOAD_TYPE, payload, [{ id: 'x', key: ec.privateKey }])).signatures[0]!
  const message = preAuthEncoding(PAYLOAD_TYPE, payload)
  const key = readPublicKey(spki(ec.publicKey))
  const integer = (...octets: number[]): Uint8Array => encode(TAG.integer, Uint8Array.from(octets))

  test.each([
    ['cut', sig.subarray(0, -1)],
    ['empty', new Uint8Array(0)],
    ['not DER', utf8('x'.repeat(64))],
    ['one number', encode(TAG.sequence, integer(1))],
    ['a negative number', encode(TAG.sequence, integer(0x80), integer(1))],
    ['a number with a spare zero', encode(TAG.sequence, integer(0, 1), integer(1))],
    ['a number without bytes', encode(TAG.sequence, integer(), integer(1))],
    ['a number too long', encode(TAG.sequence, integer(...Array<number>(33).fill(1)), integer(1))],
    ['another type', encode(TAG.sequence, encode(TAG.octets, utf8('a')), integer(1))],
    ['something after it', concat(sig, Uint8Array.of(0))],
  ])('an ECDSA signature that is %s is not valid', async (_, bytes) => {
    expect(await verifySignature(key, message, bytes)).toBe(false)
  })

  test('the digest matters', async () => {
    expect(await verifySignature(key, message, sig)).toBe(true)
    expect(await verifySignature(key, message, sig, 'SHA-384')).toBe(false)
  })

  test('keys of other algorithms are refused', () => {
    expect(() => readPublicKey(spki(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey))).toThrow(
      /algorithm/,
    )
    expect(() => readPublicKey(spki(generateKeyPairSync('x25519').publicKey))).toThrow(/algorithm/)
    expect(() => readPublicKey(utf8('nothing'))).toThrow(/expected/)
    expect(() => ed25519Key(new Uint8Array(31))).toThrow('expected 32 bytes of an Ed25519 key, got 31')
  })

  test('PEM holds keys and certificates, one or many', () => {
    const pem = ec.publicKey.export({ format: 'pem', type: 'spki' }).toString()
    expect(toHex(readPem(pem + pem, 'PUBLIC KEY')[1]!)).toBe(spki(ec.publicKey).toString('hex'))
    expect(() => readPem(pem, 'CERTIFICATE')).toThrow('expected -----BEGIN CERTIFICATE-----')
    expect(() => readPem('-----BEGIN PUBLIC KEY-----\nA\n-----END PUBLIC KEY-----', 'PUBLIC KEY')).toThrow(/base64/)
  })
})

describe('statements', () => {
  const statement = (change: Record<string, unknown> = {}) => ({
    payloadType: PAYLOAD_TYPE,
    signatures: [],
    payload: utf8(
      canonicalJson({
        _type: STATEMENT_TYPE,
        predicateType: `${PREDICATE_BASE}/attest/v1`,
        subject: [{ name: 'attest.json', digest: { sha256: toHex(sha256(utf8('{"control":"IAM-01"}'))) } }],
        predicate: { control: 'IAM-01', ledger: { stream: 'st_1', n: 0, claimedAt: 'now', anchor: null } },
        ...change,
      }),
    ),
  })

  test('a statement about no file is about its own predicate', () => {
    const read = readStatement(statement())
    expect(read.kind).toBe('attest')
    expect(isAboutItself(read)).toBe(true)
    expect(isAboutItself({ ...read, predicate: { ...read.predicate, control: 'IAM-02' } })).toBe(false)
    expect(isAboutItself({ ...read, kind: 'state' })).toBe(false)
    expect(isAboutItself({ ...read, subjects: [] })).toBe(false)
    expect(ledgerFacts(read)).toEqual({ stream: 'st_1', n: 0, claimedAt: 'now', anchor: null })
  })

  test.each([
    [{ _type: 'other' }],
    [{ predicateType: 'https://example.com/attest/v1' }],
    [{ predicateType: `${PREDICATE_BASE}/attest/v2` }],
    [{ predicate: [] }],
    [{ subject: {} }],
    [{ subject: ['x'] }],
    [{ subject: [{ name: 'x' }] }],
    [{ subject: [{ name: 'x', digest: { sha256: 'ABC' } }] }],
    [{ subject: [{ digest: { sha256: '0'.repeat(64) } }] }],
  ])('a statement of another form is refused: %j', (change) => {
    expect(() => readStatement(statement(change))).toThrow(/expected/)
  })

  test('a payload of another type, or that is no object, is refused', () => {
    expect(() => readStatement({ ...statement(), payloadType: 'text/plain' })).toThrow(/expected application/)
    expect(() => readStatement({ ...statement(), payload: utf8('[]') })).toThrow(/expected/)
  })

  const ledger = { stream: 'st_1', n: 0, claimedAt: 'now', anchor: { size: 1, root: 'x' } }
  test.each([
    [undefined],
    [{ ...ledger, stream: 1 }],
    [{ ...ledger, n: '0' }],
    [{ ...ledger, claimedAt: 1 }],
    [{ ...ledger, anchor: 'x' }],
    [{ ...ledger, anchor: { size: '1', root: 'x' } }],
    [{ ...ledger, anchor: { size: 1 } }],
  ])('a predicate without its place in the log is refused: %j', (wrong) => {
    expect(() => ledgerFacts({ kind: 'x', subjects: [], predicate: { ledger: wrong } })).toThrow(/predicate.ledger/)
  })

  test('the tree that a statement names is told', () => {
    expect(ledgerFacts({ kind: 'x', subjects: [], predicate: { ledger } }).anchor).toEqual({ size: 1, root: 'x' })
    expect(toBase64(utf8('x'))).toBe('eA==')
  })
})
