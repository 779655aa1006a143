// SPDX-License-Identifier: Apache-2.0
import type { Blobs } from '../../lib/blobs.ts'
import type { TimestampAuthority } from '../../lib/config.ts'
import type { Tx } from '../../lib/db.ts'
import { Refused } from '../../lib/refused.ts'
import { equal } from '../../proof/bytes.ts'
import { HASH_SIZE } from '../../proof/hash.ts'
import type { Verifier } from '../../proof/note.ts'
import { TILE_WIDTH } from '../../proof/tile.ts'
import { checkEvidence } from './check-evidence.actions.ts'
import { FilesCheck } from './check-files.store.ts'
import { RecordCheck } from './check-records.ts'
import { checkCheckpoints, checkKeys, checkTimestamps } from './check-signed.actions.ts'
import {
  countBeyond,
  readAllCheckpoints,
  readForCheck,
  readOrphans,
  readPendingForCheck,
  readStoredTiles,
  readStreams,
  type CheckRow,
} from './check.store.ts'
import { SignatureCheck } from './check-signatures.ts'
import { compareHashes, Findings, refusalOf, TreeCheck, type Finding } from './check.ts'
import { isFresh } from './disk.store.ts'
import { checkpointFile, openPublication, publishedCheckpoint } from './publication.store.ts'
import { openRecount, type Recount } from './recount.ts'
import { readLog, type LogRow, type StoredCheckpoint } from './sequencer.store.ts'
import { lastSigned, openSigner, signerFile, type LastSigned } from './signer.store.ts'

export interface CheckOptions {
  readonly dataDir: string
  readonly blobs: Blobs
  /** Authorities whose roots are known; tokens of others are checked against their leaf only. */
  readonly authorities: readonly TimestampAuthority[]
  /**
   * The tree of an earlier check that found all intact. If the log begins with that very tree, its statements are the bytes
   * that were verified then, so only the signatures after it are verified now; if not, that is a finding.
   */
  readonly verified?: { readonly size: number; readonly root: Uint8Array } | undefined
  /** Told after each few thousand leaves. */
  readonly progress?: (leaves: number, of: number) => void | Promise<void>
}

export interface CheckReport {
  readonly is_intact: boolean
  readonly size: number
  readonly root: Uint8Array
  /** How many of each were looked at. */
  readonly checked: {
    readonly leaves: number
    readonly pending: number
    readonly statements: number
    readonly signatures: number
    readonly tiles: number
    readonly checkpoints: number
    readonly timestamps: number
    readonly files: number
    readonly evidence: number
  }
  /** All findings are counted; the first 200 are here. */
  readonly found: number
  readonly findings: readonly Finding[]
}

interface Check {
  readonly tx: Tx
  readonly options: CheckOptions
  readonly log: LogRow
  readonly findings: Findings
  readonly recount: Recount
  readonly checkpoints: readonly StoredCheckpoint[]
  readonly keys: readonly Verifier[]
  readonly signatures: SignatureCheck
  readonly memory: { readonly last: LastSigned | undefined } | undefined
}

/**
 * Verifies the whole ledger of an organisation from its first byte: leaves, tiles and root by two implementations; every
 * signature; every statement, stream and row of the audit trail against its leaf; time-stamps; the publication
 * against the database; and every stored file of evidence. Says exactly what is damaged, and changes nothing. Give it a
 * transaction that reads one snapshot. @throws Refused LEDGER_GROWS when the log was published on in this very moment
 */
export async function checkLedger(tx: Tx, options: CheckOptions): Promise<CheckReport> {
  const findings = new Findings()
  const log = await readLog(tx, tx.org)
  const checkpoints = await readAllCheckpoints(tx)
  const keys = await checkKeys(tx, findings)
  const signatures = new SignatureCheck(findings, keys.collectors, log.size)
  const recount = await openRecount()
  const memory = await readMemory({ log, findings, options })
  const check: Check = { tx, options, log, findings, recount, checkpoints, keys: keys.log, signatures, memory }
  const { tree, records, files, tiles } = await checkTree(check)
  checkLogRow(check, tree)
  await checkCheckpoints(check, tree.roots)
  checkSigner(check, tree)
  const pending = await checkPending(check, records)
  await checkStreams(check, records)
  const timestamps = await checkTimestamps(tx, { findings, files, authorities: options.authorities })
  const evidence = await checkEvidence(tx, { blobs: options.blobs, findings })
  return {
    is_intact: findings.count === 0,
    size: tree.tree.size,
    root: tree.tree.root,
    checked: {
      leaves: tree.tree.size,
      pending,
      statements: records.statements,
      signatures: signatures.verified,
      tiles,
      checkpoints: checkpoints.length,
      timestamps,
      files: files.files,
      evidence: evidence.looked_at,
    },
    found: findings.count,
    findings: findings.kept,
  }
}

