// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { command, MANAGERS, query, READERS } from '../../lib/action.ts'
import { invariant, Refused } from '../../lib/refused.ts'
import { fromUtf8, toBase64, toHex } from '../../proof/bytes.ts'
import { parseEnvelope, verifyEnvelope } from '../../proof/dsse.ts'
import { leafHash } from '../../proof/hash.ts'
import { parseVerifierKey } from '../../proof/note.ts'
import { readPem, readPublicKey } from '../../proof/signatures.ts'
import { formatTlogProof } from '../../proof/tlog-proof.ts'
import { scriptFor } from './by-hand.ts'
import { verifyingActions } from './verifying.actions.ts'
import { readingActions, receiptOutput } from './reading.actions.ts'
import { listKeys, readManifest, readReceipts, readStatus, timestampsOf, type KeyRow } from './reading.store.ts'
import { rotateKey } from './rotation.store.ts'
import { readCheckpoint, readLog } from './sequencer.store.ts'
import { stampJob } from './stamping.actions.ts'
import { readStatement } from './statement.ts'
import { proveLeaf } from './tiles.store.ts'
import type { Tx } from '../../lib/db.ts'

const inclusionOutput = z.object({
  size: z.number().describe('Leaves of the tree that the proof leads to'),
  path: z.array(z.string()).describe('Hashes nearest first, base64 (RFC 6962)'),
  root: z.string().describe('base64'),
  checkpoint: z.string().describe('Signed note over that tree, its exact text'),
  tlog_proof: z.string().describe('The proof as C2SP tlog-proof writes it, to keep as a file'),
  script: z.string().describe('Commands for bash that check it with coreutils and openssl alone'),
})

const proofOutput = z.object({
  receipt: receiptOutput,
  stream: z.string(),
  n: z.number(),
  leaf: z.string().describe('Canonical JSON, the exact bytes in the log'),
  leaf_hash: z.string().describe('hex (RFC 6962)'),
  erased_by: z.string().nullable(),
  is_lost: z.boolean(),
  statement: z
    .object({
      envelope: z.string().describe('DSSE envelope, its exact text; its SHA-256 is the manifest'),
      payload_type: z.string(),
      payload: z.unknown().describe('in-toto statement'),
      actor: z.string(),
      signatures: z.array(
        z.object({
          keyid: z.string(),
          is_valid: z.boolean(),
          public: z.string().nullable().describe('PEM; null when the key is none of this organisation'),
        }),
      ),
    })
    .nullable()
    .describe('null once it was erased or lost'),
  inclusion: inclusionOutput.nullable().describe('null until the record is published'),
  timestamps: z.array(z.object({ authority: z.string(), gen_time: z.string(), size: z.number() })),
})

const manifestName = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits')
  .describe('SHA-256 of the record’s statement, hex')

/** Time-stamps shown beside a proof. */
const STAMPS = 5

const proof = query({
  summary: 'Prove one record: its statement, its leaf, the way to a signed root, and what time-stamps say',
  may: READERS,
  input: z.strictObject({ manifest: manifestName }),
  output: proofOutput,
  run: async ({ tx }, { manifest }) => {
    const row = await readManifest(tx, manifest)
    const receipt = (await readReceipts(tx, [manifest])).get(manifest)
    if (!row || !receipt)
      throw new Refused('NOT_FOUND', `no record ${manifest} in this ledger`, { status: 404, pointer: '/manifest' })
    const keys = await listKeys(tx)
    const stamps = receipt.index === null ? [] : await timestampsOf(tx, receipt.index, STAMPS)
    return {
      receipt: { ...receipt, kind: receipt.kind as z.infer<typeof receiptOutput>['kind'] }, // only kinds are written
      stream: row.stream,
      n: row.n,
      leaf: fromUtf8(row.leaf),
      leaf_hash: toHex(leafHash(row.leaf)),
      erased_by: row.erased_by,
      is_lost: row.lost_at !== null,
      statement: row.envelope ? await openStatement(row.envelope, keys) : null,
      inclusion: receipt.index === null ? null : await proveInclusionOf(tx, receipt.index, row.leaf, stamps[0]?.size),
      timestamps: stamps.map(({ authority, gen_time, size }) => ({ authority, gen_time, size })),
    }
  },
})

