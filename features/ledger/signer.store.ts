// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { Refused } from '../../lib/refused.ts'
import { fromUtf8, utf8 } from '../../proof/bytes.ts'
import { checkpointText, parseCheckpoint } from '../../proof/checkpoint.ts'
import { Malformed } from '../../proof/malformed.ts'
import { openDisk, type Disk } from './disk.store.ts'

/** The tree that was signed last. */
export interface LastSigned {
  readonly size: number
  readonly root: Uint8Array
}

/**
 * What the signer remembers outside the database, in `<data>/signer/last-signed/`: one file a log, its three lines those
 * of a checkpoint. A database that was set back cannot make the signer forget what it vouched for.
 */
export const openSigner = (dataDir: string, fatal?: (error: unknown) => never): Disk =>
  openDisk(join(dataDir, 'signer', 'last-signed'), fatal)

const fileOf = (origin: string): string => encodeURIComponent(origin)

/** Where the memory of a log lies, for people. */
export const signerFile = (dataDir: string, origin: string): string =>
  join(dataDir, 'signer', 'last-signed', fileOf(origin))

/** @throws Refused LEDGER_SIGNER_MEMORY when the file is damaged: nothing may be signed then */
export async function lastSigned(disk: Disk, origin: string): Promise<LastSigned | undefined> {
  const bytes = await disk.read(fileOf(origin))
  if (!bytes) return undefined
  try {
    const checkpoint = parseCheckpoint(fromUtf8(bytes))
    if (checkpoint.origin === origin) return checkpoint
    throw new Malformed('CHECKPOINT', `expected ${origin}, got ${checkpoint.origin}`)
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    throw new Refused('LEDGER_SIGNER_MEMORY', `the signer's memory of ${origin} is damaged: ${error.message}`, {
      status: 409,
    })
  }
}

/** Remembers a tree before it is signed. Durable when it returns. */
export async function rememberSigned(disk: Disk, origin: string, tree: LastSigned): Promise<void> {
  const known = await lastSigned(disk, origin)
  if (known && known.size >= tree.size) return
  await disk.replace(fileOf(origin), utf8(checkpointText({ origin, ...tree })))
  await disk.settle()
}
