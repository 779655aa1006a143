// SPDX-License-Identifier: Apache-2.0
import { createHmac, timingSafeEqual } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { canonicalJson } from '../proof/canonical-json.ts'
import { derived, instanceKeyId } from './instance-key.ts'
import { Refused } from './refused.ts'

/** The file of a backup that says what the others must be. */
export const BACKUP_LIST = 'backup.json'
const FORMAT = 'assay-backup/2'

/** A path below the backup: no way out of it, and no way to name one thing twice. */
const path = z.string().regex(/^(?!\.{1,2}(?:\/|$))[^/\\\0]+(?:\/(?!\.{1,2}(?:\/|$))[^/\\\0]+)*$/)
const ledgerSchema = z.strictObject({
  org: z.string(),
  size: z.int().min(0),
  /** Root of the tree, base64. */
  root: z.string(),
  /** What is wrong with it, in words; empty when all verifies. */
  doubts: z.array(z.string()),
})
const listSchema = z.strictObject({
  format: z.literal(FORMAT),
  made_at: z.iso.datetime(),
  /** Which key opens the backup, and where it lay. The key itself is not in the backup. */
  key: z.strictObject({ id: z.string().regex(/^[0-9a-f]{16}$/), file: z.string() }),
  /** As they were found when the copy was started. */
  ledgers: z.array(ledgerSchema),
  folders: z.array(path),
  /** SHA-256 of every file, in hex. */
  files: z.record(path, z.string().regex(/^[0-9a-f]{64}$/)),
})
/** Under the instance's key, so that nobody else can write a list: HMAC-SHA-256 of the list without it, in hex. */
const writtenSchema = listSchema.extend({ mac: z.string().regex(/^[0-9a-f]{64}$/) })

export type LedgerInBackup = z.infer<typeof ledgerSchema>
export type BackupList = z.infer<typeof listSchema>

const macOf = (list: BackupList, key: Buffer): Buffer =>
  createHmac('sha256', derived(key, 'assay/backup-list/v1', 32))
    .update(canonicalJson(list))
    .digest()

/** Writes the list of a backup; durable when it returns. */
export async function writeBackupList(folder: string, list: Omit<BackupList, 'format'>, key: Buffer): Promise<void> {
  const whole: BackupList = { format: FORMAT, ...list }
  const file = await open(join(folder, BACKUP_LIST), 'wx', 0o600)
  try {
    await file.writeFile(JSON.stringify({ ...whole, mac: macOf(whole, key).toString('hex') }, null, 1))
    await file.sync()
  } finally {
    await file.close()
  }
}

/** @throws Refused NOT_A_BACKUP saying what is wrong with the list */
export async function readBackupList(folder: string): Promise<BackupList & { readonly mac: string }> {
  const refused = (why: string): Refused =>
    new Refused('NOT_A_BACKUP', `expected a folder made by "assay backup", got ${folder}: ${why}`)
  const text = await readText(join(folder, BACKUP_LIST))
  if (text === undefined) throw refused(`there is no ${BACKUP_LIST} in it`)
  const found = z.object({ format: z.string() }).safeParse(parsed(text))
  if (!found.success) throw refused(`${BACKUP_LIST} was cut off or changed`)
  if (found.data.format !== FORMAT)
    throw refused(
      `its format is ${found.data.format}, this version reads ${FORMAT}; restore it with the one that made it`,
    )
  const list = writtenSchema.safeParse(parsed(text))
  if (list.success) return list.data
  throw refused(`${BACKUP_LIST} was changed: ${z.prettifyError(list.error).replaceAll('\n', ' ')}`)
}

/** @throws Refused WRONG_KEY, BACKUP_DAMAGED when somebody without the key wrote the list */
export function demandKey({ mac, ...list }: BackupList & { readonly mac: string }, key: Buffer, file: string): void {
  if (instanceKeyId(key) !== list.key.id)
    throw new Refused(
      'WRONG_KEY',
      `the key in ${file} (${instanceKeyId(key)}) does not open this backup; it needs the key ${list.key.id}, which lay in ${list.key.file}`,
    )
  if (!timingSafeEqual(macOf(list, key), Buffer.from(mac, 'hex')))
    throw new Refused(
      'BACKUP_DAMAGED',
      `${BACKUP_LIST} is not what was written: somebody changed it; nothing was restored`,
    )
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined
    throw error
  }
}

/** What a JSON text says; nothing when it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
