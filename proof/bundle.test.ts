// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { BAG_DECLARATION, byName, manifestText, parseManifest } from './bag.ts'
import { bundleInZip, filesFrom, readWhole } from './bundle-files.ts'
import { fileNameOf, isKnownPath, writeBundle } from './bundle.ts'
import { toBase64, utf8 } from './bytes.ts'
import { leafHash } from './hash.ts'
import { parseVerifierKey } from './note.ts'
import { SmallLog, smallBundle, usualLog } from './testdata/small-log.ts'
import { formatTlogProof, parseTlogProof, verifyTlogProof } from './tlog-proof.ts'
import { memoryAccess } from './zip.ts'
import { writeZip, type ZipFile } from './zip-write.ts'

const digest = 'a'.repeat(64)

describe('the bag', () => {
  test('a manifest is sorted, and read only as it is written', () => {
    const digests = new Map([
      ['data/b', digest],
      ['data/a b', digest],
    ])
    const text = manifestText(digests)
    expect(text).toBe(`${digest}  data/a b\n${digest}  data/b\n`)
    expect([...parseManifest(utf8(text)).keys()]).toEqual(['data/a b', 'data/b'])
    expect(byName('a', 'a')).toBe(0)
  })

  test.each([
    ['unsorted', `${digest}  b\n${digest}  a\n`],
    ['a path twice', `${digest}  a\n${digest}  a\n`],
    ['one space', `${digest} a\n`],
    ['capitals', `${'A'.repeat(64)}  a\n`],
    ['the mark of binary files', `${digest} *a\n`],
    ['a path that leads out', `${digest}  ../a\n`],
    ['no newline at the end', `${digest}  a`],
    ['an empty line', `${digest}  a\n\n`],
  ])('a manifest with %s is refused', (_, text) => {
    expect(() => parseManifest(utf8(text))).toThrow(/expected/)
  })
})

describe('writing', () => {
  const head = { name: 'b', info: [['Note', 'two\nlines']] as const, seal: () => utf8('{}') }
  const write = async (payload: readonly ZipFile[]): Promise<string> => {
    const pieces: Buffer[] = []
    for await (const piece of writeBundle(head, payload)) pieces.push(Buffer.from(piece))
    return Buffer.concat(pieces).toString()
  }

  test('the same content gives the same bundle, apart from the signatures on it', async () => {
    const payload = [{ name: 'data/README.md', bytes: utf8('x') }]
    expect(await write(payload)).toBe(await write(payload))
    expect(await write(payload)).toContain('Payload-Oxum: 1.1\nAssay-Bundle-Version: 1\nNote: two lines\n')
    expect(await write(payload)).toContain(BAG_DECLARATION)
  })

  test('files out of order, twice, or without a place in the layout are refused', async () => {
    const file = (name: string): ZipFile => ({ name, bytes: utf8('') })
    await expect(write([file('data/index.csv'), file('data/README.md')])).rejects.toThrow(/a path after/)
    await expect(write([file('data/README.md'), file('data/README.md')])).rejects.toThrow(/a path after/)
    await expect(write([file('data/secrets.txt')])).rejects.toThrow(/layout/)
    await expect(write([file('README.md')])).rejects.toThrow(/layout/)
  })

  test('files of subjects keep plain names, and others get one that no file system reads otherwise', () => {
    expect(fileNameOf('0-users.json')).toBe('0-users.json')
    for (const name of ['../x', 'a/b', '.hidden', '-rf', 'ü', '', 'x'.repeat(151)])
      expect(fileNameOf(name)).toMatch(/^file-[0-9a-f]{16}$/)
    expect(isKnownPath('data/evidence/IAM-01/col_1/files/0-users.json')).toBe(true)
    expect(isKnownPath('data/evidence/IAM-01/col_1/files/../../x')).toBe(false)
  })
})

describe('files', () => {
  const zipped = async (...names: string[]): Promise<Uint8Array> => {
    const pieces: Buffer[] = []
    for await (const piece of writeZip(names.map((name) => ({ name, bytes: utf8(name) }))))
      pieces.push(Buffer.from(piece))
    return Buffer.concat(pieces)
  }

  test('a bundle lies in one folder of the zip, whatever its name', async () => {
    const files = await bundleInZip(memoryAccess(await zipped('any/', 'any/bagit.txt', 'any/data/x')))
    expect(files.names).toEqual(['bagit.txt', 'data/x'])
    expect(await readWhole(files, 'data/x')).toEqual(Buffer.from('any/data/x'))
    await expect(readWhole(files, 'data/y')).rejects.toThrow('expected the file data/y, got none')
    await expect(readWhole(files, 'data/x', 3)).rejects.toThrow(/at most 3 bytes/)
  })

  test.each([[['bagit.txt']], [['a/bagit.txt', 'b/x']], [['a/x']], [[]]])('%j is no bundle', async (names) => {
    await expect(bundleInZip(memoryAccess(await zipped(...names)))).rejects.toThrow(/one folder with bagit.txt/)
  })

  test('a file in many pieces is read whole', async () => {
    const files = filesFrom(['x'], async function* () {
      yield utf8('a')
      yield utf8('b')
    })
    expect(new TextDecoder().decode(await readWhole(files, 'x'))).toBe('ab')
  })
})

