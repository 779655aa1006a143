// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { kindOf } from '../../catalog/kinds/registry.ts'
import { command, query, READERS, type Ctx } from '../../lib/action.ts'
import { keyMoment, keyOf, keyCount, page, pageInput, pageOf } from '../../lib/page.ts'
import { Refused } from '../../lib/refused.ts'
import { recordAudit } from '../ledger/ledger.store.ts'
import { listLinks } from './acts.store.ts'
import { linkOutput } from './acts.actions.ts'
import { readCapture } from './captures.store.ts'
import { freshUntil, isFresh, isLate } from './evidence.ts'
import { previewOf, PREVIEW_BYTES } from './preview.ts'
import { getCapture, getCollection, listCaptures, listCollections, type CollectionRow } from './reading.store.ts'
import { factHistory, listFacts, type FactRow } from './standing.store.ts'

const collectionId = z.string().max(40).describe('Id of a piece of evidence, col_…')
const words = (most: number) => z.string().min(1).max(most).optional()

const collectionOutput = z.object({
  id: z.string(),
  source_kind: z.enum(['connection', 'import', 'person']),
  source_ref: z.string(),
  source_name: z.string(),
  stream: z.string(),
  kind: z.string(),
  outcome: z.enum(['complete', 'partial', 'denied', 'unsupported', 'failed']),
  why: z.string().nullable(),
  listed: z.number(),
  collected: z.number(),
  unreachable: z.number().describe('How many subjects could not be read'),
  census: z.object({ n: z.number(), exact: z.string(), how: z.string() }).nullable(),
  reconciliation: z.string(),
  window_from: z.string().nullable(),
  window_to: z.string().nullable(),
  observed_at: z.string().describe('When the source was looked at: the claimed time'),
  recorded_at: z.string().describe('When Assay learned it: the recorded time'),
  recorded_by: z.string(),
  late: z.boolean().describe('It was recorded more than a day after the moment it speaks about; it stays so for ever'),
  fresh_until: z.string(),
  fresh: z.boolean(),
  producer: z.object({
    id: z.string(),
    version: z.string(),
    tool: z.object({ name: z.string(), version: z.string().optional() }).optional(),
    prepared_by: z.string().optional(),
  }),
  remarks: z.array(z.string()),
  suspect: z.string().nullable(),
  supersedes: z.string().nullable(),
  superseded_by: z.string().nullable(),
  manifest: z.string().describe('Name of its statement in the ledger; ledger.proof proves it'),
})
const captureOutput = z.object({
  n: z.number(),
  name: z.string(),
  media_type: z.string(),
  size_bytes: z.number(),
  sha256: z.string(),
  captured_at: z.string(),
  request: z.record(z.string(), z.unknown()),
  response: z.record(z.string(), z.unknown()),
})
const factOutput = z.object({
  id: z.number(),
  subject_id: z.number(),
  key: z.string(),
  label: z.string(),
  kind: z.string(),
  source_name: z.string(),
  source_ref: z.string(),
  stream: z.string(),
  valid_from: z.string(),
  valid_to: z.string().nullable(),
  recorded_at: z.string(),
  late: z.boolean(),
  collection_id: z.string(),
  capture_n: z.number(),
  pointer: z.string(),
  body: z.record(z.string(), z.unknown()),
})

