// SPDX-License-Identifier: Apache-2.0
import type { Column } from './column.ts'

/** The rows as CSV (RFC 4180), the columns that have a text only. */
export function csvOf<R>(columns: readonly Column<R>[], rows: readonly R[]): string {
  const kept = columns.filter((column) => column.text !== undefined)
  const lines = [kept.map((column) => cell(column.header))]
  for (const row of rows) lines.push(kept.map((column) => cell(column.text?.(row) ?? '')))
  return lines.map((line) => line.join(',')).join('\r\n') + '\r\n'
}

function cell(value: string | number): string {
  const text = String(value)
  // A spreadsheet would run a cell that begins like a formula; the quote makes it text.
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Offers bytes made on this page as a file. */
export function saveFile(name: string, parts: BlobPart[], type: string): void {
  const url = URL.createObjectURL(new Blob(parts, { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
