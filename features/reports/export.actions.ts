// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { publish } from '../../lib/events.ts'
import type { JobHandler } from '../../lib/jobs.ts'
import { invariant, Refused } from '../../lib/refused.ts'
import { asSystem, type Services } from '../../lib/services.ts'
import { writeBundle } from '../../proof/bundle.ts'
import { signEnvelope } from '../../proof/dsse.ts'
import { PAYLOAD_TYPE } from '../../proof/statement.ts'
import { readCheckpoint, readLog } from '../ledger/sequencer.store.ts'
import { writeDurably } from './bundle-disk.store.ts'
import { chooseTree, organizationName, readLines, readRunsWithoutResult, sealingKey } from './contents.store.ts'
import { payload } from './payload.store.ts'
import { bundlePath, failBundle, finishBundle, takeBundle, type BundleRow, type Made } from './reports.store.ts'
import { chooseStamps } from './stamps.store.ts'

interface Who {
  readonly org: string
  readonly actor: string
}

/** Makes a bundle. Run again after a crash it starts over: nothing of an unfinished one was told to anybody. */
export const exportJob =
  (services: Services): JobHandler =>
  async ({ org, actor, input, signal }) => {
    const id = z.string().parse(input['bundle_id'])
    const who = { org, actor }
    const row = await services.db.tenant(who, async (tx) => {
      const taken = await takeBundle(tx, id)
      if (taken) await publish(tx, 'bundle', { id, state: 'running' })
      return taken
    })
    if (!row) return
    try {
      await awaitTree(services, who, row, signal)
      const made = await make(services, who, row)
      await services.db.tenant(who, async (tx) => {
        await finishBundle(tx, id, made)
        await publish(tx, 'bundle', { id, state: 'done' })
      })
    } catch (error) {
      const because =
        error instanceof Refused ? error.message : 'a fault of Assay or its machine; it is tried again a few times'
      await services.db.tenant(who, async (tx) => {
        await failBundle(tx, id, because)
        await publish(tx, 'bundle', { id, state: 'failed' })
      })
      if (!(error instanceof Refused)) throw error // the queue tries again; taking a failed bundle is allowed
    }
  }

const PAUSE_MS = 200
/** How long the sequencer may take to publish what was there when the bundle was asked for. */
const PUBLISHED_MS = 30_000
/** How long authorities may take beyond that; without their time-stamp the bundle is made all the same. */
const STAMPED_MS = 12_000

/** Waits until a published tree, time-stamped if that can be, holds all there was when the bundle was asked for. */
async function awaitTree(services: Services, who: Who, row: BundleRow, signal: AbortSignal): Promise<void> {
  const wantsStamp = services.config.timestampAuthorities.length > 0
  for (let waited = 0; !signal.aborted; waited += PAUSE_MS) {
    const tree = await services.db.tenant(who, (tx) => chooseTree(tx, row.wanted_size), 'read')
    if (tree && (tree.is_stamped || !wantsStamp || waited >= STAMPED_MS)) return
    if (!tree && waited >= PUBLISHED_MS) break
    await new Promise((done) => setTimeout(done, PAUSE_MS))
  }
  throw new Refused(
    'NOT_PUBLISHED',
    `the ledger has not published the ${row.wanted_size} entries there were when the bundle was asked for; look at the ledger, then ask again`,
    { status: 503 },
  )
}

/** How often pages hear how far it is. */
const TOLD_MS = 500

/**
 * Streams the bundle to disk under one unchanging view of the database.
 * @throws Refused NOTHING_TO_EXPORT, TOO_MUCH_TO_EXPORT, STORAGE_FULL, BLOB_MISSING, BLOB_DAMAGED, DAMAGED
 */
async function make(services: Services, who: Who, row: BundleRow): Promise<Made> {
  const { config, blobs } = services
  return await services.db.tenant(
    who,
    async (tx) => {
      const tree = await chooseTree(tx, row.wanted_size)
      invariant(tree, 'a published tree stays published')
      const { size } = tree
      const checkpoint = await readCheckpoint(tx, tx.org, size)
      invariant(checkpoint, 'a published checkpoint is kept')
      const lines = await readLines(tx, row.wanted, size)
      if (lines.length === 0)
        throw new Refused('NOTHING_TO_EXPORT', 'no record fits what was asked for; widen the choice')
      const organization = await organizationName(tx)
      const indexes = lines.map(({ index }) => index)
      const chosen = await chooseStamps(tx, config.timestampAuthorities, { size, indexes })
      const content = {
        ...chosen,
        ...{ tx, blobs, organization, size, lines },
        log: await readLog(tx, tx.org),
        checkpoint: checkpoint.note,
        oddities: [...(await readRunsWithoutResult(tx, row.wanted)), ...chosen.oddities],
        progress: teller(services, who.org, row.id, lines.length),
      }
      const info = [
        ['Source-Organization', organization],
        ['Bagging-Date', tx.now.slice(0, 10)],
        ['External-Identifier', row.id],
        ['External-Description', `Evidence of ${organization}: ${lines.length} records, log of ${size} entries`],
      ] as const
      const signer = await sealingKey(tx, size)
      const seal = (statement: Uint8Array): Uint8Array => signEnvelope(PAYLOAD_TYPE, statement, [signer])
      const path = bundlePath(config.dataDir, who.org, row.id)
      const written = await writeDurably(path, writeBundle({ name: row.name, info, seal }, payload(content)))
      return { ...written, records: lines.length, tree_size: size }
    },
    'read',
  )
}

/** Tells open pages how many records are done, twice a second at most. */
function teller(services: Services, org: string, id: string, of: number): (records: number) => Promise<void> {
  let told = performance.now()
  return async (records) => {
    if (performance.now() - told < TOLD_MS) return
    told = performance.now()
    await asSystem(services, org, (tx) => publish(tx, 'bundle', { id, state: 'running', records, of }))
  }
}
