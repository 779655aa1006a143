// SPDX-License-Identifier: Apache-2.0
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { kinds } from '../kinds/registry.ts'
import { detectFormat, expectFormat, formatOf, formats } from './registry.ts'
import { finding, sarifLog, testResult, xccdfFile, arfFile } from './testdata/reports.ts'

const detect = async (name: string, content: unknown) =>
  (
    await detectFormat(
      Buffer.isBuffer(content) ? content : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)),
      name,
    )
  ).id

describe('file formats', () => {
  it('name only kinds that exist, and have different ids', () => {
    const known = new Set(kinds.map(({ id }) => id))
    for (const format of formats) for (const kind of format.kinds) expect(known, format.id).toContain(kind)
    expect(new Set(formats.map(({ id }) => id)).size).toBe(formats.length)
    expect(() => formatOf('xlsx')).toThrow(/expected one of ocsf, sarif, xccdf, csv, document; got xlsx/)
  })

  it('are told by content, whatever the file is called', async () => {
    expect(await detect('a.txt', [finding()])).toBe('ocsf')
    expect(await detect('a.txt', JSON.stringify(finding()))).toBe('ocsf')
    expect(await detect('a.json', sarifLog([]))).toBe('sarif')
    expect(await detect('a.bin', xccdfFile(testResult()))).toBe('xccdf')
    expect(await detect('a.xml', arfFile(testResult({ prefix: 'xccdf' })))).toBe('xccdf')
    expect(await detect('a', 'x;y;z\n1;2;3\n')).toBe('csv')
    expect(await detect('a.csv', 'x\n1\n')).toBe('csv')
    expect(await detect('a', Buffer.from('\uFEFFx\ty\tz\n1\t2\t3\n', 'utf16le'))).toBe('csv')
  })

  it('that are not known are named, with those that are', async () => {
    await expect(detect('a.zip', Buffer.from('504b0304140000000000', 'hex'))).rejects.toMatchObject({
      code: 'UNKNOWN_FORMAT',
      message: expect.stringMatching(/a zip file .*unpack it first/),
    })
    await expect(detect('a.gz', gzipSync('[]'))).rejects.toThrow(/a gz file .*unpack it first/)
    await expect(
      detect('a.png', Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex')),
    ).rejects.toThrow(/a png file/)
    await expect(detect('a.xml', '<?xml version="1.0"?><testsuites/>')).rejects.toThrow(
      /XML with the root element testsuites; formats that are read: OCSF findings, SARIF log/,
    )
    await expect(detect('a.xml', '<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY y "z>">]><x>&y;</x>')).rejects.toThrow(
      /XML or HTML with a DOCTYPE; reports have none/,
    )
    await expect(detect('a.txt', 'hello')).rejects.toThrow(/text that begins "hello"/)
    await expect(detect('a', Buffer.from([0, 1, 2, 3]))).rejects.toThrow(/a binary file of an unknown kind/)
  })

  it('that a person names are held against the content', async () => {
    await expect(expectFormat(formatOf('sarif'), Buffer.from(JSON.stringify([finding()])), 'x')).rejects.toMatchObject({
      code: 'WRONG_FORMAT',
      message: expect.stringContaining(
        'expected a file of the format SARIF log, got JSON with members such as message',
      ),
    })
    await expectFormat(formatOf('document'), Buffer.from([0]), 'x')
  })
})
