// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { toBase64, utf8 } from './bytes.ts'
import { checkpointText, openCheckpoint, parseCheckpoint, signCheckpoint } from './checkpoint.ts'
import { sha256 } from './hash.ts'
import { cosignatureLine, openNote, parseNote, parseVerifierKey, signatureLine, signNote, verifierKey } from './note.ts'

const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
const ENOCH = 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop'
const TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
const BY_PETER =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n'
const BY_ENOCH =
  '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n'
const NOTE = `${TEXT}\n${BY_PETER}`

const log = generateKeyPairSync('ed25519')
const witness = generateKeyPairSync('ed25519')
const origin = 'assay.dev/ledger/org_1'
const logKey = verifierKey(origin, log.publicKey)
const root = sha256(utf8('root'))

describe('signed notes', () => {
  test('a note of the Go team opens with the key of its signer', async () => {
    const opened = await openNote(NOTE, [parseVerifierKey(PETER)])
    expect(opened.text).toBe(TEXT)
    expect(opened.verified.map(({ name, id }) => `${name}+${id}`)).toEqual(['PeterNeumann+c74f20a3'])
  })

  test('lines of unknown keys are ignored, and all known ones are told', async () => {
    const both = NOTE + BY_ENOCH
    expect((await openNote(both, [parseVerifierKey(ENOCH)])).verified).toHaveLength(1)
    expect((await openNote(both, [PETER, ENOCH].map(parseVerifierKey))).verified).toHaveLength(2)
    expect((await openNote(NOTE + BY_PETER, [parseVerifierKey(PETER)])).verified).toHaveLength(1)
  })

  test('a note that no known key signed is refused', async () => {
    await expect(openNote(NOTE, [parseVerifierKey(ENOCH)])).rejects.toThrow(
      'expected a signature by EnochRoot+af0cfe78, got PeterNeumann+c74f20a3',
    )
    await expect(openNote(NOTE, [])).rejects.toThrow('a known key')
  })

  test('a wrong line of a known key condemns the note, whoever else signed', async () => {
    const wrong = NOTE.replace('think', 'thank') + BY_ENOCH
    await expect(openNote(wrong, [PETER, ENOCH].map(parseVerifierKey))).rejects.toThrow('got an invalid one')
  })

  test('what is signed opens, with two keys while a rotation lasts', async () => {
    const next = generateKeyPairSync('ed25519')
    const note = signNote('a\nb\n', [
      { name: origin, key: log.privateKey },
      { name: origin, key: next.privateKey },
    ])
    const keys = [logKey, verifierKey(origin, next.publicKey)].map(parseVerifierKey)
    expect((await openNote(note, keys)).verified).toHaveLength(2)
    expect((await openNote(note, keys.slice(1))).verified).toHaveLength(1)
    expect(note.endsWith(signatureLine(origin, next.privateKey, 'a\nb\n'))).toBe(true)
  })

  test.each([
    ['no signature', 'text\n\n'],
    ['no empty line', 'text\n— a AAAAAAAA\n'],
    ['no newline at the end', NOTE.slice(0, -1)],
    ['a control character', NOTE.replace('If', '\u0001f')],
    ['half a surrogate pair', NOTE.replace('If', '\ud800')],
    ['a hyphen for the dash', NOTE.replace('—', '-')],
    ['a plus sign in the name', NOTE.replace('— Peter', '— Peter+')],
    ['a signature that is not base64', `${TEXT}\n— a ####\n`],
    ['a signature without bytes', `${TEXT}\n— a ${toBase64(utf8('abcd'))}\n`],
    ['a line too many', `${TEXT}\n${BY_PETER}\n\n`],
    ['more signatures than anybody gives', `${TEXT}\n${BY_PETER.repeat(101)}`],
  ])('a note with %s is refused', (_, note) => {
    expect(() => parseNote(note)).toThrow(/expected/)
  })

  test('only text that ends with a newline is signed', () => {
    expect(() => signNote('text', [{ name: 'a', key: log.privateKey }])).toThrow(/ends with a newline/)
  })
})

