// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises'
import { detectFormat, expectFormat, formatOf, HEAD_BYTES } from '../../catalog/imports/registry.ts'
import { readFileApart } from '../../catalog/imports/run.ts'
import type { Format, Parsed } from '../../catalog/import.ts'
import { kindOf } from '../../catalog/kinds/registry.ts'
import { digestRows } from '../../catalog/row-digests.ts'
import type { Ctx } from '../../lib/action.ts'
import type { Tx } from '../../lib/db.ts'
import { publish } from '../../lib/events.ts'
import type { Waiting } from '../../lib/inbox.ts'
import { Refused } from '../../lib/refused.ts'
import { narrowed } from './evidence.ts'
import { keepFile, packFile } from './captures.store.ts'
import { recordCollection, type Kept } from './evidence.store.ts'
import { collectedOf, importOptions, lessThanWhole, readOptionsOf } from './imports.ts'
import { findSameFile, finishImport, type ImportRow } from './imports.store.ts'
import { findCollections } from './reading.store.ts'
import { wordsOfStream } from './standing.store.ts'

/** The caller's own upload. @throws Refused UNKNOWN_UPLOAD */
export async function receivedFile(ctx: Pick<Ctx, 'inbox' | 'tx'>, upload: string): Promise<Waiting> {
  const file = await ctx.inbox.find(ctx.tx.org, upload)
  if (file.by !== ctx.tx.actor)
    throw new Refused('UNKNOWN_UPLOAD', 'this file was received from somebody else; upload it yourself', {
      status: 404,
      pointer: '/upload',
    })
  return file
}

export async function headOf(path: string): Promise<Buffer> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** The format a file was said to be, or the one it is. @throws Refused UNKNOWN_FORMAT, WRONG_FORMAT */
export async function formatFor(file: Waiting, named: string | undefined): Promise<Format> {
  const head = await headOf(file.path)
  if (named === undefined) return await detectFormat(head, file.name)
  const format = formatOf(named)
  await expectFormat(format, head, file.name)
  return format
}

/** A file that was read, with its bytes encrypted and durable. */
export interface FileRead {
  readonly file: Waiting
  readonly format: Format
  readonly parsed: readonly Parsed[]
  readonly kept: Kept
}

/** Reads the file in a thread apart while its bytes are packed, and keeps them. Changes nothing that anybody sees. */
export async function readAndKeep(
  { blobs, tx }: { readonly blobs: Ctx['blobs']; readonly tx: Pick<Tx, 'org'> },
  { format: id, series, options }: ImportRow,
  file: Waiting,
): Promise<FileRead> {
  const format = formatOf(id)
  const reading = { format: id, path: file.path, options: readOptionsOf(file, series, importOptions.parse(options)) }
  const [parsed, packed] = await Promise.all([readFileApart(reading), packFile(file.path)])
  if (packed.sha256 !== file.sha256) throw new Error(`upload ${file.id} changed on disk since it was received`)
  return { file, format, parsed, kept: await keepFile(blobs, tx.org, packed) }
}

/** What one stream of a file became. */
export interface RecordedStream {
  readonly id: string
  readonly stream: string
  readonly kind: string
  readonly outcome: string
  readonly why: string | null
  readonly collected: number
}

/** Records all streams of a file and ends the import, in the caller's transaction. */
export async function recordFile(
  { tx, jobs, inbox }: Pick<Ctx, 'tx' | 'jobs' | 'inbox'>,
  { id, series, upload, options: kept }: ImportRow,
  read: FileRead,
  by: 'import' | 'person' = 'import',
): Promise<RecordedStream[]> {
  const options = importOptions.parse(kept)
  const corrected = await correctedStreams(tx, series, read, options.supersedes)
  const recorded: RecordedStream[] = []
  for (const parsed of read.parsed) {
    const collected = collectedOf(options.whole ? parsed : await narrowedBy(tx, series, parsed), {
      ...read,
      series,
      options,
    })
    const source = { kind: by, ref: series, name: series }
    const made = await recordCollection(
      tx,
      kindOf(parsed.kind),
      source,
      collected,
      read.kept,
      corrected.get(parsed.stream),
    )
    corrected.delete(parsed.stream) // a reading is corrected once; a file may hold several of one stream
    await jobs.enqueue(tx, 'judge', { collection_id: made.collection_id }, { key: made.collection_id })
    recorded.push({
      id: made.collection_id,
      stream: collected.stream,
      kind: collected.kind,
      outcome: collected.outcome,
      why: collected.why ?? made.suspect ?? null,
      collected: collected.collected,
    })
  }
  await finishImport(tx, id, { state: 'done', collection_ids: recorded.map((made) => made.id) })
  await publish(tx, 'import', { id, state: 'done', collections: recorded.length })
  tx.afterCommit(() => inbox.remove(tx.org, upload))
  return recorded
}

/**
 * Which stream of the file corrects which reading. @throws Refused UNKNOWN_EVIDENCE, OTHER_SERIES, ALREADY_IMPORTED when
 * the very file is recorded already and is not what is corrected
 */
async function correctedStreams(
  tx: Tx,
  series: string,
  { file, format, parsed }: FileRead,
  supersedes: readonly string[],
): Promise<Map<string, string>> {
  const found = await findCollections(tx, supersedes)
  const unknown = supersedes.find((id) => !found.some((collection) => collection.id === id))
  if (unknown !== undefined)
    throw new Refused('UNKNOWN_EVIDENCE', `no evidence ${unknown}`, { status: 404, pointer: '/supersedes' })
  const other = found.find(({ stream }) => !parsed.some((one) => one.stream === stream))
  if (other)
    throw new Refused(
      'OTHER_SERIES',
      `the file has nothing of the stream ${other.stream}, so it cannot correct ${other.id}`,
      {
        pointer: '/supersedes',
      },
    )
  const producer = { producer: `import:${format.id}`, version: format.version }
  const same = await findSameFile(tx, { sha256: file.sha256, series, ...producer })
  const twice = same.find(({ id }) => !supersedes.includes(id))
  if (twice)
    throw new Refused(
      'ALREADY_IMPORTED',
      `this very file was recorded in the series "${series}" before, as ${twice.id}`,
      {
        status: 409,
        pointer: '/upload',
      },
    )
  return new Map(found.map(({ id, stream }) => [stream, id]))
}

/** A scan that leaves out rules of the one before says nothing of them, so it is recorded as a part. */
async function narrowedBy(tx: Tx, series: string, parsed: Parsed): Promise<Parsed> {
  const kind = kindOf(parsed.kind)
  if (kind.part === undefined || parsed.outcome !== 'complete') return parsed
  const before = await wordsOfStream(
    tx,
    { source_kind: 'import', source_ref: series, stream: parsed.stream },
    kind.part,
  )
  const { parts } = parsed.digests ?? digestRows(kind, parsed.rows)
  const why = narrowed(before, new Set(parts))
  return why === undefined ? parsed : lessThanWhole(parsed, why)
}
