// SPDX-License-Identifier: Apache-2.0
import { Refused } from '../lib/refused.ts'

/** What an operation answers: an object, or a list of them. */
export type Shown = null | string | number | boolean | readonly Shown[] | Fields
interface Fields {
  readonly [key: string]: Shown
}

export interface How {
  readonly json?: boolean | undefined
  /** Path of the one field to print, such as `id` or `rows.id`. */
  readonly field?: string | undefined
  /** Columns of the tables, by comma: `id,counts.fail`. */
  readonly columns?: string | undefined
}

/** Prints an answer: one field alone, JSON as it is, or text for people. @throws Refused UNKNOWN_FIELD */
export function print(answer: Shown, { json, field, columns }: How): void {
  const shown = field === undefined ? answer : pick(answer, field.split('.'), field)
  const asked = columns?.split(',')
  const text = json ? JSON.stringify(shown, null, 2) : field === undefined ? asText(shown, width(), asked) : bare(shown)
  process.stdout.write(`${text}\n`)
}

/** The terminal's width; wide enough for most rows where there is none. */
const width = (): number => process.stdout.columns ?? 160

/** The field at a path; a step into a list goes into each of its entries, unless it is a number. */
export function pick(answer: Shown, path: readonly string[], whole: string): Shown {
  const [step, ...rest] = path
  if (step === undefined) return answer
  if (isList(answer) && !/^\d+$/.test(step)) return answer.map((entry) => pick(entry, path, whole))
  if (typeof answer === 'object' && answer !== null && Object.hasOwn(answer, step))
    return pick((answer as Fields)[step]!, rest, whole) // it has the step as its own
  const known = isFields(answer) ? `; there are ${Object.keys(answer).join(', ')}` : ''
  throw new Refused('UNKNOWN_FIELD', `${whole}: the answer has no ${step}${known}`)
}

/** For scripts: plain text, a list as one entry a line, anything deeper as JSON. */
function bare(shown: Shown): string {
  if (isList(shown)) return shown.map(bare).join('\n')
  return typeof shown === 'object' && shown !== null ? JSON.stringify(shown) : String(shown ?? '')
}

/**
 * For people: fields one a line under the name that `--field` takes, then each list of rows as a table. What a cell has no
 * place for is counted; `--json` has it all.
 */
export function asText(answer: Shown, columns: number, wanted?: readonly string[]): string {
  if (isRows(answer)) return table(answer, columns, wanted)
  if (!isFields(answer)) return plain(answer)
  const found = flat(answer, '', 3)
  const rows = found.filter((entry): entry is [string, readonly Fields[]] => isRows(entry[1]) && entry[1].length > 0)
  const single = found.filter(
    ([name, value]) => !rows.some(([of]) => of === name) && !(name === 'next' && value === null),
  )
  const widest = Math.max(0, ...single.map(([name]) => name.length))
  const lines = single.map(([name, value]) => `${name.padEnd(widest)}  ${plain(value)}`.trimEnd())
  const tables = rows.map(([name, value]) => (name === 'rows' ? '' : `${name}:\n`) + table(value, columns, wanted))
  return [...(lines.length > 0 ? [lines.join('\n')] : []), ...tables].join('\n\n')
}

const isFields = (value: Shown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)
const isList = (value: Shown): value is readonly Shown[] => Array.isArray(value)
const isRows = (value: Shown): value is readonly Fields[] => isList(value) && value.every(isFields)

/** Fields by their paths; objects are opened `deep` times, lists are not. */
const flat = (fields: Fields, under: string, deep: number): [string, Shown][] =>
  Object.entries(fields).flatMap(([name, value]) =>
    isFields(value) && Object.keys(value).length > 0 && deep > 0
      ? flat(value, `${under}${name}.`, deep - 1)
      : [[`${under}${name}`, value]],
  )

const WIDEST = 60
/** Prose gives way down to this; ids, words, numbers and moments are never cut. */
const NARROWEST = 24
const isProse = (cell: string): boolean => cell.includes(' ') || cell.startsWith('{')

interface Column {
  readonly name: string
  readonly cells: readonly string[]
  wide: number
}

/** Columns without a value are left out; those that do not fit are named below. */
function table(rows: readonly Fields[], columns: number, wanted?: readonly string[]): string {
  if (rows.length === 0) return 'nothing'
  const opened = rows.map((row) => Object.fromEntries(flat(row, '', 1)))
  const names = wanted ?? [...new Set(opened.flatMap((row) => Object.keys(row)))]
  const all = names.map((name): Column => {
    const cells = rows.map((row, i) => plain(opened[i]?.[name] ?? (wanted ? pick(row, name.split('.'), name) : null)))
    return {
      name,
      cells,
      wide: Math.max(
        name.length,
        ...cells.map((cell) => (isProse(cell) ? Math.min(cell.length, WIDEST) : cell.length)),
      ),
    }
  })
  const filled = wanted ? all : all.filter(({ cells }) => cells.some((cell) => cell !== ''))
  squeeze(filled, columns)
  const shown = wanted ? filled : filled.filter((_, i) => i === 0 || widthOf(filled.slice(0, i + 1)) <= columns)
  const line = (text: (column: Column) => string): string =>
    shown
      .map((column) => cut(text(column), column.wide).padEnd(column.wide))
      .join('  ')
      .trimEnd()
  const lines = [
    line(({ name }) => name),
    line(({ wide }) => '-'.repeat(wide)),
    ...rows.map((_, i) => line(({ cells }) => cells[i] ?? '')),
  ]
  const left = filled.slice(shown.length).map(({ name }) => name)
  return [...lines, ...(left.length > 0 ? [`Not shown: ${left.join(', ')} (--columns, --json)`] : [])].join('\n')
}

const widthOf = (columns: readonly Column[]): number => columns.reduce((sum, { wide }) => sum + wide + 2, -2)

/** Takes from the widest prose, again and again, until the line fits or nothing can give way. */
function squeeze(columns: readonly Column[], most: number): void {
  const prose = columns.filter(({ cells }) => cells.some(isProse))
  while (widthOf(columns) > most) {
    const widest = prose.toSorted((a, b) => b.wide - a.wide)[0]
    if (!widest || widest.wide <= Math.max(NARROWEST, widest.name.length)) return
    widest.wide -= 1
  }
}

const cut = (text: string, wide: number): string => (text.length > wide ? `${text.slice(0, wide - 1)}…` : text)

/** One line of plain text; control characters of stored text never reach the terminal. */
function plain(value: Shown): string {
  return textOf(value).replace(/\p{Cc}+/gu, ' ')
}

function textOf(value: Shown): string {
  if (!isList(value)) return bare(value)
  return value.length > 0 && isRows(value) ? String(value.length) : value.map(bare).join(', ')
}