async function openStatement(
  bytes: Buffer,
  keys: readonly KeyRow[],
): Promise<z.infer<typeof proofOutput>['statement']> {
  const envelope = parseEnvelope(bytes)
  const { statement, actor } = readStatement(bytes)
  const collectors = new Map(
    keys.filter(({ purpose }) => purpose === 'collector').map(({ id, public: pem }) => [id, pem] as const),
  )
  const usable = new Map([...collectors].map(([id, pem]) => [id, readPublicKey(readPem(pem, 'PUBLIC KEY')[0]!)])) // one block a key
  const valid = new Set(await verifyEnvelope(envelope, usable))
  return {
    envelope: fromUtf8(bytes),
    payload_type: envelope.payloadType,
    payload: statement,
    actor,
    signatures: envelope.signatures.map(({ keyid }) => ({
      keyid,
      is_valid: valid.has(keyid),
      public: collectors.get(keyid) ?? null,
    })),
  }
}

/** The way to the earliest tree that an authority has stamped, or to the newest published one. */
async function proveInclusionOf(
  tx: Tx,
  index: number,
  leaf: Buffer,
  stamped: number | undefined,
): Promise<z.infer<typeof inclusionOutput> | null> {
  const log = await readLog(tx, tx.org)
  const size = stamped ?? log.published_size
  if (index >= size) return null
  const checkpoint = await readCheckpoint(tx, tx.org, size)
  invariant(checkpoint, `the checkpoint of size ${size} is kept`)
  const path = await proveLeaf(tx, log, index, size)
  const parts = { leaf, index, path, checkpoint: checkpoint.note }
  const signer = (await listKeys(tx)).findLast(({ purpose, idx }) => purpose === 'log' && idx !== null && idx < size)
  invariant(signer, 'the log has a key in the tree that it signed')
  return {
    size,
    path: path.map(toBase64),
    root: toBase64(checkpoint.root),
    checkpoint: checkpoint.note,
    tlog_proof: formatTlogProof(parts),
    script: scriptFor(parts, parseVerifierKey(signer.public)),
  }
}

const rotate = command({
  summary: 'Replace a signing key; a log key signs along for 90 days beside its successor',
  may: ['so_admin'],
  input: z.strictObject({
    purpose: z.enum(['log', 'collector']).describe('log signs checkpoints, collector signs statements'),
  }),
  output: z.object({ id: z.string().describe('Id of the new key') }),
  run: async ({ tx }, { purpose }) => ({ id: await rotateKey(tx, purpose) }),
})

const stamp = command({
  summary: 'Ask the time-stamp authorities to vouch for everything recorded until now',
  may: MANAGERS,
  input: z.strictObject({}),
  output: z.object({
    authorities: z.array(z.string()).describe('Who is asked'),
    size: z.number().describe('Leaves that the time-stamp will cover at least'),
  }),
  run: async ({ tx, jobs, config }) => {
    const authorities = config.timestampAuthorities.map(({ name }) => name)
    if (authorities.length === 0)
      throw new Refused('NO_AUTHORITY', 'no time-stamp authority is set; ASSAY_TSA=name=https://… names one', {
        status: 409,
      })
    const { size, pending } = await readStatus(tx)
    await jobs.enqueue(tx, 'stamp', { size: size + pending }, { key: 'stamp' })
    return { authorities, size: size + pending }
  },
})

/** Background work of the ledger, by name. */
export const ledgerJobs = { stamp: stampJob }

/** Operations of the ledger. */
export const ledgerActions = {
  ...verifyingActions,
  ...readingActions,
  'ledger.proof': proof,
  'ledger.rotateKey': rotate,
  'ledger.stamp': stamp,
}
