// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, realpath, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import type pg from 'pg'
import { writeBackupList, type BackupList, type LedgerInBackup } from './backup-list.ts'
import { copyCluster } from './base-backup.ts'
import { copyFolder, digestAndSync, exists, listFolder, makeFolder, sideBySide, type Listed } from './folder.ts'
import { instanceKeyId } from './instance-key.ts'
import { Refused } from './refused.ts'

/** Of a data folder: what a restored server makes again, and the key, which must lie elsewhere than what it opens. */
const NOT_KEPT = new Set(['postgres-lib', 'inbox', 'connections', 'running.json', 'instance.key'])
/** Being written when it was copied, so nothing names it yet. */
const ASIDE = /\.part$/
const CHECKPOINT = /^[^/]+\/checkpoint$/
const AT_ONCE = 8

export interface BackupOptions {
  readonly dataDir: string
  readonly target: string
  /** The embedded database as its owner reaches it. */
  readonly owner: pg.ClientConfig
  /** The instance's key and its file: it opens the backup, and is not in it. */
  readonly key: Buffer
  readonly keyFile: string
  readonly now: Date
  /** Starts the copy, settles its ledgers on its database and looks at all of it. @throws when it does not start */
  readonly prove: (copy: string) => Promise<LedgerInBackup[]>
  readonly tell: (step: string) => void
}

export interface BackedUp {
  readonly files: number
  readonly bytes: number
  readonly ledgers: readonly LedgerInBackup[]
}

/**
 * Copies a running server's data folder, and proves the copy by starting it: only what came up, with ledgers verified
 * from the first byte, is a backup. It appears under its name when all of that is durable.
 * @throws Refused BACKUP_INSIDE, EXISTS, NOT_RUNNING, SERVER_STOPPED, STORAGE_FULL, and what `prove` refuses
 */
export async function backUp(options: BackupOptions): Promise<BackedUp> {
  const { target, tell } = options
  const dataDir = await realpath(options.dataDir)
  await refuseTarget(target, dataDir)
  return await makeFolder(target, async (part) => {
    tell('copying the database')
    await copyData(dataDir, part, options)
    tell('starting the copy and verifying its ledger')
    const ledgers = await options.prove(part)
    await rm(join(part, 'postgres-lib'), { recursive: true, force: true }) // links that the start has made
    tell('listing every file')
    return { ...(await list(part, options, ledgers)), ledgers }
  })
}

/**
 * What the ledger signed and published is copied before the database: newer than its database it would look as if that
 * had been set back. All else is copied after it: a file that a row names was there before the row.
 */
async function copyData(from: string, to: string, { owner, keyFile }: BackupOptions): Promise<void> {
  const key = existsSync(keyFile) ? await realpath(keyFile) : keyFile
  const copy = async (name: string, skip: (file: string) => boolean): Promise<void> => {
    const source = await realpath(join(from, name)) // one of these may lie on a disk of its own, behind a link
    if (source === key) return
    if ((await stat(source)).isFile()) await copyFile(source, join(to, name))
    else await copyFolder(source, join(to, name), (file) => join(source, file) === key || skip(file))
  }
  const present = new Set((await readdir(from)).filter((name) => !NOT_KEPT.has(name) && !ASIDE.test(name)))
  for (const name of ['signer', 'ledger'])
    if (present.has(name)) {
      // A checkpoint is written after all that it covers, so it is read before that.
      await copy(name, (file) => file.includes('/') && !CHECKPOINT.test(file))
      await copy(name, (file) => ASIDE.test(file) || CHECKPOINT.test(file))
    }
  await copyCluster(await realpath(join(from, 'postgres')), join(to, 'postgres'), owner)
  for (const name of present)
    if (!['signer', 'ledger', 'postgres'].includes(name)) await copy(name, (file) => ASIDE.test(file))
}

async function list(
  part: string,
  { key, keyFile, now }: BackupOptions,
  ledgers: LedgerInBackup[],
): Promise<{ files: number; bytes: number }> {
  const found: Listed[] = []
  for await (const one of listFolder(part)) found.push(one)
  const files = found.filter(({ isFolder }) => !isFolder)
  const folders = found.filter(({ isFolder }) => isFolder).map(({ name }) => name)
  const digests: BackupList['files'] = {}
  let bytes = 0
  await sideBySide(files, AT_ONCE, async ({ name }) => {
    const { sha256, size } = await digestAndSync(join(part, name))
    digests[name] = sha256
    bytes += size
  })
  const made_at = now.toISOString()
  const named = { id: instanceKeyId(key), file: keyFile }
  await writeBackupList(part, { made_at, key: named, ledgers, folders, files: digests }, key)
  return { files: files.length, bytes }
}

async function refuseTarget(target: string, dataDir: string): Promise<void> {
  if (existsSync(target)) throw exists(target)
  await mkdir(dirname(target), { recursive: true })
  const real = join(await realpath(dirname(target)), basename(target))
  if (real === dataDir || real.startsWith(dataDir + sep))
    throw new Refused('BACKUP_INSIDE', `expected a folder outside the data folder ${dataDir}, got ${target}`)
}
