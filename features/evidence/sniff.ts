// SPDX-License-Identifier: Apache-2.0

/** A first guess at a file from its name and its beginning, so that the right questions are asked; the server decides. */
export type Guess = 'ocsf' | 'sarif' | 'xccdf' | 'csv' | 'document'

export function guessFormat(name: string, head: string): Guess {
  const start = head.trimStart()
  if (/^[[{]/.test(start)) {
    if (/sarif/i.test(name) || /"\$schema"\s*:\s*"[^"]*sarif/i.test(head)) return 'sarif'
    if (/"class_uid"\s*:\s*\d+|"finding_info"\s*:|"activity_name"\s*:/.test(head)) return 'ocsf'
    return 'document'
  }
  if (start.startsWith('<'))
    return /asset-report-collection|xccdf|<(?:\w+:)?(?:Benchmark|TestResult)/i.test(head) ? 'xccdf' : 'document'
  if (/\.(?:csv|tsv)$/i.test(name)) return 'csv'
  return 'document'
}

/** The headers of a table: its first line, cut at the separator that occurs most. Quoted headers keep their commas. */
export function headersOf(head: string): string[] {
  const line = head.replace(/^\uFEFF/, '').split(/\r?\n/, 1)[0] ?? ''
  const separator = [',', ';', '\t'].toSorted((a, b) => line.split(b).length - line.split(a).length)[0] ?? ','
  const cells: string[] = []
  let cell = ''
  let quoted = false
  for (const char of line)
    if (char === '"') quoted = !quoted
    else if (char === separator && !quoted) {
      cells.push(cell.trim())
      cell = ''
    } else cell += char
  cells.push(cell.trim())
  return cells.filter((text) => text !== '')
}

/** Headers that clearly mean a field: the same word but for case, spaces and signs. */
export function matchColumns(fields: readonly string[], headers: readonly string[]): Record<string, string> {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  const found: Record<string, string> = {}
  for (const field of fields) {
    const header = headers.find((other) => plain(other) === plain(field))
    if (header !== undefined) found[field] = header
  }
  return found
}