describe('tlog-proof', () => {
  const { log } = usualLog()
  const checkpoint = log.checkpoint()
  const { index, leaf, path } = log.proved(4)
  const text = formatTlogProof({ index, path, checkpoint })
  const keys = [parseVerifierKey(log.vkey)]

  test('a proof looks as C2SP tlog-proof shows, and proves its entry alone', async () => {
    expect(text.startsWith(`c2sp.org/tlog-proof@v1\nindex 4\n${toBase64(path[0]!)}\n`)).toBe(true)
    expect(text.endsWith(`\n\n${checkpoint}`)).toBe(true)
    expect(await verifyTlogProof(leaf, text, keys)).toMatchObject({ included: true, index: 4, checkpoint: { size: 9 } })
    expect((await verifyTlogProof(utf8('x'), text, keys)).included).toBe(false)
    const other = parseVerifierKey(new SmallLog().vkey)
    await expect(verifyTlogProof(leaf, text, [other])).rejects.toThrow(/expected a signature/)
  })

  test('extra data is carried, and a tree of one leaf needs no hashes', () => {
    const proof = { index, path, checkpoint, extra: utf8('x') }
    expect(parseTlogProof(formatTlogProof(proof))).toEqual({
      ...proof,
      path: path.map((hash) => Uint8Array.from(hash)),
    })
    expect(parseTlogProof(formatTlogProof({ index: 0, path: [], checkpoint })).path).toEqual([])
  })

  test.each([
    ['another header', text.replace('@v1', '@v2')],
    ['no index', text.replace('index 4\n', '')],
    ['an index with a zero before it', text.replace('index 4', 'index 04')],
    ['an index beyond 2^53', text.replace('index 4', 'index 9999999999999999')],
    ['a short hash', text.replace(toBase64(path[0]!), toBase64(path[0]!.subarray(1)))],
    ['extra data that is not base64', text.replace('index', 'extra #\nindex')],
    [
      'more hashes than a tree is high',
      formatTlogProof({ index, path: Array<Uint8Array>(64).fill(leafHash(leaf)), checkpoint }),
    ],
    ['no checkpoint', text.split('\n\n')[0]!],
    ['nothing', ''],
  ])('a proof with %s is refused', (_, wrong) => {
    expect(() => parseTlogProof(wrong)).toThrow(/expected/)
  })
})

test('the verifier depends on nothing: no package, no file of the product, and nothing of Node where a browser runs it', () => {
  const folder = new URL('.', import.meta.url)
  const imports = (file: string): string[] => {
    const text = readFileSync(new URL(file, folder), 'utf8')
    return [...text.matchAll(/^(?:import|export)\s(?!type\b)[^'"]*?from '([^']+)'/gm)].map(([, target]) => target!)
  }
  const sources = readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  expect(sources.length).toBeGreaterThan(25)
  for (const file of sources)
    for (const target of imports(file))
      expect(target, file).toMatch(file === 'main.ts' ? /^(\.\/[a-z0-9-]+\.ts|node:[a-z/]+)$/ : /^\.\/[a-z0-9-]+\.ts$/)
  const reached = new Set(['./verify.ts'])
  for (const file of reached) for (const target of imports(file.slice(2))) reached.add(target)
  expect(reached).not.toContain('./main.ts')
  const manifest = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as Record<string, unknown>
  expect(Object.keys(manifest).filter((key) => /dependencies/i.test(key))).toEqual([])
})

test('a browser without node:crypto and node:zlib gets the same answers', async () => {
  const { log, options } = usualLog()
  const bundle = await smallBundle(log, options)
  expect(generateKeyPairSync).toBeTypeOf('function')
  const { execFileSync } = await import('node:child_process')
  const code = `
    const { readFileSync } = process.getBuiltinModule('node:fs')
    const bytes = Uint8Array.from(readFileSync(0))
    const out = (text) => console.log(text)
    process.getBuiltinModule = undefined
    const { openBundle, verifyBundle } = await import(${JSON.stringify(new URL('verify.ts', import.meta.url).href)})
    const { sha256, plainSha256 } = await import(${JSON.stringify(new URL('hash.ts', import.meta.url).href)})
    const summary = await verifyBundle(await openBundle(new Blob([bytes])), {})
    out(JSON.stringify({ plain: sha256 === plainSha256, ok: summary.ok, evidence: summary.evidence }))`
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', code], { input: bundle, encoding: 'utf8' })
  expect(JSON.parse(said)).toEqual({ plain: true, ok: true, evidence: 3 })
})
