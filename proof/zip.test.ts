// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat, equal, toHex, utf8 } from './bytes.ts'
import { crc32 } from './crc32.ts'
import { sha256 } from './hash.ts'
import { centralHeader, LIMIT32, localHeader, zipEnd, type ZipEntry } from './zip-form.ts'
import { writeZip, type ZipFile } from './zip-write.ts'
import { blobAccess, isSafePath, memoryAccess, openZip, ZIP_LIMITS, type RandomAccess, type ZipLimits } from './zip.ts'

async function written(files: readonly ZipFile[]): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of writeZip(files)) pieces.push(piece)
  return concat(...pieces)
}

async function unpacked(access: RandomAccess, limits?: ZipLimits): Promise<ZipFile[]> {
  const zip = await openZip(access, limits)
  const files: ZipFile[] = []
  for (const entry of zip.entries) {
    const pieces: Uint8Array[] = []
    for await (const piece of zip.open(entry)) pieces.push(piece)
    files.push({ name: entry.name, bytes: concat(...pieces) })
  }
  return files
}

/** A zip of one file, with any field of its directory changed. */
function zipOf(
  name: string,
  packed: Uint8Array,
  fields: Partial<ZipEntry> = {},
  patch?: (zip: DataView, central: number) => void,
) {
  const entry = {
    name,
    method: 0,
    crc: crc32(packed),
    packed_bytes: packed.length,
    size_bytes: packed.length,
    offset: 0,
    ...fields,
  }
  const local = localHeader(entry)
  const central = centralHeader(entry)
  const offset = local.length + packed.length
  const zip = concat(local, packed, central, zipEnd({ offset, size: central.length, count: 1 }))
  patch?.(new DataView(zip.buffer), offset)
  return zip
}

const content = utf8('all evidence is equal')
const deflated = { method: 8, crc: crc32(content), size_bytes: content.length }

describe('writing and reading', () => {
  test('what is written is read back, and is plain', async () => {
    const name = fc
      .string({ unit: fc.constantFrom(...'abcü/.'.split('')), minLength: 1, maxLength: 12 })
      .filter(isSafePath)
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.record({ name, bytes: fc.uint8Array({ maxLength: 500 }) }), {
          selector: (f) => f.name,
          maxLength: 6,
        }),
        async (files) => {
          const zip = await written(files)
          expect((await openZip(memoryAccess(zip))).plain).toBe(true)
          const read = await unpacked(memoryAccess(zip))
          expect(read.map((file) => [file.name, toHex(file.bytes)])).toEqual(
            files.map((file) => [file.name, toHex(file.bytes)]),
          )
        },
      ),
      { numRuns: 60 },
    )
  })

  test('the same files give the same bytes, for ever', async () => {
    const zip = await written([
      { name: 'a/b.txt', bytes: content },
      { name: 'c', bytes: utf8('') },
    ])
    expect(toHex(sha256(zip))).toBe(
      toHex(
        sha256(
          await written([
            { name: 'a/b.txt', bytes: content },
            { name: 'c', bytes: utf8('') },
          ]),
        ),
      ),
    )
    expect(zip).toHaveLength(30 + 7 + 21 + 30 + 1 + 46 + 7 + 46 + 1 + 22)
  })

  test('another program reads what we write, and we read what it packs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'assay-zip-'))
    try {
      const python = (code: string): string => execFileSync('python3', ['-c', code], { cwd: folder, encoding: 'utf8' })
      writeFileSync(join(folder, 'ours.zip'), await written([{ name: 'a/ü.txt', bytes: content }]))
      expect(
        python(
          "import zipfile; z=zipfile.ZipFile('ours.zip'); print(z.testzip(), z.namelist(), z.read('a/ü.txt').decode())",
        ).trim(),
      ).toBe(`None ['a/ü.txt'] ${new TextDecoder().decode(content)}`)
      python(
        "import zipfile; z=zipfile.ZipFile('theirs.zip','w',zipfile.ZIP_DEFLATED); z.writestr('a/','');z.writestr('a/b.txt','x'*5000)",
      )
      const theirs = new Blob([readFileSync(join(folder, 'theirs.zip'))])
      expect((await openZip(blobAccess(theirs))).plain).toBe(false)
      expect((await unpacked(blobAccess(theirs))).map(({ name, bytes }) => [name, bytes.length])).toEqual([
        ['a/', 0],
        ['a/b.txt', 5000],
      ])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('large files come in pieces', async () => {
    const bytes = new Uint8Array(2_500_000).fill(1)
    expect((await unpacked(memoryAccess(await written([{ name: 'x', bytes }]))))[0]?.bytes).toHaveLength(2_500_000)
    const packed = deflateRawSync(bytes)
    const zip = zipOf('x', packed, { method: 8, crc: crc32(bytes), size_bytes: bytes.length })
    expect((await unpacked(memoryAccess(zip), { ...ZIP_LIMITS, ratio: 2000 }))[0]?.bytes).toHaveLength(2_500_000)
  })

  test('whoever stops reading early leaves nothing open', async () => {
    const bytes = new Uint8Array(3_000_000).map((_, i) => (i * 7919) >> 3)
    const zip = await openZip(
      memoryAccess(zipOf('x', deflateRawSync(bytes), { method: 8, crc: crc32(bytes), size_bytes: bytes.length })),
    )
    for await (const piece of zip.open(zip.entries[0]!)) {
      expect(piece.length).toBeGreaterThan(0)
      break
    }
  })
})