/** Tiles read at once: 4,096 leaves. */
const TILES_AT_ONCE = 16

/** Goes through the leaves once, and looks at everything that lies beside them. */
async function checkTree(check: Check) {
  const { tx, log, findings } = check
  const { files, wanted } = await openFiles(check)
  const tree = new TreeCheck(findings, check.recount, wanted)
  const known = check.options.verified?.size ?? 0
  const records = new RecordCheck(findings, tree.roots, { signatures: check.signatures, known })
  let tiles = 0
  const last = Math.ceil(log.size / TILE_WIDTH)
  for (let n = 0; n < last; n += TILES_AT_ONCE) {
    const to = Math.min(log.size, (n + TILES_AT_ONCE) * TILE_WIDTH)
    const rows = await readForCheck(tx, n * TILE_WIDTH, to)
    const chunk = {
      rows: new Map(rows.map((row) => [row.idx, row])),
      stored: await readStoredTiles(tx, 0, n, n + TILES_AT_ONCE),
      above: await readStoredTiles(tx, 1, Math.floor(n / TILE_WIDTH), Math.ceil((n + TILES_AT_ONCE) / TILE_WIDTH)),
    }
    for (let at = n; at < Math.min(last, n + TILES_AT_ONCE); at++)
      tiles += await checkTile(check, at, chunk, { tree, records, files })
    await check.signatures.settle()
    await check.options.progress?.(to, log.size)
  }
  for (const [level, hashes] of tree.tree.edge.entries()) {
    const n = Math.floor(log.size / TILE_WIDTH ** (level + 1))
    await files.partial({ level, n }, hashes)
  }
  const beyond = await countBeyond(tx, log.size)
  if (beyond.leaves > 0)
    findings.add('leaf', `leaf ${log.size}`, `${beyond.leaves} leaves lie beyond the end of the log`)
  if (beyond.tiles > 0) findings.add('tile', `size ${log.size}`, `${beyond.tiles} tiles lie beyond the end of the log`)
  return { tree, records, files, tiles }
}

interface Chunk {
  readonly rows: ReadonlyMap<number, CheckRow>
  readonly stored: ReadonlyMap<number, Uint8Array>
  readonly above: ReadonlyMap<number, Uint8Array>
}

async function checkTile(
  { tx, log, findings }: Check,
  n: number,
  { rows, stored, above }: Chunk,
  into: { readonly tree: TreeCheck; readonly records: RecordCheck; readonly files: FilesCheck },
): Promise<number> {
  const from = n * TILE_WIDTH
  const width = Math.min(TILE_WIDTH, log.size - from)
  const isFull = width === TILE_WIDTH
  const upper = above.get(Math.floor(n / TILE_WIDTH)) ?? log.edge[1]
  const at = (n % TILE_WIDTH) * HASH_SIZE
  const entries = Array.from({ length: width }, (_, i) => rows.get(from + i)?.leaf)
  const tile = {
    n,
    entries,
    stored: isFull ? stored.get(n) : log.edge[0],
    above: isFull ? upper?.subarray(at, at + HASH_SIZE) : undefined,
  }
  const { believed, tiles } = into.tree.add(tile, log.root)
  believed.forEach(({ hash: leafHash, is_intact }, i) => {
    const row = rows.get(from + i)
    if (row) into.records.add(row, { place: `leaf ${from + i}`, index: from + i, hash: leafHash, is_intact })
  })
  await into.files.entries(
    n,
    believed.map((one) => one.hash),
  )
  for (const full of tiles) {
    await into.files.full(full, full.hashes)
    await into.files.partial(full, full.hashes)
    if (full.level === 0) continue // compared with its leaves already
    const got = (await readStoredTiles(tx, full.level, full.n, full.n + 1)).get(full.n)
    compareHashes(findings, 'tile', `tile ${full.level}/${full.n}`, { expected: full.hashes, got })
  }
  return tiles.length
}

