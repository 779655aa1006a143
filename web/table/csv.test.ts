// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { csvOf } from './csv.ts'

const columns = [
  { id: 'a', header: 'Name', cell: () => null, text: (row: { a: string; n: number }) => row.a },
  { id: 'b', header: 'Count', cell: () => null, text: (row: { a: string; n: number }) => row.n },
  { id: 'c', header: 'Picture', cell: () => null },
]

describe('exporting a list', () => {
  test('only columns that have a text are exported, under their headings', () => {
    expect(csvOf(columns, [{ a: 'x', n: 1 }])).toBe('Name,Count\r\nx,1\r\n')
  })

  test('a comma, a quote and a line break do not break the table', () => {
    expect(csvOf(columns, [{ a: 'a,"b"\nc', n: 2 }])).toBe('Name,Count\r\n"a,""b""\nc",2\r\n')
  })

  test('a cell that begins like a formula stays text in a spreadsheet', () => {
    expect(csvOf(columns, [{ a: '=HYPERLINK("x")', n: -3 }])).toBe('Name,Count\r\n"\'=HYPERLINK(""x"")",-3\r\n')
  })
})