describe('beyond four gigabytes', () => {
  /** A zip whose middle is a hole: only what is asked for exists. */
  function sparse(parts: readonly (readonly [at: number, bytes: Uint8Array])[], size: number): RandomAccess {
    return {
      size,
      read: async (from, to) => {
        const out = new Uint8Array(Math.max(0, Math.min(to, size) - from))
        for (const [at, bytes] of parts)
          for (let i = Math.max(at, from); i < Math.min(at + bytes.length, to); i++) out[i - from] = bytes[i - at]!
        return out
      },
    }
  }

  test('a file after the limit is found, and the zip is still plain', async () => {
    const hole = LIMIT32 - 1
    const big = { name: 'big', method: 0, crc: 0, packed_bytes: hole, size_bytes: hole, offset: 0 }
    const far = {
      name: 'far',
      method: 0,
      crc: crc32(content),
      packed_bytes: 21,
      size_bytes: 21,
      offset: localHeader(big).length + hole,
    }
    const at = far.offset + localHeader(far).length
    const directory = concat(centralHeader(big), centralHeader(far))
    const end = zipEnd({ offset: at + 21, size: directory.length, count: 2 })
    const access = sparse(
      [
        [0, localHeader(big)],
        [far.offset, localHeader(far)],
        [at, content],
        [at + 21, concat(directory, end)],
      ],
      at + 21 + directory.length + end.length,
    )
    const zip = await openZip(access)
    expect(zip.plain).toBe(true)
    expect(zip.entries[1]).toEqual(far)
    const pieces: Uint8Array[] = []
    for await (const piece of zip.open(zip.entries[1]!)) pieces.push(piece)
    expect(equal(concat(...pieces), content)).toBe(true)
    expect(end).toHaveLength(22 + 56 + 20)
  })

  test('sizes in a zip64 field are read, and other fields are passed over', async () => {
    const zip = zipOf('x', content)
    const central = 30 + 1 + content.length
    const extra = concat(
      utf8('\u0007\u0000\u0002\u0000ab'),
      Uint8Array.of(1, 0, 16, 0, 21, 0, 0, 0, 0, 0, 0, 0, 21, 0, 0, 0, 0, 0, 0, 0),
    )
    const header = zip.slice(central, central + 47)
    const fields = new DataView(header.buffer)
    fields.setUint32(20, LIMIT32, true)
    fields.setUint32(24, LIMIT32, true)
    fields.setUint16(30, extra.length, true)
    const directory = concat(header, extra)
    const whole = concat(
      zip.subarray(0, central),
      directory,
      zipEnd({ offset: central, size: directory.length, count: 1 }),
    )
    const read = await openZip(memoryAccess(whole))
    expect(read.entries[0]).toMatchObject({ size_bytes: 21, packed_bytes: 21 })
    expect(read.plain).toBe(false)
  })

  test.each([
    ['no locator', (view: DataView, at: number) => view.setUint32(at + 56, 0, true), 'locator'],
    ['no record', (view: DataView, at: number) => view.setUint32(at, 0, true), 'zip64 end record'],
    ['a size beyond 2^53', (view: DataView, at: number) => view.setBigUint64(at + 40, 2n ** 60n, true), 'under 2^53'],
  ])('a big zip with %s is refused', async (_, patch, message) => {
    const end = zipEnd({ offset: 0, size: 0, count: 70_000 })
    patch(new DataView(end.buffer), 0)
    await expect(openZip(memoryAccess(end))).rejects.toThrow(message)
  })

  test('a file that comes in pieces gives the same zip as one that is held', async () => {
    const held = [
      { name: 'a', bytes: content },
      { name: 'b', bytes: utf8('after it') },
    ]
    const large = (size_bytes: number) => ({
      ...{ name: 'a', size_bytes, sha256: toHex(sha256(content)) },
      pieces: (async function* () {
        for (let at = 0; at < content.length; at += 5) yield content.subarray(at, at + 5)
      })(),
    })
    const zip: number[] = []
    for await (const piece of writeZip([large(content.length), held[1]!]))
      if ('bytes' in piece) zip.splice(piece.at, piece.bytes.length, ...piece.bytes)
      else zip.push(...piece)
    expect(toHex(Uint8Array.from(zip))).toBe(toHex(await written(held)))
    await expect(
      (async () => {
        for await (const piece of writeZip([large(content.length - 1)])) expect(piece).toBeDefined()
      })(),
    ).rejects.toThrow(/expected 20 bytes of a, got 21/)
  })

  test('a file of four gigabytes is not written', async () => {
    const bytes = { length: LIMIT32 } as Uint8Array
    await expect(written([{ name: 'x', bytes }])).rejects.toThrow(/less than 4 GiB/)
  })
})

