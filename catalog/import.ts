// SPDX-License-Identifier: Apache-2.0
import { Refused } from '../lib/refused.ts'
import type { Instant } from '../lib/time.ts'
import type { Collected, Producer, Row } from './collected.ts'
import type { Kind } from './kind.ts'

/**
 * A file format that Assay reads. A reader takes the bytes in pieces and gives rows; it has no file, clock or network.
 * It runs in a worker with a memory limit and a deadline, and still bounds everything that a hostile file could grow.
 *
 * Rules of every reader: detect by content; count what the file holds by a second, cheaper method and say so when the
 * two disagree; a word that is not known becomes `unknown`; what a file does not list is not thereby good.
 */
export interface Format {
  readonly id: string
  /** Raised when the same bytes give other rows; part of the evidence. */
  readonly version: string
  readonly name: string
  /** One sentence for people: which tools write it and what it brings. */
  readonly says: string
  /** Ids of the kinds it may give. */
  readonly kinds: readonly string[]
  readonly extensions: readonly string[]
  readonly media_type: string
  /** Text is handed over as UTF-8 without byte order mark, whatever the file's encoding. */
  readonly isText: boolean
  /** Whether the first 64 KiB look like this format. */
  detect(head: Buffer, name: string): boolean
  /** @throws Refused when the file cannot be read as this format at all */
  read(chunks: Iterable<Uint8Array>, options: ReadOptions): Parsed[] | Promise<Parsed[]>
}

export interface ReadOptions {
  /** Name of the file. */
  readonly name: string
  readonly size_bytes: number
  readonly sha256: string
  /** The series of files that this one belongs to: `production account, weekly`. */
  readonly series: string
  /** Person who prepared the file. */
  readonly prepared_by: string
  readonly table?: TableOptions
  readonly document?: DocumentOptions
}

/** How the columns of a table become the fields of a kind. */
export interface TableOptions {
  readonly kind: string
  /** Field of the kind -> header of the column. */
  readonly columns: Readonly<Record<string, string>>
  /** Field of the kind -> the same text for every row. */
  readonly constants: Readonly<Record<string, string>>
  /** How many rows the preparer says there are. */
  readonly declared_rows?: number
}

export interface DocumentOptions {
  readonly source: string
  readonly media_type: string
  readonly period_from: string | null
  readonly period_to: string | null
}

/** One stream of a file. The capture and the producer are added by whoever holds the file. */
export type Parsed = Omit<Collected, 'captures' | 'producer' | 'observed_at'> & {
  /** The newest moment the file itself claims; null when it claims none. */
  readonly observed_at: Instant | null
  readonly tool?: NonNullable<Producer['tool']>
}

/** Reasons why a file is not read. Nothing of it is recorded. */
export type FileRefusal =
  | 'UNKNOWN_FORMAT'
  | 'WRONG_FORMAT'
  | 'FILE_MALFORMED'
  | 'FILE_TRUNCATED'
  | 'FILE_HOSTILE'
  | 'FILE_TOO_LARGE_TO_READ'
  | 'FILE_TOO_SLOW'
  | 'NOTHING_FOUND'
  | 'MAPPING_NEEDED'
  | 'PREPARER_NEEDED'
  | 'MAPPING_WRONG'

export const refuseFile = (code: FileRefusal, message: string, pointer = '/upload'): Refused =>
  new Refused(code, message, { status: 422, pointer })

export const MOST_RECORDS = 1_000_000
export const LARGEST_RECORD_BYTES = 16 * 1024 * 1024

/** Text that a database and canonical JSON can hold: no half characters, no NUL, and no longer than `most`. */
export const plainText = (text: string, most = 2000): string => {
  if (text.length <= most && text.isWellFormed() && !text.includes('\0')) return text
  const whole = text.toWellFormed().replaceAll('\u0000', '\uFFFD')
  return whole.length <= most ? whole : `${whole.slice(0, most - 1).toWellFormed()}…`
}

export const rowOf = (kind: Kind, body: Readonly<Record<string, unknown>>, pointer: string): Row => ({
  key: kind.key(body),
  label: plainText(kind.label(body), 300),
  body,
  capture: 0,
  pointer,
})

/**
 * A moment in any of the ways tools write it, as UTC; undefined when it is none. A time without a zone is UTC, for that
 * is what scanners mean by it; numbers are seconds or milliseconds since 1970.
 */
export function momentOf(value: unknown): Instant | undefined {
  if (typeof value === 'number') return instantOf(Math.abs(value) < 1e11 ? value * 1000 : value)
  if (typeof value !== 'string') return undefined
  const parts =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d{1,9}))?)? ?(Z|UTC|[+-]\d{2}:?\d{2})?$/i.exec(
      value.trim(),
    )
  if (!parts) return undefined
  const [, day = '', time = '00:00', fraction = '', zone = 'Z'] = parts
  const offset = /^(?:Z|UTC)$/i.test(zone) ? 'Z' : zone.replace(/^([+-]\d{2}):?(\d{2})$/, '$1:$2')
  return instantOf(
    Date.parse(`${day}T${time.length === 5 ? `${time}:00` : time}.${fraction.slice(0, 3).padEnd(3, '0')}${offset}`),
  )
}

const instantOf = (ms: number): Instant | undefined =>
  Number.isFinite(ms) && Math.abs(ms) < 8e15 ? new Date(ms).toISOString() : undefined

/** The latest of some moments; null when there is none. */
export const latest = (moments: readonly (Instant | null | undefined)[]): Instant | null =>
  moments.reduce<Instant | null>((last, at) => (at && (last === null || at > last) ? at : last), null)
