// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { query, READERS, type Ctx } from '../../lib/action.ts'
import { keyCount, keyMoment, keyOf, page, pageInput, pageOf } from '../../lib/page.ts'
import { LEAF_KINDS } from '../../proof/leaf.ts'
import { toBase64 } from '../../proof/bytes.ts'
import { OVERLAP_DAYS, standingOf } from './rotation.ts'
import { PROOF_STATES } from './receipt.ts'
import {
  listAudit,
  listCheckpoints,
  listKeys,
  listLeaves,
  listWaiting,
  readStatus,
  type LeafRow,
} from './reading.store.ts'
import { readStatement } from './statement.ts'

export const receiptOutput = z.object({
  manifest: z.string(),
  kind: z.enum(LEAF_KINDS),
  state: z.enum(PROOF_STATES).describe('How far the record is on its way to a time-stamp'),
  index: z.number().nullable().describe('Position in the log; null while it waits'),
  claimed_at: z.string().describe('The moment its maker claims'),
  recorded_at: z.string().describe('The moment the database took it'),
  proven: z
    .object({ after: z.string().nullable(), before: z.string().nullable() })
    .describe('The interval that time-stamps prove; null ends are open'),
  is_late: z.boolean().describe('Recorded more than a day after the moment claimed, or claimed for after its proof'),
})

const stampOutput = z.object({ size: z.number(), authority: z.string(), gen_time: z.string() })
const instantOf = (text: string): string => new Date(text).toISOString()

const WITNESSES_SAY =
  'No witness countersigns this log. Time-stamps prove when a tree existed; only a witness outside the company proves that there is no second, prettier log. Give the checkpoint to your auditor at kick-off: whoever keeps one can hold every later tree against it.'

const status = query({
  summary: 'Show the state of the ledger: its size, root, signed checkpoint, keys and last time-stamp',
  may: READERS,
  input: z.strictObject({}),
  output: z.object({
    origin: z.string(),
    size: z.number().describe('Leaves that have their index'),
    root: z.string().describe('Root over them, base64'),
    pending: z.number().describe('Leaves that wait for their index'),
    signed_size: z.number(),
    published: z
      .object({ size: z.number(), checkpoint: z.string().describe('Signed note, its exact text'), at: z.string() })
      .nullable(),
    vkeys: z.array(z.string()).describe('Verifier keys that sign now, the newest last: pin them'),
    last_timestamp: stampOutput.nullable(),
    authorities: z.array(z.string()).describe('Time-stamp authorities that are asked'),
    witnesses: z.object({ count: z.number(), says: z.string() }),
    frozen: z.string().nullable().describe('Why nothing is signed any more; null while all is well'),
    storage: z.object({
      leaves: z.number(),
      tiles: z.number().describe('Full tiles'),
      bytes: z.number().describe('Leaves and tiles together, about'),
    }),
  }),
  run: async ({ tx, config }) => {
    const row = await readStatus(tx)
    const keys = (await listKeys(tx)).filter(({ purpose }) => purpose === 'log')
    return {
      origin: row.origin,
      size: row.size,
      root: toBase64(row.root),
      pending: row.pending,
      signed_size: row.signed_size,
      published:
        row.checkpoint === null || row.published_at === null
          ? null
          : { size: row.published_size, checkpoint: row.checkpoint, at: row.published_at },
      vkeys: standingOf(keys, tx.now)
        .filter(({ state }) => state !== 'retired')
        .map(({ key }) => key.public),
      last_timestamp: row.last_timestamp && {
        ...row.last_timestamp,
        gen_time: instantOf(row.last_timestamp.gen_time),
      },
      authorities: config.timestampAuthorities.map(({ name }) => name),
      witnesses: { count: 0, says: WITNESSES_SAY },
      frozen: row.frozen,
      storage: { leaves: row.size, tiles: row.tiles, bytes: row.size * row.leaf_bytes + row.tiles * 8192 },
    }
  },
})

const leafOutput = receiptOutput.extend({
  stream: z.string(),
  n: z.number().describe('Counter within the stream, without gaps'),
  actor: z.string().nullable().describe('Who made it; null when the statement was erased or lost'),
  erased_by: z.string().nullable().describe('Manifest of the erasure; null while the statement is there'),
  is_lost: z.boolean().describe('The leaf was recovered from the publication; its statement is gone'),
})

const leafOut = (row: LeafRow): z.infer<typeof leafOutput> => ({
  ...row.receipt,
  kind: row.receipt.kind as z.infer<typeof leafOutput>['kind'], // the store writes only kinds of leaves
  stream: row.stream,
  n: row.n,
  actor: row.envelope ? readStatement(row.envelope).actor : null,
  erased_by: row.erased_by,
  is_lost: row.lost_at !== null,
})

