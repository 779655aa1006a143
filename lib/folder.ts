// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { lockFolder } from './lock.ts'
import { Refused } from './refused.ts'
import { isFull } from './space.ts'

/** Ending of a folder that is being made; what bears it is ours and may be thrown away. */
const UNFINISHED = '.assay.part'

/**
 * Makes a folder that appears whole or not at all: `work` fills `<target>.assay.part` with files that it has synced,
 * which is then renamed. What an earlier try left behind when it was killed is thrown away first.
 * @throws Refused EXISTS when there is something at the target, UNDER_WAY when another process makes it just now,
 * STORAGE_FULL
 */
export async function makeFolder<T>(target: string, work: (part: string) => Promise<T>): Promise<T> {
  const part = `${target}${UNFINISHED}`
  const lock = await lockOf(part, target)
  try {
    await clear(part)
    await mkdir(part, { mode: 0o700 })
    const made = await work(part)
    await syncFolders(part)
    await putInPlace(part, target)
    await syncFolder(dirname(target))
    return made
  } catch (error) {
    await clear(part)
    if (isFull(error))
      throw new Refused('STORAGE_FULL', `there is no room left for ${target}; nothing was kept of it`, { status: 507 })
    throw error
  } finally {
    await lock.release()
  }
}

async function lockOf(part: string, target: string): Promise<{ release(): Promise<void> }> {
  try {
    return await lockFolder(part)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    throw new Refused('UNDER_WAY', `another process makes ${target} just now; let it end`)
  }
}

async function putInPlace(part: string, target: string): Promise<void> {
  try {
    await rename(part, target)
  } catch (error) {
    if (!TAKEN.has(String(codeOf(error)))) throw error
    throw exists(target)
  }
}

/** What a rename says when something came to lie at the target meanwhile. */
const TAKEN = new Set(['ENOTEMPTY', 'EEXIST', 'ENOTDIR'])

export const exists = (target: string): Refused =>
  new Refused('EXISTS', `expected a name that is not taken, ${target} exists; nothing is overwritten`)

/** A process that was killed may have left another one that ends just now and still writes: waited out for two seconds. */
const clear = (folder: string): Promise<void> =>
  rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 40 })

/** What lies below a folder, by name relative to it with `/`: folders before what is in them. */
export interface Listed {
  readonly name: string
  readonly isFolder: boolean
}

/**
 * Everything below a folder.
 * @param skip names to leave out, with what is below
 * @throws Refused NOT_A_FILE for a link, device, pipe or socket: nothing of the kind is ever followed
 */
export async function* listFolder(
  folder: string,
  skip: (name: string) => boolean = () => false,
  below = '',
): AsyncGenerator<Listed> {
  for (const entry of (await unlessGone(() => readdir(join(folder, below), { withFileTypes: true }))) ?? []) {
    const name = posix.join(below, entry.name)
    if (skip(name)) continue
    if (!entry.isDirectory() && !entry.isFile())
      throw new Refused('NOT_A_FILE', `expected files and folders only, ${join(folder, name)} is something else`)
    yield { name, isFolder: entry.isDirectory() }
    if (entry.isDirectory()) yield* listFolder(folder, skip, name)
  }
}

/** Copies a folder that is in use: what goes away meanwhile is not copied. Nothing is synced yet. */
export async function copyFolder(from: string, to: string, skip?: (name: string) => boolean): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 })
  for await (const { name, isFolder } of listFolder(from, skip))
    if (isFolder) await mkdir(join(to, name), { recursive: true, mode: 0o700 })
    else await unlessGone(() => copyFile(join(from, name), join(to, name), constants.COPYFILE_FICLONE))
}

/** Syncs a file. @returns its SHA-256 in hex, and its size */
export async function digestAndSync(path: string): Promise<{ sha256: string; size: number }> {
  const file = await open(path, 'r')
  try {
    const digest = await digestOf(file, async () => undefined)
    await file.sync()
    return digest
  } finally {
    await file.close()
  }
}

/** Copies a file and syncs the copy; a link is not followed. @returns the SHA-256 of what was copied, in hex */
export async function copyAndDigest(from: string, to: string): Promise<{ sha256: string; size: number }> {
  const source = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const file = await open(to, 'wx', ((await source.stat()).mode & 0o777) | 0o400)
    try {
      const digest = await digestOf(source, (chunk) => file.writeFile(chunk))
      await file.sync()
      return digest
    } finally {
      await file.close()
    }
  } finally {
    await source.close()
  }
}

const CHUNK = 1024 * 1024

async function digestOf(
  file: FileHandle,
  each: (chunk: Buffer) => Promise<void>,
): Promise<{ sha256: string; size: number }> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of file.createReadStream({
    autoClose: false,
    highWaterMark: CHUNK,
  }) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    size += chunk.length
    await each(chunk)
  }
  return { sha256: hash.digest('hex'), size }
}

/** Does something with each, a few at a time. The first fault ends it. */
export async function sideBySide<T>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values()
  const worker = async (): Promise<void> => {
    for (const item of rest) await work(item)
  }
  await Promise.all(Array.from({ length: most }, worker))
}

async function syncFolders(folder: string): Promise<void> {
  for await (const { name, isFolder } of listFolder(folder)) if (isFolder) await syncFolder(join(folder, name))
  await syncFolder(folder)
}

export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function unlessGone<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)
