// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { framework } from '../../catalog/framework.ts'
import { command, MANAGEMENT, query, READERS } from '../../lib/action.ts'
import { publish } from '../../lib/events.ts'
import { keyMoment, keyOf, page, pageInput, pageOf } from '../../lib/page.ts'
import { Refused } from '../../lib/refused.ts'
import { readLog } from '../ledger/sequencer.store.ts'
import { checkWanted, wantedSchema } from './bundle.ts'
import { exportJob } from './export.actions.ts'
import { findBundle, listBundles, saveBundle } from './reports.store.ts'

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
    async run({ tx, jobs, now, config }, { name, ...wanted }) {
      checkWanted(wanted, (control) => framework().controls.has(control))
      const log = await readLog(tx, tx.org)
      if (log.frozen !== null)
        throw new Refused('LEDGER_FROZEN', `the ledger signs nothing at present: ${log.frozen}`, { status: 409 })
      const id = await saveBundle(tx, name ?? `evidence-${now.slice(0, 10)}`, wanted)
      // A bundle is worth most with a time-stamp over all that it holds: one is asked for before it is made.
      if (config.timestampAuthorities.length > 0) await jobs.enqueue(tx, 'stamp', { size: log.size }, { key: 'stamp' })
      await jobs.enqueue(tx, 'export', { bundle_id: id }, { key: id })
      await publish(tx, 'bundle', { id, state: 'queued' })
      return { id }
    },
  }),
  'bundles.list': query({
    summary: 'List the evidence bundles that were made, newest first',
    may: READERS,
    input: z.strictObject(pageInput),
    output: pageOf(bundleOutput),
    async run({ tx }, { limit, after }) {
      const rows = await listBundles(tx, limit, keyOf(after, z.tuple([keyMoment, z.string()])))
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

/** Background work of the slice, by name. */
export const reportsJobs = { export: exportJob }