const leaves = query({
  summary: 'List the leaves of the ledger, newest first, with the times claimed and proven',
  may: READERS,
  input: z.strictObject({
    ...pageInput,
    kind: z.enum(LEAF_KINDS).optional().describe('Only leaves of this kind'),
  }),
  output: pageOf(leafOutput),
  run: async ({ tx }, { kind, after, limit }) => {
    const key = keyOf(after, z.tuple([z.enum(['waiting', 'index']), keyCount]))
    const from = { kind, below: key?.[1] }
    const wanted = limit + 1
    const waiting = key?.[0] === 'index' ? [] : await listWaiting(tx, { ...from, limit: wanted })
    const rest = wanted - waiting.length
    const below = key?.[0] === 'index' ? key[1] : undefined
    const placed = rest > 0 ? await listLeaves(tx, { kind, below, limit: rest }) : []
    const cut = page([...waiting, ...placed], limit, (row) =>
      row.waiting === null ? ['index', row.receipt.index ?? 0] : ['waiting', row.waiting],
    )
    return { rows: cut.rows.map(leafOut), next: cut.next }
  },
})

const checkpoints = query({
  summary: 'List the signed checkpoints of the ledger, newest first, with their time-stamps',
  may: READERS,
  input: z.strictObject(pageInput),
  output: pageOf(
    z.object({
      size: z.number(),
      added: z.number().describe('Leaves since the checkpoint before'),
      root: z.string().describe('base64'),
      recorded_at: z.string(),
      note: z.string().describe('Signed note, its exact text'),
      timestamps: z.array(z.object({ authority: z.string(), gen_time: z.string() })),
    }),
  ),
  run: async ({ tx }, { after, limit }) => {
    const key = keyOf(after, z.tuple([keyCount]))
    const rows = await listCheckpoints(tx, key?.[0], limit + 1)
    const cut = page(rows, limit, (row) => [row.size])
    return {
      rows: cut.rows.map((row) => ({
        ...row,
        root: toBase64(row.root),
        timestamps: row.timestamps.map((stamp) => ({ ...stamp, gen_time: instantOf(stamp.gen_time) })),
      })),
      next: cut.next,
    }
  },
})

const audit = query({
  summary: 'List the audit trail, newest first: who did what to which thing',
  may: READERS,
  input: z.strictObject({
    ...pageInput,
    subject: z.string().max(200).optional().describe('Id of the thing it was done to'),
    event: z.string().max(80).optional().describe('An event, or a topic and a dot for all its events: "session."'),
    actor: z.string().max(60).optional().describe('Who did it: usr_… or system'),
  }),
  output: pageOf(
    z.object({
      manifest: z.string(),
      at: z.string(),
      recorded_at: z.string(),
      actor: z.string(),
      event: z.string(),
      subject: z.string().nullable(),
      details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    }),
  ),
  run: async (ctx: Ctx, { after, limit, ...filter }) => {
    const key = keyOf(after, z.tuple([keyMoment, z.string()]))
    const rows = await listAudit(ctx.tx, filter, { knownAt: ctx.knownAt, after: key, limit: limit + 1 })
    return page(rows, limit, (row) => [row.recorded_at, row.manifest])
  },
})

const keys = query({
  summary: 'List the keys that sign for the organisation, with the leaf that announced each',
  may: READERS,
  input: z.strictObject({}),
  output: z.object({
    overlap_days: z.number().describe('How long a log key signs beside its successor'),
    rows: z.array(
      z.object({
        id: z.string(),
        purpose: z.enum(['log', 'collector']),
        public: z.string().describe('Log: verifier key of signed notes. Collector: PEM'),
        generation: z.number(),
        manifest: z.string(),
        index: z.number().nullable().describe('Position of the leaf that announced it'),
        announced_at: z.string(),
        state: z.enum(['in force', 'signing along', 'retired']),
        until: z.string().nullable().describe('When it stops or stopped; null while it is in force'),
      }),
    ),
  }),
  run: async ({ tx }) => {
    const rows = await listKeys(tx)
    const standing = (['log', 'collector'] as const).flatMap((purpose) =>
      standingOf(
        rows.filter((row) => row.purpose === purpose),
        tx.now,
      ),
    )
    return {
      overlap_days: OVERLAP_DAYS,
      rows: standing.map(({ key, state, until }) => ({
        id: key.id,
        purpose: key.purpose,
        public: key.public,
        generation: key.generation,
        manifest: key.manifest,
        index: key.idx,
        announced_at: key.recorded_at,
        state,
        until,
      })),
    }
  },
})

export const readingActions = {
  'ledger.audit': audit,
  'ledger.checkpoints': checkpoints,
  'ledger.keys': keys,
  'ledger.leaves': leaves,
  'ledger.status': status,
}
