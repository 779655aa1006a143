// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { command, MANAGEMENT, query, READERS } from '../../lib/action.ts'
import { publish } from '../../lib/events.ts'
import type { JobHandler } from '../../lib/jobs.ts'
import { keyOf, page, pageInput, pageOf } from '../../lib/page.ts'
import { Refused } from '../../lib/refused.ts'
import { asSystem, type Services } from '../../lib/services.ts'
import { writeBundle } from '../../proof/bundle.ts'
import { signerOf } from '../ledger/ledger.store.ts'
import { readCheckpoint, readLog } from '../ledger/sequencer.store.ts'
import { wantedSchema } from './bundle.ts'
import { payload } from './payload.store.ts'
import {
  bundlePath,
  failBundle,
  findBundle,
  finishBundle,
  listBundles,
  markRunning,
  organizationName,
  readAttestations,
  readLines,
  saveBundle,
  type BundleRow,
  type Made,
} from './reports.store.ts'

const bundleOutput = z.object({
  id: z.string(),
  name: z.string(),
  wanted: wantedSchema,
  state: z.enum(['queued', 'running', 'done', 'failed']),
  because: z.string().nullable(),
  requested_by: z.string(),
  requested_at: z.string(),
  finished_at: z.string().nullable(),
  size_bytes: z.number().nullable(),
  sha256: z.string().nullable().describe('Of the zip, hex; the `export` leaf commits to it'),
  records: z.number().nullable(),
  tree_size: z.number().nullable().describe('Leaves of the log that its checkpoint covers'),
  manifest: z.string().nullable().describe('The export leaf’s statement'),
})

export const reportsActions = {
  'bundles.export': command({
    summary: 'Make an evidence bundle that anybody can verify offline',
    may: [...MANAGEMENT, 'system'],
    input: wantedSchema.extend({
      name: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/, 'expected letters, digits, dots and hyphens')
        .optional()
        .describe('Name of the file; made from the day when absent'),
    }),
    output: z.object({ id: z.string() }),
    async run({ tx, jobs, now }, { name, ...wanted }) {
      const log = await readLog(tx, tx.org)
      if (log.published_size === 0)
        throw new Refused('NOTHING_PUBLISHED', 'the ledger has no published checkpoint yet; try again in a moment', {
          status: 409,
        })
      const id = await saveBundle(tx, name ?? `evidence-${now.slice(0, 10)}`, wanted)
      await jobs.enqueue(tx, 'export', { bundle_id: id }, { key: id })
      return { id }
    },
  }),
  'bundles.list': query({
    summary: 'List the evidence bundles that were made, newest first',
    may: READERS,
    input: z.strictObject(pageInput),
    output: pageOf(bundleOutput),
    async run({ tx }, { limit, after }) {
      const rows = await listBundles(tx, limit, keyOf(after, z.tuple([z.string(), z.string()])))
      return page(rows, limit, (row) => [row.requested_at, row.id])
    },
  }),
  'bundles.get': query({
    summary: 'Show one evidence bundle and how far it is',
    may: READERS,
    input: z.strictObject({ id: z.string().max(40) }),
    output: bundleOutput,
    async run({ tx }, { id }) {
      const row = await findBundle(tx, id)
      if (!row) throw new Refused('UNKNOWN_BUNDLE', `there is no bundle ${id}`, { status: 404, pointer: '/id' })
      return row
    },
  }),
}

/** Makes a bundle. Run again after a crash it starts over: nothing of an unfinished one was told to anybody. */
const exportJob =
  (services: Services): JobHandler =>
  async ({ org, actor, input }) => {
    const id = z.string().parse(input['bundle_id'])
    const row = await services.db.tenant({ org, actor }, async (tx) => {
      const found = await findBundle(tx, id)
      return found && (await markRunning(tx, id)) > 0 ? found : undefined
    })
    if (!row) return
    try {
      const made = await make(services, { org, actor }, row)
      await services.db.tenant({ org, actor }, async (tx) => {
        await finishBundle(tx, id, made)
        await publish(tx, 'bundle', { id, state: 'done' })
      })
    } catch (error) {
      await rm(bundlePath(services.config.dataDir, org, id), { force: true })
      if (!(error instanceof Refused)) throw error
      await services.db.tenant({ org, actor }, async (tx) => {
        await failBundle(tx, id, error.message)
        await publish(tx, 'bundle', { id, state: 'failed' })
      })
    }
  }

/** Streams the bundle to disk under one unchanging view of the database. @throws Refused NOTHING_TO_EXPORT, BLOB_*, ERASED */
async function make(services: Services, who: { org: string; actor: string }, row: BundleRow): Promise<Made> {
  const { config, blobs } = services
  const path = bundlePath(config.dataDir, who.org, row.id)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const aside = `${path}.part`
  const hash = createHash('sha256')
  let size_bytes = 0
  const told = async (records: number): Promise<void> => {
    if (records % 25 === 0) await asSystem(services, who.org, (tx) => publish(tx, 'bundle', { id: row.id, records }))
  }
  const { records, tree_size } = await services.db.tenant(
    who,
    async (tx) => {
      const log = await readLog(tx, tx.org)
      const size = log.published_size
      const checkpoint = await readCheckpoint(tx, tx.org, size)
      const lines = [...(await readLines(tx, row.wanted, size)), ...(await readAttestations(tx, row.wanted, size))]
      if (lines.length === 0 || !checkpoint)
        throw new Refused(
          'NOTHING_TO_EXPORT',
          'no published record fits what was asked for; widen the choice, or wait a moment',
        )
      const organization = await organizationName(tx)
      const content = {
        tx,
        blobs,
        authorities: config.timestampAuthorities,
        organization,
        log,
        size,
        checkpoint: checkpoint.note,
        lines,
        progress: told,
      }
      const info = [
        ['Source-Organization', organization],
        ['Bagging-Date', tx.now.slice(0, 10)],
        ['External-Identifier', row.id],
        ['External-Description', `Evidence of ${organization}: ${lines.length} records, log of ${size} entries`],
      ] as const
      const head = { name: row.name, info, seal: await signerOf(tx) }
      const file = await open(aside, 'w', 0o600)
      try {
        for await (const piece of writeBundle(head, payload(content))) {
          hash.update(piece)
          size_bytes += piece.length
          await file.write(piece)
        }
        await file.sync()
      } finally {
        await file.close()
      }
      return { records: lines.length, tree_size: size }
    },
    'read',
  )
  await rename(aside, path)
  return { size_bytes, sha256: hash.digest('hex'), records, tree_size }
}

export const reportsJobs = { export: exportJob }
