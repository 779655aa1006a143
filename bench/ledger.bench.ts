// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { checkLedger } from '../features/ledger/checking.actions.ts'
import { appendLeaves, type LeafDraft } from '../features/ledger/ledger.store.ts'
import { openSequencer } from '../features/ledger/sequencer.actions.ts'
import { memoryBlobs } from '../lib/blobs.ts'
import { Database } from '../lib/db.ts'
import { parseCheckpoint } from '../proof/checkpoint.ts'
import { leafHash, nodeHash } from '../proof/hash.ts'
import { remembering } from '../features/ledger/ranges.ts'
import { proveInclusion, verifyInclusion } from '../proof/merkle.ts'
import { parseNote } from '../proof/note.ts'
import { decodeEntries, entriesPath, TILE_WIDTH, tilePath, type TileId } from '../proof/tile.ts'
import { appendLeaves as growTree, rangesOf } from '../proof/tree.ts'
import { openStage } from './stage.ts'

/*
 * The ledger (performance.md W5): what a record costs alone and in company, against the plainest tamper-evidence one can
 * have in PostgreSQL, a trigger that chains the hash of each row to the last; a proof; and the verification of all.
 * Every record here is a signed statement with a leaf, sequenced, verified by a second implementation and published.
 */

const BATCHES = 40
const BATCH = 1000
const SINGLE = 400

const stage = await openStage()
const sequencerDb = new Database(
  { ...stage.owner.options, user: 'assay_sequencer', max: 5 },
  { kek: Buffer.alloc(32, 7) },
)
const sequencer = openSequencer({ database: sequencerDb, dataDir: stage.folder, log: stage.log })
const draft = (i: number, stream: string): LeafDraft => ({ kind: 'state', stream, predicate: { i } })
const append = (count: number, stream: string): Promise<unknown> =>
  stage.db.tenant({ org: stage.org, actor: 'system' }, (tx) =>
    appendLeaves(
      tx,
      Array.from({ length: count }, (_, i) => draft(i, stream)),
    ),
  )

async function perSecond(count: number, work: () => unknown): Promise<number> {
  const started = performance.now()
  await work()
  return (count / (performance.now() - started)) * 1000
}

/** The limit: every leaf costs one leaf hash and, in the long run, one node hash. */
async function hashLimit(): Promise<number> {
  const entry = Buffer.alloc(200, 1)
  const left = leafHash(entry)
  const count = 300_000
  return await perSecond(count, () => {
    for (let i = 0; i < count; i++) {
      leafHash(entry)
      nodeHash(left, left)
    }
  })
}

/** One row a transaction, each with the hash of the row before it. */
async function triggerChain(): Promise<number> {
  await stage.owner.query(`
    create table chain (id bigint generated always as identity primary key, body jsonb not null, hash bytea);
    create function chain() returns trigger language plpgsql as $$
    begin
      perform pg_advisory_xact_lock(1);
      new.hash := sha256(coalesce((select hash from chain order by id desc limit 1), '') || convert_to(new.body::text, 'UTF8'));
      return new;
    end $$;
    create trigger chain before insert on chain for each row execute function chain();`)
  return await perSecond(SINGLE, async () => {
    for (let i = 0; i < SINGLE; i++)
      await stage.owner.query('insert into chain (body) values ($1)', [JSON.stringify({ i, says: 'x'.repeat(150) })])
  })
}

async function single(clients: number): Promise<number> {
  return await perSecond(SINGLE, () =>
    Promise.all(
      Array.from({ length: clients }, async (_, client) => {
        for (let i = 0; i < SINGLE / clients; i++) await append(1, `client:${client}`)
      }),
    ),
  )
}

async function batched(): Promise<number> {
  await sequencer.tick()
  return await perSecond(BATCHES * BATCH, async () => {
    for (let batch = 0; batch < BATCHES; batch++) await append(BATCH, `batch:${batch % 4}`)
    while ((await sequencer.tick()) > 0);
  })
}

/** What the sequencer alone does: index, tiles, second count, signature, files. */
async function sequenced(): Promise<number> {
  for (let batch = 0; batch < BATCHES; batch++) await append(BATCH, `batch:${batch % 4}`)
  return await perSecond(BATCHES * BATCH, () => sequencer.tick())
}

const publication = join(stage.folder, 'ledger', stage.org)
const published = (): { size: number; root: Uint8Array } =>
  parseCheckpoint(parseNote(readFileSync(join(publication, 'checkpoint'), 'utf8')).text)

