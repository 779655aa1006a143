// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import type { CaptureNote, Collected } from '../../catalog/collected.ts'
import type { Format, Parsed, ReadOptions } from '../../catalog/import.ts'
import { day, instant } from '../../catalog/kind.ts'
import { Refused } from '../../lib/refused.ts'
import type { Instant } from '../../lib/time.ts'

/** Files up to this size are read while the person waits; larger ones in the background. */
export const INLINE_BYTES = 2 * 1024 * 1024

/** Plain text on one line: no control characters, no marks that turn the direction of text. */
export const lineText = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u, 'expected plain text on one line')

const field = z.string().min(1).max(100)

/** What a person says about a file; kept with the import so that a job can go on with it. */
export const importOptions = z.strictObject({
  observed_at: instant().optional().describe('When the source was looked at; needed when the file does not say'),
  prepared_by: lineText(200).optional().describe('Who prepared the file by hand; needed for tables'),
  whole: z
    .boolean()
    .default(false)
    .describe('It is a whole scan although it has fewer rules than the one before: what is not in it has ended'),
  table: z
    .strictObject({
      kind: z.string().max(60).describe('Kind of the rows, such as user-account'),
      columns: z.record(field, z.string().min(1).max(300)).describe('Field of the kind -> header of the column'),
      constants: z.record(field, z.string().max(1000)).default({}).describe('Field of the kind -> text for every row'),
      declared_rows: z.number().int().nonnegative().optional().describe('How many rows the preparer says there are'),
    })
    .optional(),
  document: z
    .strictObject({
      source: lineText(300).describe('System or place it comes from'),
      media_type: z.string().max(200),
      period_from: day().nullable(),
      period_to: day().nullable(),
    })
    .optional(),
  supersedes: z.array(z.string().max(40)).max(20).default([]).describe('Readings that this file corrects'),
})
export type ImportOptions = z.infer<typeof importOptions>

/** The file that an import is about, as it was received. */
export interface ReceivedFile {
  readonly name: string
  readonly size_bytes: number
  readonly sha256: string
  readonly received_at: Instant
}

export const readOptionsOf = (file: ReceivedFile, series: string, options: ImportOptions): ReadOptions => ({
  name: file.name,
  size_bytes: file.size_bytes,
  sha256: file.sha256,
  series,
  prepared_by: options.prepared_by ?? '',
  ...(options.table ? { table: tableOf(options.table) } : {}),
  ...(options.document ? { document: options.document } : {}),
})

const tableOf = ({
  declared_rows,
  ...table
}: NonNullable<ImportOptions['table']>): NonNullable<ReadOptions['table']> => ({
  ...table,
  ...(declared_rows === undefined ? {} : { declared_rows }),
})

/** What a file says, made into a reading: with the file itself as its one capture and the reader as its producer. */
export function collectedOf(
  parsed: Parsed,
  made: {
    readonly file: ReceivedFile
    readonly format: Format
    readonly series: string
    readonly options: ImportOptions
  },
): Collected<CaptureNote> {
  const { file, format, series, options } = made
  const { observed_at: claimed, tool, ...rest } = parsed
  const observed_at = options.observed_at ?? claimed
  if (observed_at === null)
    throw new Refused(
      'OBSERVED_AT_NEEDED',
      `${file.name} does not say when the source was looked at; say when, and it will be kept as your word`,
      { pointer: '/observed_at' },
    )
  return {
    ...rest,
    observed_at: new Date(observed_at).toISOString(),
    captures: [
      {
        name: file.name,
        media_type: options.document?.media_type ?? format.media_type,
        captured_at: file.received_at,
        request: { file: file.name, format: format.id, series, sha256: file.sha256 },
      },
    ],
    producer: {
      id: `import:${format.id}`,
      version: format.version,
      ...(tool ? { tool } : {}),
      ...(options.prepared_by ? { prepared_by: options.prepared_by } : {}),
    },
    remarks: [
      ...(rest.remarks ?? []),
      ...(options.observed_at !== undefined && claimed !== observed_at
        ? [`the moment is the word of who imported it; the file says ${claimed ?? 'none'}`]
        : []),
    ],
  }
}

/** A reading that is less than whole, for a reason found after it was parsed. */
export const lessThanWhole = (parsed: Parsed, why: string): Parsed => ({
  ...parsed,
  outcome: 'partial',
  why: parsed.why ? `${parsed.why}; ${why}` : why,
})