describe('a zip is refused', () => {
  const refuses = (zip: Uint8Array, limits?: ZipLimits) => expect(unpacked(memoryAccess(zip), limits)).rejects

  test.each(['../x', '/x', 'a//b', 'a/./b', 'a\\b', 'C:x', 'a\nb', 'a/../b', 'x'.repeat(401), ''])(
    'with a path that leads elsewhere: %j',
    async (name) => {
      await refuses(zipOf(name, content)).toThrow(/stays in its folder/)
    },
  )

  test('with a file twice', async () => {
    await refuses(
      await written([
        { name: 'x', bytes: content },
        { name: 'x', bytes: content },
      ]),
    ).toThrow('got x twice')
  })

  test.each([
    ['a method that is not ours', zipOf('x', content, { method: 12 }), 'method 12'],
    ['stored bytes of two sizes', zipOf('x', content, { size_bytes: 20 }), 'stored bytes'],
    ['another checksum', zipOf('x', content, { crc: 1 }), 'with their checksum'],
    [
      'deflated bytes of another size',
      zipOf('x', deflateRawSync(content), { ...deflated, size_bytes: 20 }),
      'with their checksum',
    ],
    ['bytes that are not deflated', zipOf('x', utf8('\u0007nothing'), deflated), 'deflated bytes'],
    ['encrypted files', zipOf('x', content, {}, (view, at) => view.setUint16(at + 8, 0x0801, true)), 'encrypted'],
    ['no header where it says', zipOf('x', content, {}, (view) => view.setUint32(0, 0, true)), 'the header of x'],
    [
      'no header in the directory',
      zipOf('x', content, {}, (view, at) => view.setUint32(at, 0, true)),
      'header at byte 0',
    ],
    [
      'another count',
      zipOf('x', content, {}, (view) => view.setUint16(view.byteLength - 12, 2, true)),
      'expected 2 files',
    ],
    ['a name that is cut', zipOf('x', content, {}, (view, at) => view.setUint16(at + 28, 9, true)), 'expected 1 files'],
    [
      'a directory after its end',
      zipOf('x', content, {}, (view) => view.setUint32(view.byteLength - 6, 60, true)),
      'directory before',
    ],
    ['a file that is cut', zipOf('x', content, { packed_bytes: 1000, size_bytes: 1000 }), 'expected'],
    ['nothing in it', utf8('not a zip at all, not even nearly'), 'without its end'],
    ['no bytes', utf8(''), 'without its end'],
  ])('with %s', async (_, zip, message) => {
    await refuses(zip).toThrow(message)
  })

  test('beyond its limits: files, bytes, ratio', async () => {
    const bomb = zipOf('x', deflateRawSync(new Uint8Array(3_000_000)), { method: 8, size_bytes: 3_000_000, crc: 0 })
    await refuses(bomb, { ...ZIP_LIMITS, ratio: 100 }).toThrow(/100 times/)
    await refuses(zipOf('x', content), { ...ZIP_LIMITS, entries: 0 }).toThrow(/at most 0 files/)
    await refuses(zipOf('x', content), { ...ZIP_LIMITS, size_bytes: 20 }).toThrow(/at most 20 bytes/)
  })

  test('a bomb that lies about its size gives no more than it said', async () => {
    const zip = zipOf('x', deflateRawSync(new Uint8Array(50_000_000)), { method: 8, size_bytes: 100_000, crc: 0 })
    const opened = await openZip(memoryAccess(zip))
    let got = 0
    const read = async (): Promise<void> => {
      for await (const piece of opened.open(opened.entries[0]!)) got += piece.length
    }
    await expect(read()).rejects.toThrow(/100000 bytes/)
    expect(got).toBeLessThanOrEqual(100_000)
  })

  test('a source that fails for another reason is not called a bad zip', async () => {
    const zip = zipOf('x', deflateRawSync(content), deflated)
    const access: RandomAccess = {
      size: zip.length,
      read: async (from, to) => {
        if (from === 31) throw new RangeError('the disk is gone')
        return zip.subarray(from, to)
      },
    }
    await expect(unpacked(access)).rejects.toThrow('the disk is gone')
  })
})

test('any byte changed in a zip shows: it is no longer plain, or its files are not the same', async () => {
  const files = [
    { name: 'a/x', bytes: content },
    { name: 'b', bytes: utf8('b') },
  ]
  const zip = await written(files)
  for (let at = 0; at < zip.length; at++)
    for (const bit of [1, 0x20, 0x80]) {
      const changed = Uint8Array.from(zip)
      changed[at]! ^= bit
      const noticed = await (async (): Promise<boolean> => {
        if (!(await openZip(memoryAccess(changed))).plain) return true
        const read = await unpacked(memoryAccess(changed))
        return read.some((file, i) => file.name !== files[i]!.name || !equal(file.bytes, files[i]!.bytes))
      })().catch((error: Error) => error.name === 'Malformed')
      if (!noticed) throw new Error(`byte ${at} may change by ${bit}`)
    }
})