/** A proof from warm tiles, made and verified, in milliseconds. */
function proofMs(): number {
  const { size, root } = published()
  const tiles = new Map<string, Buffer>()
  const read = (tile: TileId): Buffer => {
    const path = tilePath(tile)
    const known = tiles.get(path) ?? readFileSync(join(publication, path))
    tiles.set(path, known)
    return known
  }
  const hashOf = (index: number): Uint8Array => {
    const n = Math.floor(index / TILE_WIDTH)
    const tile = read({ level: 0, n, width: Math.min(TILE_WIDTH, size - n * TILE_WIDTH) })
    const at = (index - n * TILE_WIDTH) * 32
    return tile.subarray(at, at + 32)
  }
  const count = 2000
  const indexes = Array.from({ length: count }, (_, i) => Math.floor((i * size) / count))
  const range = remembering(rangesOf(size, read))
  for (const index of indexes) proveInclusion(index, size, range)
  const started = performance.now()
  for (const index of indexes)
    if (!verifyInclusion(hashOf(index), { index, size }, proveInclusion(index, size, range), root))
      throw new Error(`the proof of leaf ${index} does not verify`)
  return (performance.now() - started) / count
}

/** The log from its published entries to its root, as an auditor verifies it. */
async function verifyAll(): Promise<number> {
  const { size, root } = published()
  return await perSecond(size, () => {
    let tree: ReturnType<typeof growTree> = growTree({ size: 0, edge: [] }, [])
    for (let n = 0; n * TILE_WIDTH < size; n++) {
      const width = Math.min(TILE_WIDTH, size - n * TILE_WIDTH)
      const entries = decodeEntries(readFileSync(join(publication, entriesPath({ n, width }))), width)
      tree = growTree(tree, entries.map(leafHash))
    }
    if (!Buffer.from(tree.root).equals(root)) throw new Error('the published entries do not give the signed root')
  })
}

const filesIn = (folder: string): number =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => statSync(join(folder, file)).isFile())
    .length

let failed = false
function row(what: string, measured: string, ratio: string, gate: string, holds: boolean): void {
  failed ||= !holds
  console.log(
    `${what.padEnd(50)} ${measured.padStart(16)} ${ratio.padStart(10)}   ${gate.padEnd(34)} ${holds ? 'ok' : 'MISSED'}`,
  )
}
const rate = (n: number): string => `${Math.round(n).toLocaleString('en')} /s`

const limit = await hashLimit()
const chain = await triggerChain()
const one = await single(1)
const eight = await single(8)
const many = await batched()
const sequencing = await sequenced()
const proof = proofMs()
const verified = await verifyAll()
const { size } = published()
const started = performance.now()
const report = await stage.db.tenant(
  { org: stage.org, actor: 'system' },
  (tx) => checkLedger(tx, { dataDir: stage.folder, blobs: memoryBlobs(), authorities: [] }),
  'read',
)
const checked = (size / (performance.now() - started)) * 1000
const {
  rows: [stored],
} = await stage.owner.query<{ bytes: number }>(
  "select (pg_total_relation_size('ledger_leaf') + pg_total_relation_size('ledger_tile'))::bigint as bytes",
)
const perLeaf = (stored?.bytes ?? 0) / size
const files = filesIn(publication) / size

console.log(`A ledger of ${size.toLocaleString('en')} records; each ratio is against a rate of the same run.\n`)
row('hash limit (leaf and node, one thread)', rate(limit), '1.0', '', true)
row('trigger hash chain, one row a transaction', rate(chain), '1.0', '', true)
const times = (n: number): string => `${n.toFixed(n < 1 ? 2 : 1)}x`
row('one record a transaction, 1 client', rate(one), times(one / chain), '>= 0.15x of the chain', one / chain >= 0.15)
row(
  'one record a transaction, 8 clients',
  rate(eight),
  times(eight / chain),
  '>= 0.4x of the chain',
  eight / chain >= 0.4,
)
row('1,000 a transaction, to the checkpoint', rate(many), times(many / chain), '>= 2x of the chain', many / chain >= 2)
row('the same', rate(many), '', '>= 15,000 /s (G2)', many >= 15_000)
// W5.a was set by a log that signs no statement and keeps nothing in a database: what the sequencer does comes next to it.
const log = sequencing / chain
row(
  'sequenced, counted twice, signed, published',
  rate(sequencing),
  times(log),
  '>= 15x of the chain (W5.a)',
  log >= 15,
)
const part = sequencing / limit
row('the same', rate(sequencing), times(part), '>= 0.1x of the hash limit (W5.a)', part >= 0.1)
const hashes = (proof / 1000) * limit
row(
  'proof made and verified, warm',
  `${proof.toFixed(3)} ms`,
  `${hashes.toFixed(0)} hashes`,
  '<= 20 of the hash limit',
  hashes <= 20,
)
row('the same', `${proof.toFixed(3)} ms`, '', '<= 0.1 ms (W5.b)', proof <= 0.1)
row(
  'verified from published entries',
  rate(verified),
  times(verified / limit),
  '>= 0.6x of the hash limit (W5.b)',
  verified / limit >= 0.6,
)
row('everything checked, each signature too', rate(checked), '', 'intact', report.is_intact)
row('files of the publication per record', files.toFixed(4), '', '<= 0.02 (W5.b)', files <= 0.02)
row('bytes of the log per record in PostgreSQL', perLeaf.toFixed(0), '', '<= 400 (G6)', perLeaf <= 400)

await sequencerDb.close()
await stage.close()
process.exit(failed ? 1 : 0)
