// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import type { Census, Row } from '../collected.ts'
import {
  MOST_RECORDS,
  plainText,
  refuseFile,
  rowOf,
  type Format,
  type Parsed,
  type ReadOptions,
  type TableOptions,
} from '../import.ts'
import type { Kind } from '../kind.ts'
import { kindOf, kinds } from '../kinds/registry.ts'
import { fieldsOf, valueOf, WrongCell, type Field } from './cells.ts'
import { counted, RecordCounter } from './counting.ts'
import { delimiterOf, type Delimiter } from './table-head.ts'

/**
 * A table of text (RFC 4180 and its relatives with semicolons or tabs), by a mapping of its columns to the fields of a
 * kind. Somebody prepared it, so the preparer is named, and what they say about the number of rows is held against it.
 */
export const csv: Format = {
  id: 'csv',
  version: '1',
  name: 'CSV table',
  says: 'Any list exported from a system without a connector: people, accounts, devices, trainings, backups…',
  kinds: kinds.map(({ id }) => id).filter((id) => id !== 'document'),
  extensions: ['.csv', '.tsv', '.txt'],
  media_type: 'text/csv',
  isText: true,
  detect(head, name) {
    if (/^\s*[[{<]/.test(head.toString('utf8', 0, 64))) return false
    if (/\.(?:csv|tsv)$/i.test(name)) return true
    const delimiter = delimiterOf(head)
    const [first = '', second = ''] = head
      .toString('utf8')
      .replaceAll(/"(?:[^"]|"")*"/g, '""')
      .split(/\r?\n/)
    const columns = first.split(delimiter).length
    return columns >= 3 && second.split(delimiter).length === columns
  },
  async read(chunks, options) {
    const { table } = options
    if (!table) throw refuseFile('MAPPING_NEEDED', 'expected a mapping of columns to the fields of a kind', '/table')
    if (options.prepared_by === '')
      throw refuseFile('PREPARER_NEEDED', 'a table is made by somebody; name who prepared it', '/prepared_by')
    return [await readTable(chunks, table, options)]
  },
}

async function readTable(chunks: Iterable<Uint8Array>, table: TableOptions, options: ReadOptions): Promise<Parsed> {
  const kind = kindOf(table.kind)
  if (kind.id === 'document')
    throw refuseFile('MAPPING_WRONG', 'a document is attached, not imported from a table', '/table/kind')
  const { head, all } = headFirst(chunks)
  const delimiter = delimiterOf(head)
  const counter = new RecordCounter(delimiter)
  const reading = new TableReading(kind, table)
  for await (const { record, from, to } of recordsOf(counted(all, counter), delimiter)) reading.add(record, from, to)
  return reading.finish(Math.max(0, counter.end() - 1), options)
}

const ENOUGH_BYTES = 16 * 1024

/** The start of the pieces, and all of them again. */
function headFirst(chunks: Iterable<Uint8Array>): { head: Buffer; all: Iterable<Uint8Array> } {
  const rest = chunks[Symbol.iterator]()
  let head = Buffer.alloc(0)
  for (let next = rest.next(); !next.done; next = rest.next()) {
    head = Buffer.concat([head, next.value])
    if (head.length >= ENOUGH_BYTES) break
  }
  function* all(): Generator<Uint8Array> {
    yield head
    for (let next = rest.next(); !next.done; next = rest.next()) yield next.value
  }
  return { head, all: all() }
}

/** Records that are not blank, with the lines they stand on. */
async function* recordsOf(
  chunks: Iterable<Uint8Array>,
  delimiter: Delimiter,
): AsyncGenerator<{ record: string[]; from: number; to: number }> {
  const parser = parse({
    delimiter,
    relax_column_count: true,
    max_record_size: 1024 * 1024,
  })
  let line = 0
  const source = Readable.from(chunks)
  source.on('error', (error) => parser.destroy(error))
  source.pipe(parser)
  try {
    for await (const record of parser as AsyncIterable<string[]>) {
      const from = line + 1
      // The library counts CR LF inside quotes twice, so lines are counted here.
      line = from + record.reduce((ends, cell) => ends + cell.split('\n').length - 1, 0)
      if (record.some((cell) => cell.trim() !== '')) yield { record, from, to: line }
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const message = plainText(error.message, 200)
    if (error.code === 'CSV_QUOTE_NOT_CLOSED')
      throw refuseFile('FILE_TRUNCATED', `the file ends inside a quoted cell: ${message}`)
    throw refuseFile(error.code === 'CSV_MAX_RECORD_SIZE' ? 'FILE_HOSTILE' : 'FILE_MALFORMED', message)
  }
}

type Cell = (record: readonly string[]) => unknown

/** Makes rows of one kind from records, the first of which are the headers. */
class TableReading {
  private readonly kind: Kind
  private readonly table: TableOptions
  private cells: readonly { readonly field: Field; readonly of: Cell; readonly from: string }[] = []
  private width = 0
  private records = 0
  private readonly rows = new Map<string, Row>()
  private readonly unreachable: { subject: string; because: string }[] = []
  constructor(kind: Kind, table: TableOptions) {
    this.kind = kind
    this.table = table
  }

  add(record: readonly string[], from: number, to: number): void {
    if (this.width === 0) return this.useHeaders(record)
    if (++this.records > MOST_RECORDS)
      throw refuseFile('FILE_TOO_LARGE_TO_READ', `expected at most ${MOST_RECORDS} rows in one file, got more`)
    const place = from === to ? `line ${from}` : `lines ${from}-${to}`
    const made =
      record.length === this.width
        ? this.bodyOf(record)
        : `it has ${record.length} cells where the headers are ${this.width}`
    if (typeof made === 'string') return void this.unreachable.push({ subject: place, because: made })
    const row = rowOf(this.kind, made, place)
    const known = this.rows.get(row.key)
    if (known)
      this.unreachable.push({
        subject: place,
        because: `it is about the same as ${known.pointer}: ${plainText(row.label, 100)}`,
      })
    else this.rows.set(row.key, row)
  }

  finish(counted: number, { prepared_by }: ReadOptions): Parsed {
    if (this.width === 0) throw refuseFile('NOTHING_FOUND', 'expected a line of headers and rows, the table is empty')
    if (this.records === 0 && this.table.declared_rows !== 0)
      throw refuseFile(
        'NOTHING_FOUND',
        'expected rows, the table has none; where that is true, declare 0 rows',
        '/table/declared_rows',
      )
    if (this.rows.size === 0 && this.records > 0)
      throw refuseFile(
        'MAPPING_WRONG',
        `no row fits the kind ${this.kind.id}: ${this.unreachable[0]?.subject} ${this.unreachable[0]?.because}`,
        '/table',
      )
    const declared = this.table.declared_rows
    const listed = this.rows.size + this.unreachable.length
    const isMiscounted = counted !== this.records || (declared !== undefined && declared !== this.records)
    const why = [
      ...(counted === this.records ? [] : [`${counted} records stand in the file, ${this.records} were read`]),
      ...(declared === undefined || declared === this.records
        ? []
        : [`${prepared_by} declared ${declared} rows, the file has ${this.records}`]),
      ...(this.unreachable.length > 0 ? [`${this.unreachable.length} rows do not fit the kind ${this.kind.id}`] : []),
    ]
    const census: Census =
      declared === undefined
        ? { n: counted, exact: 'exact', how: 'line ends outside quotes, less the headers' }
        : { n: declared, exact: 'attested', how: `declared by ${prepared_by}` }
    return {
      stream: `rows:${this.kind.id}`,
      kind: this.kind.id,
      kind_version: this.kind.version,
      outcome: why.length > 0 ? 'partial' : 'complete',
      ...(why.length > 0 ? { why: why.join('; ') } : {}),
      listed,
      collected: this.rows.size,
      unreachable: this.unreachable,
      census,
      reconciliation: isMiscounted ? 'mismatch' : 'equal',
      observed_at: null,
      rows: [...this.rows.values()],
      remarks: [`columns: ${this.cells.map(({ field, from }) => `${field.name} from ${from}`).join(', ')}`],
    }
  }

  /** @throws Refused MAPPING_WRONG when the mapping names a field or header that is not there, or leaves one out */
  private useHeaders(record: readonly string[]): void {
    const headers = record.map((header) => header.trim())
    const { columns, constants } = this.table
    const fields = fieldsOf(this.kind)
    const names = new Set(fields.map(({ name }) => name))
    for (const name of [...Object.keys(columns), ...Object.keys(constants)])
      if (!names.has(name))
        throw refuseFile(
          'MAPPING_WRONG',
          `expected fields of ${this.kind.id} (${[...names].join(', ')}), got ${name}`,
          `/table/columns/${name}`,
        )
    this.cells = fields.flatMap((field) => {
      const header = columns[field.name]
      const constant = constants[field.name]
      if (header !== undefined) return [{ field, of: columnOf(field, headers, header), from: JSON.stringify(header) }]
      if (constant !== undefined) return [{ field, of: constantOf(field, constant), from: 'a constant' }]
      if (field.nullable) return []
      throw refuseFile(
        'MAPPING_WRONG',
        `${field.name} of ${this.kind.id} needs a column or a constant`,
        `/table/columns/${field.name}`,
      )
    })
    this.width = headers.length
  }

  /** The body of a row, or what is wrong with it. */
  private bodyOf(record: readonly string[]): Record<string, unknown> | string {
    const body: Record<string, unknown> = Object.fromEntries(
      Object.keys(this.kind.schema.shape).map((name) => [name, null]),
    )
    for (const { field, of } of this.cells) {
      try {
        body[field.name] = of(record)
      } catch (error) {
        if (error instanceof WrongCell) return `${field.name} ${error.message}`
        throw error
      }
    }
    const parsed = this.kind.schema.safeParse(body)
    if (parsed.success) return body
    return parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
  }
}

function columnOf(field: Field, headers: readonly string[], header: string): Cell {
  const at = headers.indexOf(header.trim())
  if (at < 0 || headers.indexOf(header.trim(), at + 1) >= 0)
    throw refuseFile(
      'MAPPING_WRONG',
      `expected one column ${JSON.stringify(header)} among ${headers
        .slice(0, 40)
        .map((name) => JSON.stringify(name))
        .join(', ')}`,
      `/table/columns/${field.name}`,
    )
  return (record) => valueOf(field, record[at] ?? '')
}

function constantOf(field: Field, constant: string): Cell {
  try {
    const value = valueOf(field, constant)
    return () => value
  } catch (error) {
    if (error instanceof WrongCell)
      throw refuseFile('MAPPING_WRONG', `${field.name} ${error.message}`, `/table/constants/${field.name}`)
    throw error
  }
}