export const readingActions = {
  'evidence.list': query({
    summary: 'List what was read from systems, files and people, newest knowledge first',
    may: READERS,
    shared: true,
    input: z.strictObject({
      ...pageInput,
      source: words(120).describe('A connection, or a series of files'),
      source_kind: z.enum(['connection', 'import', 'person']).optional(),
      stream: words(200),
      kind: words(60),
      outcome: z.enum(['complete', 'partial', 'denied', 'unsupported', 'failed']).optional(),
      control: words(40),
    }),
    output: pageOf(collectionOutput),
    async run(ctx, { limit, after, ...filter }) {
      const key = keyOf(after, z.tuple([keyMoment, z.string()]))
      const found = page(await listCollections(ctx.tx, filter, ctx.knownAt, limit, key), limit, (row) => [
        row.recorded_at,
        row.id,
      ])
      return { ...found, rows: found.rows.map((row) => shown(ctx, row)) }
    },
  }),

  'evidence.get': query({
    summary: 'Show one piece of evidence with its provenance, files and use',
    may: READERS,
    input: z.strictObject({ id: collectionId }),
    output: collectionOutput.extend({
      rows_root: z.string().describe('RFC 6962 root over its rows, so that each of them can be proved'),
      missing: z
        .array(z.object({ subject: z.string(), because: z.string() }))
        .describe('At most 500 that could not be read'),
      captures: z.array(captureOutput),
      links: z.array(linkOutput),
    }),
    async run(ctx, { id }) {
      const row = await getCollection(ctx.tx, id, ctx.knownAt)
      if (!row) throw unknown(id)
      return {
        ...shown(ctx, row),
        rows_root: row.rows_root,
        missing: row.unreachable.slice(0, 500),
        captures: await listCaptures(ctx.tx, id),
        links: await listLinks(ctx.tx, { collection: id }, ctx.knownAt),
      }
    },
  }),

  'evidence.facts': query({
    summary: 'List facts as they stood at a moment, by subject',
    may: READERS,
    input: z.strictObject({
      ...pageInput,
      kind: words(60),
      source: words(120),
      stream: words(200),
      search: words(100).describe('Part of the label or key, as written'),
    }),
    output: pageOf(factOutput),
    async run(ctx, { limit, after, ...filter }) {
      const key = keyOf(after, z.tuple([keyCount]))
      const found = page(await listFacts(ctx.tx, filter, ctx, limit, key?.[0]), limit, (row) => [row.subject_id])
      return { ...found, rows: found.rows.map(factShown) }
    },
  }),

  'evidence.subject': query({
    summary: 'Show everything that was ever believed about one subject, newest first',
    may: READERS,
    input: z.strictObject({ subject_id: z.coerce.number().int().positive() }),
    output: z.object({
      rows: z.array(factOutput.extend({ closed_at: z.string().nullable(), superseded_at: z.string().nullable() })),
    }),
    async run(ctx, { subject_id }) {
      const rows = await factHistory(ctx.tx, subject_id, ctx.knownAt)
      if (rows.length === 0)
        throw new Refused('UNKNOWN_SUBJECT', `nothing is known of a subject ${subject_id}`, { status: 404 })
      return { rows: rows.map((row) => ({ ...row, ...factShown(row) })) }
    },
  }),

  'evidence.preview': command({
    summary: 'Show a part of a captured file as characters; the look is recorded',
    may: READERS,
    input: z.strictObject({
      id: collectionId,
      n: z.number().int().min(0).max(100_000).default(0).describe('Which capture of the evidence'),
      pointer: words(1000).describe('Place of a fact in the capture; the part around it is shown'),
      offset: z.number().int().nonnegative().default(0).describe('First byte, when there is no pointer'),
      length: z.number().int().min(1).max(PREVIEW_BYTES).default(8192),
    }),
    output: z.object({
      name: z.string(),
      media_type: z.string(),
      sha256: z.string(),
      size_bytes: z.number(),
      from: z.number(),
      to: z.number(),
      encoding: z.enum(['text', 'hex']),
      content: z.string(),
      marked: z.object({ from: z.number(), to: z.number() }).nullable(),
    }),
    async run(ctx, { id, n, ...window }) {
      const capture = await getCapture(ctx.tx, id, n)
      if (!capture) throw new Refused('UNKNOWN_CAPTURE', `no capture ${n} of evidence ${id}`, { status: 404 })
      const shown = previewOf(await readCapture(ctx.tx, ctx.blobs, capture), window)
      await recordAudit(ctx.tx, {
        event: 'evidence.previewed',
        subject: id,
        details: { id: String(n), from: shown.from, to: shown.to },
      })
      return { ...capture, ...shown }
    },
  }),
}

const unknown = (id: string): Refused => new Refused('UNKNOWN_EVIDENCE', `no evidence ${id}`, { status: 404 })

/** A reading with what its age says at the moment that is asked for. */
function shown(ctx: Pick<Ctx, 'asOf'>, row: CollectionRow): z.infer<typeof collectionOutput> {
  const kind = kindOf(row.kind)
  return {
    ...row,
    unreachable: row.unreachable.length,
    remarks: [...row.remarks],
    late: isLate(row.observed_at, row.recorded_at),
    fresh_until: freshUntil(kind, row.observed_at),
    fresh: isFresh(kind, row.observed_at, ctx.asOf),
  }
}

const factShown = (row: FactRow): z.infer<typeof factOutput> => ({
  ...row,
  late: isLate(row.valid_from, row.recorded_at),
})
