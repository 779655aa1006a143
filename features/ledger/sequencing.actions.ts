// SPDX-License-Identifier: Apache-2.0
import type { Database, Tx } from '../../lib/db.ts'
import { invariant, Refused } from '../../lib/refused.ts'
import { signCheckpoint } from '../../proof/checkpoint.ts'
import { leafHash } from '../../proof/hash.ts'
import { appendLeaves } from '../../proof/tree.ts'
import type { Disk } from './disk.store.ts'
import { logKeys, publicLogKeys } from './keys.store.ts'
import { dropPartials, publishCheckpoint, publishedCheckpoint, publishTree } from './publication.store.ts'
import { whatDiffers, type Recount } from './recount.ts'
import { keysInForce } from './rotation.ts'
import {
  lockLog,
  moveLog,
  readBack,
  readCheckpoint,
  readLog,
  saveCheckpoint,
  savePublished,
  saveTiles,
  takePending,
} from './sequencer.store.ts'
import { lastSigned, rememberSigned } from './signer.store.ts'
import { continues, type StoredTree } from './tiles.store.ts'

/** Leaves that get their index in one transaction at most. */
export const BATCH = 5000

/** Moments at which a sequencer can be killed; tests throw there. */
export type Step =
  | 'leaves inserted'
  | 'log moved'
  | 'tree verified'
  | 'tree committed'
  | 'growth proved'
  | 'tree remembered'
  | 'checkpoint saved'
  | 'checkpoint committed'
  | 'tiles published'
  | 'checkpoint published'
  | 'publication recorded'

export interface Sequencing {
  readonly database: Database
  readonly recount: Recount
  /** Leaf hash of the first implementation; tests give one that errs. */
  readonly hash?: (entry: Uint8Array) => Uint8Array
  readonly signer: Disk
  readonly publication: (org: string) => Disk
  readonly at: (step: Step, org: string) => void | Promise<void>
}

const work = <T>({ database }: Sequencing, org: string, run: (tx: Tx) => Promise<T>, mode?: 'read'): Promise<T> =>
  database.tenant({ org, actor: 'system' }, run, mode)

/**
 * Gives waiting leaves their index and lets the tree grow, in one transaction. What the database then says is counted
 * again by a second implementation before it commits.
 * @returns how many leaves; `undefined` when another sequencer has the log or it is frozen
 * @throws Refused LEDGER_MISMATCH when the two implementations disagree; nothing is changed
 */
export async function sequence(s: Sequencing, org: string): Promise<number | undefined> {
  const count = await work(s, org, async (tx) => {
    const log = await lockLog(tx, org)
    if (!log || log.frozen !== null) return undefined
    const taken = await takePending(tx, org, log.size, BATCH)
    if (taken.length === 0) return 0
    await s.at('leaves inserted', org)
    const grown = appendLeaves(log, taken.map(s.hash ?? leafHash))
    await saveTiles(tx, org, grown.tiles)
    if (!(await moveLog(tx, log, grown))) throw overtaken(org, log.size)
    await s.at('log moved', org)
    const back = await readBack(tx, log)
    const differs = whatDiffers(s.recount, log, back.entries, back.grown)
    if (differs)
      throw new Refused(
        'LEDGER_MISMATCH',
        `two implementations disagree on the tree of ${grown.size} leaves: ${differs}; nothing was changed`,
        { status: 503 },
      )
    await s.at('tree verified', org)
    return taken.length
  })
  if (count) await s.at('tree committed', org)
  return count
}

const overtaken = (org: string, size: number): Error =>
  new Error(`another sequencer moved the log of ${org} on from size ${size}`)

/**
 * Signs the tree that is committed, if it was not signed before. Only a tree that continues the one signed last is
 * signed, and it is remembered outside the database first: a signature once given can be neither undone nor contradicted.
 * @throws Refused LEDGER_FORK when the database does not continue what was signed, LEDGER_SIGNER_MEMORY
 */
export async function sign(s: Sequencing, org: string): Promise<void> {
  const signed = await work(s, org, async (tx) => {
    const log = await lockLog(tx, org)
    if (!log || log.frozen !== null || log.size === log.signed_size) return false
    await refuseFork(tx, log, await lastSigned(s.signer, log.origin), 'the signer remembers')
    await refuseFork(tx, log, await readCheckpoint(tx, org, log.signed_size), 'the last checkpoint signed')
    await s.at('growth proved', org)
    const keys = keysInForce(await logKeys(tx, org, log.size), tx.now)
    invariant(keys.length > 0, `the log of ${org} has a key in force`)
    await rememberSigned(s.signer, log.origin, log)
    await s.at('tree remembered', org)
    const note = signCheckpoint(
      log,
      keys.map(({ key }) => key),
    )
    if (!(await saveCheckpoint(tx, log, note))) throw overtaken(org, log.size)
    await s.at('checkpoint saved', org)
    return true
  })
  if (signed) await s.at('checkpoint committed', org)
}

/** @throws Refused LEDGER_FORK unless the tree begins with all leaves of the older one */
export async function refuseFork(
  tx: Tx,
  tree: StoredTree & { readonly root: Uint8Array },
  older: { readonly size: number; readonly root: Uint8Array } | undefined,
  source: string,
): Promise<void> {
  if (!older || (await continues(tx, tree, older))) return
  const how =
    older.size > tree.size
      ? `${source} a tree of ${older.size} leaves, the database has only ${tree.size}: it is older than what was signed`
      : older.size === tree.size
        ? `${source} another tree of ${tree.size} leaves: the history was changed`
        : `the tree of ${tree.size} leaves in the database does not continue what ${source} (${older.size} leaves): the history was changed`
  throw new Refused('LEDGER_FORK', how, { status: 409 })
}

/**
 * Brings the publication to the newest signed checkpoint: tiles and entries first, the checkpoint last. Every file has
 * one possible content, so doing it twice, or after a crash, or by two sequencers at once, gives the same folder.
 */
export async function publish(s: Sequencing, org: string): Promise<void> {
  const disk = s.publication(org)
  const known = await publishedCheckpoint(disk)
  const from = known?.size ?? 0
  const written = await work(
    s,
    org,
    async (tx) => {
      const log = await readLog(tx, org)
      // The folder was read first, and a checkpoint is published only after it was committed.
      if (from > log.signed_size)
        throw new Refused(
          'LEDGER_FORK',
          `the publication holds ${from} leaves, the database signed only ${log.signed_size}: it is older than what was published`,
          { status: 409 },
        )
      const checkpoint = await readCheckpoint(tx, org, log.signed_size)
      if (!checkpoint || log.frozen !== null || (from >= checkpoint.size && log.published_size >= checkpoint.size))
        return undefined
      if (from < checkpoint.size) await publishTree(tx, disk, log, from, checkpoint.size)
      return { checkpoint, keys: await publicLogKeys(tx, org) }
    },
    'read',
  )
  if (!written) return
  const { checkpoint, keys } = written
  await s.at('tiles published', org)
  const isRecorded = await work(s, org, async (tx) => {
    // One at a time puts a checkpoint in place; whoever has the log does, or the next round does.
    if (!(await lockLog(tx, org))) return false
    await publishCheckpoint(disk, checkpoint, keys)
    await s.at('checkpoint published', org)
    await savePublished(tx, org, checkpoint.size, checkpoint.root)
    return true
  })
  if (!isRecorded) return
  await s.at('publication recorded', org)
  await dropPartials(disk, from, checkpoint.size)
}
