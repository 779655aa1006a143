// SPDX-License-Identifier: Apache-2.0
import type { Database, Tx } from '../../lib/db.ts'
import type { Logger } from '../../lib/log.ts'
import { Refused } from '../../lib/refused.ts'
import { equal } from '../../proof/bytes.ts'
import { openCheckpoint, type OpenedCheckpoint } from '../../proof/checkpoint.ts'
import { leafHash } from '../../proof/hash.ts'
import { parseLeaf } from '../../proof/leaf.ts'
import { Malformed } from '../../proof/malformed.ts'
import { parseVerifierKey } from '../../proof/note.ts'
import { decodeEntries, entriesPath, TILE_WIDTH } from '../../proof/tile.ts'
import { appendLeaves, edgeRoot } from '../../proof/tree.ts'
import type { Disk } from './disk.store.ts'
import { publicLogKeys } from './keys.store.ts'
import { recordAudit } from './ledger.store.ts'
import { checkpointFile, openPublication, publishedCheckpoint } from './publication.store.ts'
import { openRecount, whatDiffers, type Recount } from './recount.ts'
import { adoptCheckpoint, saveRecovered, type Recovered } from './recovery.store.ts'
import { refuseFork } from './sequencing.actions.ts'
import {
  awaitLog,
  freezeLog,
  moveLog,
  readBack,
  readCheckpoint,
  readLog,
  savePublished,
  saveTiles,
  surveyLogs,
  type LogRow,
} from './sequencer.store.ts'
import { lastSigned, openSigner, signerFile } from './signer.store.ts'

export interface GuardOptions {
  /** Pool of the role assay_sequencer. */
  readonly database: Database
  readonly dataDir: string
  readonly log: Logger
}

/** What the guard found of a log. */
export interface Guarded {
  readonly org: string
  /** Leaves that the database had lost and the publication gave back. */
  readonly recovered: number
  /** Why the log is closed to signing; absent when all is well. */
  readonly frozen: string | undefined
}

/**
 * Looks at every log before anything may be signed: does the database continue what was published and what was signed?
 * A database that was set back is rolled forward from the publication when that verifies. In doubt the log is closed to
 * signing, with the reason; the others go on. A signer that forgot what it signed is such a doubt. A log that was closed opens again when the doubt is gone.
 */
export async function guardLedgers(options: GuardOptions): Promise<Guarded[]> {
  const recount = await openRecount()
  const logs = await options.database.tenant({ org: '', actor: 'system' }, (tx) => surveyLogs(tx))
  const found: Guarded[] = []
  for (const { org, frozen: before } of logs) {
    const guarded = await guardLedger(options, org, recount)
    found.push(guarded)
    if (guarded.frozen !== undefined) options.log.error({ org, reason: guarded.frozen }, 'ledger is closed to signing')
    else if (before !== null) options.log.warn({ org, reason: before }, 'ledger was closed and is open again')
    if (guarded.recovered > 0)
      options.log.warn({ org, leaves: guarded.recovered }, 'database was older than the publication: rolled forward')
  }
  return found
}

async function guardLedger(options: GuardOptions, org: string, recount: Recount): Promise<Guarded> {
  const { database, dataDir } = options
  const disk = openPublication(dataDir, org)
  const within = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => database.tenant({ org, actor: 'system' }, work)
  try {
    const recovered = await within(async (tx) => {
      const published = await verifiedPublication(tx, org, disk)
      const log = await awaitLog(tx, org)
      refuseBrokenEdge(log)
      const gained =
        published && published.size > log.size ? await rollForward(tx, log, { disk, published, recount }) : 0
      const tree = await readLog(tx, org)
      await refuseFork(tx, tree, published, 'the publication holds')
      const remembered = await lastSigned(openSigner(dataDir), tree.origin)
      if (!remembered && Math.max(tree.signed_size, published?.size ?? 0) > 0)
        throw forgotten(dataDir, org, tree.origin)
      await refuseFork(tx, tree, remembered, 'the signer remembers')
      await refuseFork(
        tx,
        tree,
        await readCheckpoint(tx, org, tree.signed_size),
        'the last checkpoint in the database is of',
      )
      if (published) {
        await adoptCheckpoint(tx, org, published, published.text)
        await savePublished(tx, org, published.size, published.root)
      }
      await freezeLog(tx, org, null)
      return gained
    })
    return { org, recovered, frozen: undefined }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    await within((tx) => freezeLog(tx, org, error.message))
    return { org, recovered: 0, frozen: error.message }
  }
}