/** The publication, and the sizes at which roots are needed to compare it and the signer's memory. */
async function openFiles(check: Check): Promise<{ files: FilesCheck; wanted: ReadonlySet<number> }> {
  const { tx, log, options, findings, checkpoints } = check
  const disk = openPublication(options.dataDir, tx.org)
  const published = await refusalOf(
    () => publishedCheckpoint(disk),
    (why) => findings.add('publication', 'checkpoint', why),
  )
  const files = new FilesCheck(findings, disk, published?.size ?? 0)
  if (!published && log.published_size > 0)
    findings.add('publication', 'checkpoint', `it is missing or damaged; ${log.published_size} leaves were published`)
  if (published) {
    const known = checkpoints.find(({ size }) => size === published.size)
    if (published.size > log.size && (await isFresh(checkpointFile(options.dataDir, tx.org))))
      throw growing(published.size)
    if (published.size > log.size)
      findings.add('log', `size ${log.size}`, `the publication holds ${published.size} leaves: the database is older`)
    else if (known?.note !== published.text)
      findings.add('publication', 'checkpoint', 'it is not a checkpoint that the database holds')
    files.files++
  }
  return { files, wanted: new Set([...checkpoints.map(({ size }) => size), options.verified?.size ?? 0]) }
}

/** What was signed or published a moment ago is ahead of this view of the database because the log goes on. */
const growing = (size: number): Refused =>
  new Refused('LEDGER_GROWS', `the log grew to ${size} leaves while the check began; ask again`, {
    status: 503,
    retry_after_s: 1,
  })

function checkLogRow({ log, findings, options: { verified } }: Check, tree: TreeCheck): void {
  const place = `log of ${log.size} leaves`
  if (verified && verified.size > 0 && !equal(tree.roots.get(verified.size) ?? tree.tree.root, verified.root))
    findings.add('log', place, `it does not begin with the tree of ${verified.size} leaves that was verified before`)
  if (!tree.gives(log.root)) findings.add('log', place, 'its root is not the root of its leaves')
  tree.tree.edge.forEach((expected, level) => {
    if (level > 0) compareHashes(findings, 'log', `edge ${level}`, { expected, got: log.edge[level] })
  })
  if (log.signed_size > log.size || log.published_size > log.signed_size)
    findings.add('log', place, `it says that ${log.signed_size} are signed and ${log.published_size} published`)
}

/**
 * What the signer remembers; read before the leaves, because it goes on growing.
 * @returns nothing when the memory is damaged, which is a finding already
 */
async function readMemory({
  log,
  findings,
  options,
}: Pick<Check, 'log' | 'findings' | 'options'>): Promise<{ last: LastSigned | undefined } | undefined> {
  const signer = openSigner(options.dataDir)
  const memory = await refusalOf(
    async () => ({ last: await lastSigned(signer, log.origin) }),
    (why) => findings.add('signer', 'last-signed', why),
  )
  const size = memory?.last?.size ?? 0
  if (size > log.size && (await isFresh(signerFile(options.dataDir, log.origin)))) throw growing(size)
  return memory
}

function checkSigner({ log, findings, checkpoints, memory }: Check, tree: TreeCheck): void {
  const add = (why: string): void => findings.add('signer', 'last-signed', why)
  if (!memory) return
  const { last } = memory
  if (!last) return log.signed_size > 0 ? add('it is gone: nobody can tell whether more was signed') : undefined
  if (last.size > tree.tree.size) return add(`it vouched for ${last.size} leaves, the log holds ${tree.tree.size}`)
  const root = last.size === tree.tree.size ? tree.tree.root : checkpoints.find(({ size }) => size === last.size)?.root
  if (root && !equal(root, last.root)) add(`it vouched for another tree of ${last.size} leaves`)
}

async function checkPending({ tx, findings, recount }: Check, records: RecordCheck): Promise<number> {
  const rows = await readPendingForCheck(tx)
  for (const row of rows)
    records.add(row, {
      place: `waiting leaf ${row.manifest.slice(0, 16)}`,
      index: null,
      hash: recount.leafHash(row.leaf),
      is_intact: true,
    })
  await records.signatures.settle()
  const MOST = 20
  for (const { manifest, kind } of await readOrphans(tx, MOST))
    findings.add('pending', `statement ${manifest}`, `its ${kind} leaf neither has an index nor waits for one`)
  return rows.length
}

async function checkStreams({ tx, findings }: Check, records: RecordCheck): Promise<void> {
  for (const stream of await readStreams(tx)) {
    const end = records.ends.get(stream.id)
    const next = end ? end.n + 1 : 0
    if (stream.next_n !== next)
      findings.add('stream', `stream ${stream.name}`, `it counts to ${stream.next_n}, its leaves to ${next}`)
    else if (end && !(stream.last_leaf_hash && equal(stream.last_leaf_hash, end.hash)))
      findings.add('stream', `stream ${stream.name}`, 'it remembers another last leaf')
  }
}