describe('verifier keys', () => {
  test('a key is written and read as C2SP signed-note says', () => {
    const key = parseVerifierKey(PETER)
    expect(key).toMatchObject({ name: 'PeterNeumann', id: 'c74f20a3', algorithm: 1 })
    expect(key.publicKey).toHaveLength(32)
    expect(parseVerifierKey(verifierKey('w.example', witness.publicKey, 4)).algorithm).toBe(4)
  })

  test.each([
    ['no parts', 'PeterNeumann'],
    ['another id', PETER.replace('c74f20a3', 'c74f20a4')],
    ['another name', PETER.replace('Peter', 'Petra')],
    ['a space in the name', PETER.replace('PeterN', 'Peter N')],
    ['a key that is cut', PETER.slice(0, -4)],
    ['an algorithm that is not ours', 'x+00000000+AhpclQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'],
    ['no base64', 'x+00000000+####'],
  ])('a key with %s is refused', (_, text) => {
    expect(() => parseVerifierKey(text)).toThrow(/expected/)
  })

  test('a name that lines could not hold is refused', () => {
    for (const name of ['', 'a b', 'a+b', 'a\n', '\ud800'])
      expect(() => verifierKey(name, log.publicKey)).toThrow(/key name/)
  })
})

describe('cosignatures', () => {
  const text = checkpointText({ origin, size: 7, root })
  const verifier = parseVerifierKey(verifierKey('w.example', witness.publicKey, 4))
  const note = `${signCheckpoint({ origin, size: 7, root }, [log.privateKey])}${cosignatureLine('w.example', witness.privateKey, text, 1_770_000_000)}`

  test("a witness's line is verified with the time that it signed", async () => {
    const { verified } = await openNote(note, [parseVerifierKey(logKey), verifier])
    expect(verified.map(({ name, time_s }) => [name, time_s])).toEqual([
      [origin, undefined],
      ['w.example', 1_770_000_000],
    ])
  })

  test('a line whose time was changed, or that is too short, is invalid', async () => {
    const line = note.trimEnd().split('\n').at(-1)!
    const bytes = Buffer.from(line.split(' ')[2]!, 'base64')
    const later = Buffer.from(bytes)
    later[11]! ^= 1
    for (const changed of [later, bytes.subarray(0, -1)])
      await expect(
        openNote(note.replace(line, `— w.example ${changed.toString('base64')}`), [verifier]),
      ).rejects.toThrow(/invalid/)
  })

  test('a checkpoint that only witnesses signed is no checkpoint of the log', async () => {
    await expect(openCheckpoint(note, [verifier])).rejects.toThrow(`expected a signature of the log ${origin}`)
  })
})

describe('checkpoints', () => {
  test('size and root are read back under the signature of the log', async () => {
    const note = signCheckpoint({ origin, size: 81_204, root }, [log.privateKey])
    const opened = await openCheckpoint(note, [parseVerifierKey(logKey)])
    expect(opened).toMatchObject({ origin, size: 81_204, extensions: [] })
    expect(toBase64(opened.root)).toBe(toBase64(root))
    expect(note.startsWith(`${origin}\n81204\n${toBase64(root)}\n\n— ${origin} `)).toBe(true)
  })

  test('a key of another name may not sign for the log', async () => {
    const other = signNote(checkpointText({ origin, size: 1, root }), [{ name: 'other.example', key: log.privateKey }])
    await expect(
      openCheckpoint(other, [parseVerifierKey(verifierKey('other.example', log.publicKey))]),
    ).rejects.toThrow(/signature of the log/)
  })

  test('extension lines are kept', () => {
    expect(parseCheckpoint(`${checkpointText({ origin, size: 0, root })}one\ntwo\n`).extensions).toEqual(['one', 'two'])
  })

  const lines = [origin, '7', toBase64(root), '']
  test.each([
    ['no origin', ['', ...lines.slice(1)]],
    ['no root', lines.slice(0, 2)],
    ['a size with a zero before it', lines.with(1, '07')],
    ['a negative size', lines.with(1, '-7')],
    ['a size beyond 2^53', lines.with(1, '9999999999999999')],
    ['a short root', lines.with(2, toBase64(root.subarray(1)))],
    ['an empty extension', [...lines.slice(0, 3), '', 'x', '']],
    ['no newline at the end', lines.slice(0, 3)],
  ])('a checkpoint with %s is refused', (_, parts) => {
    expect(() => parseCheckpoint(parts.join('\n'))).toThrow(/expected/)
  })
})