/** Something was signed, and what remembers how much is gone: the database may have been set back, and nobody could tell. */
function forgotten(dataDir: string, org: string, origin: string): Refused {
  const file = signerFile(dataDir, origin)
  return new Refused(
    'LEDGER_SIGNER_MEMORY',
    `the signer's memory of ${origin} is gone, so nobody can tell whether more was signed than is here. Put ${file} back from the newest disk or backup. If it is lost, compare with the newest checkpoint that anybody outside keeps; when none is newer than ours, write the first three lines of ${checkpointFile(dataDir, org)} into it and start again`,
    { status: 409 },
  )
}

/** @throws Refused LEDGER_EDGE when size, root and right edge of the log do not belong together */
function refuseBrokenEdge(log: LogRow): void {
  try {
    if (equal(edgeRoot(log), log.root)) return
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
  }
  throw new Refused(
    'LEDGER_EDGE',
    `size, root and right edge of the log do not belong together at ${log.size} leaves`,
    {
      status: 409,
    },
  )
}

type Published = OpenedCheckpoint & { readonly text: string }

/** The publication's checkpoint, if there is one. @throws Refused LEDGER_PUBLICATION when this log did not sign it */
async function verifiedPublication(tx: Tx, org: string, disk: Disk): Promise<Published | undefined> {
  const read = await publishedCheckpoint(disk)
  if (!read) return undefined
  const keys = (await publicLogKeys(tx, org)).map(parseVerifierKey)
  try {
    return { ...(await openCheckpoint(read.text, keys)), text: read.text }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    throw new Refused('LEDGER_PUBLICATION', `the published checkpoint is not signed by this log: ${error.message}`, {
      status: 409,
    })
  }
}

/** Leaves put back in one statement. */
const CHUNK_BUNDLES = 16

/**
 * Brings the database to the published tree with the leaves that the publication holds. They are the right ones if and
 * only if the tree they make has the root that was signed. @throws Refused LEDGER_BEHIND when they do not, or are missing
 */
async function rollForward(
  tx: Tx,
  log: LogRow,
  { disk, published, recount }: { readonly disk: Disk; readonly published: Published; readonly recount: Recount },
): Promise<number> {
  const behind = (why: string): Refused =>
    new Refused(
      'LEDGER_BEHIND',
      `the database holds ${log.size} leaves, the publication ${published.size}, and it cannot be rolled forward: ${why}`,
      { status: 409 },
    )
  let at = log
  try {
    while (at.size < published.size) {
      const upto = Math.min(published.size, (Math.floor(at.size / TILE_WIDTH) + CHUNK_BUNDLES) * TILE_WIDTH)
      const recovered = await readRecovered(disk, at.size, upto, published.size)
      const grown = appendLeaves(
        at,
        recovered.map(({ hash }) => hash),
      )
      await saveRecovered(tx, log.org, recovered)
      await saveTiles(tx, log.org, grown.tiles)
      if (!(await moveLog(tx, at, grown))) throw behind('it was moved meanwhile')
      const back = await readBack(tx, at)
      const differs = whatDiffers(recount, at, back.entries, back.grown)
      if (differs) throw behind(differs)
      at = await readLog(tx, log.org)
    }
  } catch (error) {
    if (error instanceof Malformed) throw behind(error.message)
    // A stream counts each number once: what was recorded after the database was set back took a number again.
    if (error instanceof Error && 'code' in error && error.code === '23505')
      throw behind('records were made since that contradict the published ones')
    throw error
  }
  if (!equal(at.root, published.root)) throw behind('its entries do not give the root that was signed')
  await recordAudit(tx, {
    event: 'ledger.rolled-forward',
    subject: tx.org,
    details: { from: String(log.size), to: String(published.size), count: published.size - log.size },
  })
  return published.size - log.size
}

/** Leaves `from` to `to` (excluded) out of the publication's entry bundles. @throws Malformed */
async function readRecovered(disk: Disk, from: number, to: number, size: number): Promise<Recovered[]> {
  const recovered: Recovered[] = []
  for (let n = Math.floor(from / TILE_WIDTH); n * TILE_WIDTH < to; n++) {
    const width = Math.min(TILE_WIDTH, size - n * TILE_WIDTH)
    const path = entriesPath({ n, width })
    const bundle = await disk.read(path)
    if (!bundle) throw new Malformed('TILE', `${path} is missing`)
    decodeEntries(bundle, width).forEach((bytes, i) => {
      const idx = n * TILE_WIDTH + i
      if (idx >= from && idx < to) recovered.push({ idx, bytes, leaf: parseLeaf(bytes), hash: leafHash(bytes) })
    })
  }
  return recovered
}
