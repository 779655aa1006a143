// SPDX-License-Identifier: Apache-2.0

/** What an operation answers: an object, or a list of them. */
export type Shown = null | string | number | boolean | readonly Shown[] | { readonly [key: string]: Shown }

const WIDEST = 60

/** Prints an answer: JSON as it is, or a table of its rows, or its fields one a line. */
export function print(answer: Shown, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`)
  else process.stdout.write(`${asText(answer)}\n`)
}

export function asText(answer: Shown): string {
  if (isRows(answer)) return table(answer)
  if (answer === null || typeof answer !== 'object' || Array.isArray(answer)) return plain(answer)
  const fields = Object.entries(answer as { [key: string]: Shown })
  const rows = fields.find(([, value]) => isRows(value) && value.length > 0)
  const width = Math.max(0, ...fields.map(([name]) => name.length))
  const lines = fields
    .filter(([name]) => name !== rows?.[0])
    .map(([name, value]) => `${name.padEnd(width)}  ${plain(value)}`)
  return [...(rows ? [table(rows[1] as readonly Row[])] : []), ...lines].join('\n')
}

type Row = { readonly [key: string]: Shown }
const isRows = (value: Shown): value is readonly Row[] =>
  Array.isArray(value) && value.every((row) => typeof row === 'object' && row !== null && !Array.isArray(row))

function table(rows: readonly Row[]): string {
  if (rows.length === 0) return 'nothing'
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const cells = rows.map((row) => columns.map((column) => cut(plain(row[column] ?? null))))
  const widths = columns.map((column, i) => Math.max(column.length, ...cells.map((row) => row[i]!.length))) // same columns
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd() // same columns
  return [line(columns), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n')
}

const cut = (text: string): string => (text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text)

/** One line of plain text; control characters of stored text never reach the terminal. */
function plain(value: Shown): string {
  const text = value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text.replace(/\p{Cc}+/gu, ' ')
}
