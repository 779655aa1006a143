// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { plainText } from '../../catalog/import.ts'
import { fieldsOf, type Field } from '../../catalog/imports/cells.ts'
import { formatOf, formats, readableText } from '../../catalog/imports/registry.ts'
import { readTableHead, suggestMappings } from '../../catalog/imports/table-head.ts'
import { kindOf } from '../../catalog/kinds/registry.ts'
import { command, MANAGEMENT, query, READERS } from '../../lib/action.ts'
import type { Tx } from '../../lib/db.ts'
import { publish } from '../../lib/events.ts'
import type { JobHandler } from '../../lib/jobs.ts'
import { keyMoment, keyOf, page, pageInput, pageOf } from '../../lib/page.ts'
import { Refused } from '../../lib/refused.ts'
import type { Services } from '../../lib/services.ts'
import { formatFor, headOf, readAndKeep, receivedFile, recordFile } from './file-recording.actions.ts'
import { importOptions, INLINE_BYTES, lineText } from './imports.ts'
import { finishImport, listImports, startImport, takeImport, type ImportRow } from './imports.store.ts'

/** Those who put evidence forward: the management side. */
export const PUT_FORWARD = [...MANAGEMENT, 'system'] as const

const recordedOutput = z.object({
  id: z.string(),
  stream: z.string(),
  kind: z.string(),
  outcome: z.string(),
  why: z.string().nullable(),
  collected: z.number(),
})
const importOutput = z.object({
  id: z.string(),
  name: z.string(),
  size_bytes: z.number(),
  sha256: z.string(),
  format: z.string(),
  series: z.string(),
  state: z.enum(['queued', 'running', 'done', 'refused', 'failed']),
  code: z.string().nullable(),
  because: z.string().nullable(),
  collection_ids: z.array(z.string()),
  requested_by: z.string(),
  requested_at: z.string(),
  finished_at: z.string().nullable(),
})

const uploadId = z.string().max(40).describe('Id of the received file, from POST /api/v1/uploads')
const tableField = z.object({
  name: z.string(),
  type: z.enum(['text', 'whole number', 'yes or no', 'moment', 'day', 'list', 'word']),
  words: z.array(z.string()),
  nullable: z.boolean(),
  description: z.string().nullable(),
})

export const importActions = {
  'evidence.formats': query({
    summary: 'List the file formats that can be imported',
    may: READERS,
    input: z.strictObject({}),
    output: z.object({
      rows: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          says: z.string(),
          kinds: z.array(z.string()),
          extensions: z.array(z.string()),
        }),
      ),
      tables: z
        .array(z.object({ kind: z.string(), says: z.string(), fields: z.array(tableField) }))
        .describe('Kinds that the rows of a table can be, with the fields that columns are mapped to'),
    }),
    run: async () => ({
      rows: formats.map((format) => ({ ...format, kinds: [...format.kinds], extensions: [...format.extensions] })),
      tables: formatOf('csv')
        .kinds.map(kindOf)
        .map((kind) => ({ kind: kind.id, says: kind.says, fields: fieldsOf(kind).map(asField) })),
    }),
  }),

  'evidence.inspect': query({
    summary: 'Tell what an uploaded file is, and how the columns of a table could be mapped',
    may: PUT_FORWARD,
    input: z.strictObject({ upload: uploadId }),
    output: z.object({
      name: z.string(),
      size_bytes: z.number(),
      sha256: z.string(),
      format: z.string(),
      table: z
        .object({
          delimiter: z.string(),
          headers: z.array(z.string()),
          rows: z.array(z.array(z.string())).describe('The first records as they stand'),
          suggestions: z.array(
            z.object({ kind: z.string(), columns: z.record(z.string(), z.string()), missing: z.array(z.string()) }),
          ),
        })
        .nullable(),
    }),
    async run(ctx, { upload }) {
      const file = await receivedFile(ctx, upload)
      const format = await formatFor(file, undefined)
      return { ...file, format: format.id, table: format.id === 'csv' ? tableOf(await headOf(file.path)) : null }
    },
  }),

  'evidence.import': command({
    summary: "Read a scanner's file or a table that was uploaded, and record what it says",
    may: PUT_FORWARD,
    input: importOptions.omit({ document: true }).extend({
      upload: uploadId,
      format: z.string().max(40).optional().describe('Format of the file; found out when absent'),
      series: lineText(120).describe('The series of files it belongs to, such as "production account, weekly"'),
    }),
    output: importOutput.extend({ collections: z.array(recordedOutput) }),
    async run(ctx, { upload, format: named, series, ...options }) {
      const file = await receivedFile(ctx, upload)
      const format = await formatFor(file, named)
      if (format.id === 'document')
        throw new Refused('WRONG_FORMAT', 'a document is attached (evidence.attach), not imported', {
          pointer: '/format',
        })
      const started = await startImport(ctx.tx, { ...file, upload, format: format.id, series, options })
      if (file.size_bytes > INLINE_BYTES) {
        await ctx.jobs.enqueue(ctx.tx, 'import', { import_id: started.id }, { key: started.id })
        return { ...asOutput(started), collections: [] }
      }
      const read = await readAndKeep(ctx, started, file)
      const collections = await recordFile(ctx, started, read)
      return {
        ...asOutput(started),
        state: 'done' as const,
        collection_ids: collections.map(({ id }) => id),
        collections,
      }
    },
  }),

  'evidence.imports': query({
    summary: 'List files that were handed over to be read, and what became of each',
    may: READERS,
    input: z.strictObject({ ...pageInput, id: z.string().max(40).optional() }),
    output: pageOf(importOutput),
    async run(ctx, { id, limit, after }) {
      const rows = await listImports(ctx.tx, { id }, limit, keyOf(after, z.tuple([keyMoment, z.string()])))
      const found = page(rows, limit, (row) => [row.requested_at, row.id])
      return { ...found, rows: found.rows.map(asOutput) }
    },
  }),
}

