// SPDX-License-Identifier: Apache-2.0
import { hkdfSync, randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { Refused } from './refused.ts'

/*
 * The instance's key: 32 bytes that seal the keys of every organisation, in a file that only its owner reads. Without it
 * the sealed keys and the evidence cannot be opened, so it is never replaced and never part of a backup.
 */

export const newInstanceKey = (): Buffer => randomBytes(32)

/** The key in a file, or nothing when there is no file. @throws Refused BAD_KEY_FILE */
export function readInstanceKey(file: string): Buffer | undefined {
  const text = read(file)?.trim()
  if (text === undefined) return undefined
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new Refused('BAD_KEY_FILE', `expected 64 hex digits in ${file}, got something else`)
  return Buffer.from(text, 'hex')
}

/** Puts a key into a file that does not exist yet; durable, with its folder, when it returns. @throws Refused BAD_KEY_FILE */
export function keepInstanceKey(file: string, key: Buffer): void {
  const folder = dirname(file)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const aside = `${file}.${process.pid}.part`
  writeFileSync(aside, `${key.toString('hex')}\n`, { mode: 0o400, flush: true })
  try {
    linkSync(aside, file) // unlike a rename, never in the place of another key
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    throw new Refused('BAD_KEY_FILE', `another process has just made ${file}; start again`)
  } finally {
    rmSync(aside, { force: true })
  }
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}

/** The key of an instance, made at its first start. @throws Refused BAD_KEY_FILE */
export function instanceKey(file: string): Buffer {
  const known = readInstanceKey(file)
  if (known) return known
  const key = newInstanceKey()
  keepInstanceKey(file, key)
  return key
}

/** Names a key without telling anything of it: 16 hex digits. */
export const instanceKeyId = (key: Buffer): string => derived(key, 'assay/instance-key-id/v1', 8).toString('hex')

/** Bytes that only who has the key can make, for one purpose. */
export const derived = (key: Buffer, purpose: string, size: number): Buffer =>
  Buffer.from(hkdfSync('sha256', key, '', purpose, size))

function read(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'utf8')
    hide(file)
    return text
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    if (!(error instanceof Error) || codeOf(error) === undefined) throw error
    throw new Refused('BAD_KEY_FILE', `the key of this instance cannot be read (ASSAY_KEY_FILE): ${error.message}`)
  }
}

/** For its owner only. A file that somebody mounted read-only, as secrets are, is theirs to protect. */
function hide(file: string): void {
  try {
    chmodSync(file, 0o400)
  } catch (error) {
    if (!['EROFS', 'EPERM', 'EACCES'].includes(String(codeOf(error)))) throw error
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)
