// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { BACKUP_LIST, demandKey, readBackupList, type BackupList } from './backup-list.ts'
import { copyAndDigest, listFolder, makeFolder, sideBySide } from './folder.ts'
import { keepInstanceKey, readInstanceKey } from './instance-key.ts'
import { Refused } from './refused.ts'

const AT_ONCE = 8
/** Damaged files that are named. */
const NAMED_MOST = 5

export interface RestoreOptions {
  readonly source: string
  readonly dataDir: string
  /** Where the server will look for its key (ASSAY_KEY_FILE). */
  readonly keyFile: string
  /** A file with the key, when it is not there already. */
  readonly givenKey: string | undefined
  readonly tell: (step: string) => void
}

/**
 * Makes a backup the data folder of a server that does not run. Every file is compared with the list while it is copied
 * beside the folder; only when all are right, and the key opens them, does the folder appear.
 * @throws Refused NOT_A_BACKUP, BACKUP_DAMAGED naming the files, NOT_A_FILE, DATA_EXISTS, MOUNTED, KEY_NEEDED, WRONG_KEY,
 * STORAGE_FULL
 */
export async function restore(options: RestoreOptions): Promise<BackupList & { readonly count: number }> {
  const { source, dataDir, keyFile, tell } = options
  await refuseFolder(dataDir)
  const list = await readBackupList(source)
  const key = keyOf(options, list)
  tell('copying and comparing every file')
  return await makeFolder(dataDir, async (part) => {
    await copyVerified(source, part, list)
    const place = relative(dataDir, keyFile)
    const kept = place.startsWith('..') || resolve(place) === place ? keyFile : join(part, place)
    if (!existsSync(kept)) keepInstanceKey(kept, key)
    return { ...list, count: Object.keys(list.files).length }
  })
}

/** The key, from where it was given or where the server will look for it. */
function keyOf({ keyFile, givenKey }: RestoreOptions, list: BackupList & { readonly mac: string }): Buffer {
  const file = givenKey ?? keyFile
  const key = readInstanceKey(file)
  if (!key)
    throw new Refused(
      'KEY_NEEDED',
      `there is no key in ${file}. A backup does not hold the key that opens it: give your copy with --key <file>. It is the key ${list.key.id}, which lay in ${list.key.file}`,
    )
  demandKey(list, key, file)
  const there = readInstanceKey(keyFile)
  if (there) demandKey(list, there, keyFile)
  return key
}

async function copyVerified(source: string, part: string, { folders, files }: BackupList): Promise<void> {
  const expected = new Map(Object.entries(files))
  const found: string[] = []
  const wrong: string[] = []
  for await (const { name, isFolder } of listFolder(source)) {
    if (isFolder || name === BACKUP_LIST) continue
    if (expected.has(name)) found.push(name)
    else wrong.push(`${name} (not of the backup)`)
  }
  const there = new Set(found)
  for (const name of expected.keys()) if (!there.has(name)) wrong.push(`${name} (missing)`)
  // A store of objects, or an archive, may have left out the empty ones.
  for (const name of folders) await mkdir(join(part, name), { recursive: true, mode: 0o700 })
  await sideBySide(found, AT_ONCE, async (name) => {
    await mkdir(dirname(join(part, name)), { recursive: true, mode: 0o700 })
    const { sha256 } = await copyAndDigest(join(source, name), join(part, name))
    if (sha256 !== expected.get(name)) wrong.push(`${name} (changed)`)
  })
  if (wrong.length === 0) return
  const more = wrong.length > NAMED_MOST ? ` and ${wrong.length - NAMED_MOST} more` : ''
  throw new Refused(
    'BACKUP_DAMAGED',
    `this is not what was backed up: ${wrong.slice(0, NAMED_MOST).join(', ')}${more}; nothing was restored`,
  )
}

/** The folder must be free, and must be one that can appear at once. */
async function refuseFolder(dataDir: string): Promise<void> {
  if (!existsSync(dataDir)) return
  const [here, above] = [await stat(dataDir), await stat(dirname(dataDir))]
  if (!here.isDirectory() || (await readdir(dataDir)).length > 0)
    throw new Refused('DATA_EXISTS', `expected no data in ${dataDir}; move it away first, nothing is overwritten`)
  if (here.dev !== above.dev)
    throw new Refused(
      'MOUNTED',
      `${dataDir} is a disk of its own, where a whole folder cannot be put in place at once; set ASSAY_DATA to a folder inside it`,
    )
}
