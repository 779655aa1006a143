// SPDX-License-Identifier: Apache-2.0
import type { Database } from '../../lib/db.ts'
import { Refused } from '../../lib/refused.ts'
import { openPublication } from './publication.store.ts'
import { openRecount } from './recount.ts'
import { readCheckpoint, readLog, surveyLogs } from './sequencer.store.ts'
import { publish, type Sequencing } from './sequencing.actions.ts'
import { lastSigned, openSigner, rememberSigned } from './signer.store.ts'
import { publishStamps } from './stamping.store.ts'

export interface CopyOptions {
  /** Pool of the role assay_sequencer, on the copy. */
  readonly database: Database
  /** The data folder of the copy. */
  readonly copy: string
  /** The data folder that was copied. */
  readonly original: string
}

/**
 * Brings publication and signer's memory of a copied data folder to what its database had signed: they were copied a
 * moment before. Nothing is signed here, and no leaf gets its index: the original goes on, and two trees of one size
 * must never carry the same signature. A memory that the original has lost is not made up for.
 * @returns by organisation what stood in the way, in words; nothing where nothing did
 */
export async function settleCopy({ database, copy, original }: CopyOptions): Promise<Map<string, string | undefined>> {
  const s: Sequencing = {
    database,
    recount: await openRecount(),
    signer: openSigner(copy),
    publication: (org) => openPublication(copy, org),
    at: () => undefined,
  }
  const logs = await database.tenant({ org: '', actor: 'system' }, (tx) => surveyLogs(tx), 'read')
  const found = new Map<string, string | undefined>()
  for (const { org } of logs)
    try {
      await settleLedger(s, org, original)
      found.set(org, undefined)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      found.set(org, error.message)
    }
  return found
}

async function settleLedger(s: Sequencing, org: string, original: string): Promise<void> {
  await publish(s, org)
  await s.database.tenant({ org, actor: 'system' }, async (tx) => {
    await publishStamps(tx, s.publication(org))
    const log = await readLog(tx, org)
    const signed = await readCheckpoint(tx, org, log.signed_size)
    if (signed && (await lastSigned(openSigner(original), log.origin)))
      await rememberSigned(s.signer, log.origin, signed)
  })
}
