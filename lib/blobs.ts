// SPDX-License-Identifier: Apache-2.0
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, opendir, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Refused } from './refused.ts'
import type { Sealed } from './sealing.ts'
import { isFull } from './space.ts'

/**
 * Immutable bytes by content: a blob's name is the SHA-256 of its bytes, which are always ciphertext (lib/sealing.ts).
 * `put` is durable when it returns; putting the same bytes again is the same blob. Safe for any number of callers.
 */
export interface Blobs {
  /** @throws Refused STORAGE_FULL */
  put(org: string, bytes: Uint8Array): Promise<{ readonly name: string; readonly size: number }>
  /** @throws Refused BLOB_MISSING, BLOB_DAMAGED when the bytes no longer are what their name says */
  get(org: string, name: string): Promise<Buffer>
  /**
   * For bytes that are not held whole. Nobody holds them against their name: what they are is shown by their encryption.
   * @throws Refused BLOB_MISSING
   */
  open(org: string, name: string): Promise<OpenBlob>
  has(org: string, name: string): Promise<boolean>
  remove(org: string, name: string): Promise<void>
  /** All names of a tenant that were put before a moment, in no order. What a broken-off write left is removed on the way. */
  names(org: string, before: Date): AsyncIterable<string>
}

export interface OpenBlob extends Sealed {
  close(): Promise<void>
}

const NAME = /^[0-9a-f]{64}$/
/** Ending of a file that is being written. */
const ASIDE = '.part'
const ORG = /^org_[0-9a-z]{26}$/
const nameOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const missing = (name: string): Refused =>
  new Refused('BLOB_MISSING', `the stored file ${name} is gone from the blob store`, { status: 409 })

function checked(name: string, bytes: Buffer): Buffer {
  const found = nameOf(bytes)
  if (found !== name)
    throw new Refused('BLOB_DAMAGED', `expected stored bytes with SHA-256 ${name}, got ${found}`, { status: 409 })
  return bytes
}

/** Blobs of tests. */
export function memoryBlobs(): Blobs & { readonly kept: Map<string, Buffer> } {
  const kept = new Map<string, Buffer>()
  return {
    kept,
    async put(org, bytes) {
      const name = nameOf(bytes)
      kept.set(`${org}/${name}`, Buffer.from(bytes))
      return { name, size: bytes.length }
    },
    async get(org, name) {
      const bytes = kept.get(`${org}/${name}`)
      if (!bytes) throw missing(name)
      return checked(name, bytes)
    },
    async open(org, name) {
      const bytes = kept.get(`${org}/${name}`)
      if (!bytes) throw missing(name)
      const read = async (at: number, into: Buffer): Promise<number> => bytes.copy(into, 0, at)
      return { size: bytes.length, read, close: async () => undefined }
    },
    has: async (org, name) => kept.has(`${org}/${name}`),
    async remove(org, name) {
      kept.delete(`${org}/${name}`)
    },
    async *names(org) {
      for (const key of kept.keys()) if (key.startsWith(`${org}/`)) yield key.slice(org.length + 1)
    },
  }
}

/**
 * Blobs on disk, `<folder>/<org>/<2>/<2>/<name>`: written aside, synced, renamed into place, and the folder synced, so a
 * name is never seen before its bytes are safe. A failing sync ends the process: what the kernel still holds after one
 * is unknown, and only a restart tells (`fatal` is how; tests give their own).
 */
export function diskBlobs(folder: string, fatal: (error: unknown) => never = endProcess): Blobs {
  const pathOf = (org: string, name: string): string => {
    if (!ORG.test(org) || !NAME.test(name)) throw new Error(`not a blob address: ${org}/${name}`)
    return join(folder, org, name.slice(0, 2), name.slice(2, 4), name)
  }
  const settled = new Set<string>()
  /** The folders above may be as new as the file, made here or by another process: each is synced once. */
  const settle = async (leaf: string): Promise<void> => {
    await syncFolder(leaf, fatal)
    for (let at = dirname(leaf); at.length >= dirname(folder).length && !settled.has(at); at = dirname(at)) {
      await syncFolder(at, fatal)
      settled.add(at)
    }
  }
  return {
    async put(org, bytes) {
      const name = nameOf(bytes)
      const path = pathOf(org, name)
      if (await exists(path)) {
        await settle(dirname(path)) // whoever put it may not have come that far
        return { name, size: bytes.length }
      }
      const aside = `${path}.${randomUUID()}${ASIDE}`
      try {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 })
        const file = await open(aside, 'wx', 0o400)
        try {
          await file.writeFile(bytes)
          await file.datasync().catch(fatal)
        } finally {
          await file.close()
        }
        await rename(aside, path)
      } catch (error) {
        await rm(aside, { force: true })
        if (isFull(error))
          throw new Refused('STORAGE_FULL', 'there is no disk space left for evidence; nothing was saved', {
            status: 507,
          })
        throw error
      }
      await settle(dirname(path))
      return { name, size: bytes.length }
    },
    async get(org, name) {
      try {
        return checked(name, await readFile(pathOf(org, name)))
      } catch (error) {
        if (codeOf(error) === 'ENOENT') throw missing(name)
        throw error
      }
    },
    open: async (org, name) => await openBlob(pathOf(org, name), name),
    has: async (org, name) => await exists(pathOf(org, name)),
    async remove(org, name) {
      await rm(pathOf(org, name), { force: true })
    },
    async *names(org, before) {
      const root = join(folder, org)
      if (!(await exists(root))) return
      for await (const entry of await opendir(root, { recursive: true })) {
        if (!entry.isFile()) continue
        const path = join(entry.parentPath, entry.name)
        if (!(await isOlder(path, before))) continue
        if (NAME.test(entry.name)) yield entry.name
        else if (entry.name.endsWith(ASIDE)) await rm(path, { force: true })
      }
    },
  }
}

async function openBlob(path: string, name: string): Promise<OpenBlob> {
  if (!(await exists(path))) throw missing(name)
  const file = await open(path, 'r')
  const { size } = await file.stat()
  return { size, read: (at, into) => readAt(file, at, into), close: () => file.close() }
}

async function readAt(file: FileHandle, at: number, into: Buffer): Promise<number> {
  let got = 0
  for (let more = -1; more !== 0 && got < into.length; got += more)
    more = (await file.read(into, got, into.length - got, at + got)).bytesRead
  return got
}

async function syncFolder(path: string, fatal: (error: unknown) => never): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync().catch(fatal)
  } finally {
    await handle.close()
  }
}

const exists = (path: string): Promise<boolean> => isOlder(path, new Date(8.64e15))

/** Whether a file is there and was last written before a moment. One that is renamed or removed meanwhile is not. */
async function isOlder(path: string, before: Date): Promise<boolean> {
  try {
    return (await stat(path)).mtimeMs < before.getTime()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

function endProcess(error: unknown): never {
  process.stderr.write(`the disk did not confirm a write (${String(error)}); stopping, start again to check the data\n`)
  process.exit(74) // EX_IOERR
}
