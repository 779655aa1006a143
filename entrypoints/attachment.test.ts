// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { attachment } from './attachment.ts'

/** The name that a browser saves under (RFC 8187 wins over the plain one). */
const savedAs = (header: string): string => decodeURIComponent(/filename\*=UTF-8''(.*)$/.exec(header)?.[1] ?? '')

test.each([
  ['report.pdf', 'report.pdf'],
  ['Übersicht März.csv', 'Übersicht März.csv'],
  ['../../etc/passwd', '_.._etc_passwd'],
  ['C:\\Windows\\system32\\cmd.exe', 'C__Windows_system32_cmd.exe'],
  ['a\0b.txt', 'ab.txt'],
  ['invoice\u202Efdp.exe', 'invoicefdp.exe'],
  ['x"; filename="evil.html', 'x_; filename=_evil.html'],
  ['line\r\nSet-Cookie: a=b', 'lineSet-Cookie_ a=b'],
  ['.bashrc', 'bashrc'],
  ['   ', 'file'],
  ['', 'file'],
  [`${'n'.repeat(4096)}.tar.gz`, `${'n'.repeat(117)}.gz`],
])('%j is saved as %j', (name, saved) => {
  const header = attachment(name)
  expect(header.startsWith('attachment; filename="')).toBe(true)
  expect(savedAs(header)).toBe(saved)
})

test('whatever the name, the header is one plain line and the file saves as one name in one folder', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
      const header = attachment(name)
      expect(header).toMatch(/^attachment; filename="[\x20-\x7e]+"; filename\*=UTF-8''[A-Za-z0-9!#$&+.^_`|~%-]+$/)
      expect(header.split('"')).toHaveLength(3)
      const saved = savedAs(header)
      expect(saved).not.toMatch(/[/\\\0\r\n]|^\./)
      expect(Array.from(saved).length).toBeLessThanOrEqual(120)
    }),
  )
})