const asField = (field: Field): z.infer<typeof tableField> => ({ ...field, words: [...field.words] })

function tableOf(head: Buffer) {
  const { delimiter, headers, rows } = readTableHead(readableText(head) ?? head)
  const suggestions = suggestMappings(headers).map(({ missing, ...rest }) => ({ ...rest, missing: [...missing] }))
  const shown = rows.map((row) => row.map((cell) => plainText(cell, 500)))
  return { delimiter, headers: [...headers], rows: shown, suggestions }
}

const asOutput = (row: ImportRow): z.infer<typeof importOutput> => ({ ...row, collection_ids: [...row.collection_ids] })

/** Reads a large file in the background. Run again after a crash, it finds whether it had come to its end. */
const importJob =
  (services: Services): JobHandler =>
  async ({ org, actor, input }) => {
    const id = z.string().parse(input['import_id'])
    const work = <T>(run: (tx: Tx) => Promise<T>): Promise<T> => services.db.tenant({ org, actor }, run)
    const taken = await work(async (tx) => {
      const row = await takeImport(tx, id)
      if (row) await publish(tx, 'import', { id, state: 'running', phase: 'reading', name: row.name })
      return row
    })
    if (!taken) return
    try {
      const file = await work((tx) => receivedFile({ inbox: services.inbox, tx }, taken.upload))
      const read = await readAndKeep({ blobs: services.blobs, tx: { org } }, taken, file)
      const rows = read.parsed.reduce((sum, parsed) => sum + parsed.rows.length, 0)
      await work((tx) => publish(tx, 'import', { id, state: 'running', phase: 'recording', rows }))
      await work((tx) => recordFile({ ...services, tx }, taken, read))
    } catch (error) {
      const end =
        error instanceof Refused
          ? ({ state: 'refused', code: error.code, because: error.message } as const)
          : ({
              state: 'failed',
              code: 'FAILED',
              because: 'a fault of Assay or its machine; it is tried again',
            } as const)
      await work(async (tx) => {
        if (await finishImport(tx, id, end)) await publish(tx, 'import', { id, state: end.state, code: end.code })
      })
      if (!(error instanceof Refused)) throw error // the queue tries again; taking a failed import is allowed
    }
  }

export const importJobs = { import: importJob } satisfies Readonly<Record<string, (services: Services) => JobHandler>>
