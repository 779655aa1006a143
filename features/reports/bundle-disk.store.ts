// SPDX-License-Identifier: Apache-2.0
import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Refused } from '../../lib/refused.ts'
import { isFull } from '../../lib/space.ts'
import type { Rewrite } from '../../proof/zip-write.ts'

/** Pieces are made ahead of the disk up to this. */
const GATHERED = 1 << 20

/**
 * Writes a bundle aside, makes it durable and puts it in its place: its name is never seen before its bytes are safe.
 * Nothing is left behind when it fails; what a crash left behind is removed by the next attempt.
 * @throws Refused STORAGE_FULL
 */
export async function writeDurably(
  path: string,
  pieces: AsyncIterable<Uint8Array | Rewrite>,
): Promise<{ readonly sha256: string; readonly size_bytes: number }> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await removeParts(path)
  const aside = `${path}.${randomUUID()}.part`
  try {
    const written = await writeAll(aside, pieces)
    await rename(aside, path)
    await syncFolder(dirname(path))
    return written
  } catch (error) {
    await rm(aside, { force: true })
    if (isFull(error))
      throw new Refused('STORAGE_FULL', 'there is no disk space left for the bundle; nothing was kept of it', {
        status: 507,
      })
    throw error
  }
}

/** Writes all and gives the digest of what then lies on the disk, taken while it is synced. */
async function writeAll(
  path: string,
  pieces: AsyncIterable<Uint8Array | Rewrite>,
): Promise<{ sha256: string; size_bytes: number }> {
  const rewrites: Rewrite[] = []
  async function* straight(): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces)
      if ('bytes' in piece) rewrites.push(piece)
      else yield piece
  }
  // What gathers while a write is under way is written together.
  await pipeline(straight, createWriteStream(path, { flags: 'wx', mode: 0o600, highWaterMark: GATHERED }))
  const file = await open(path, 'r+')
  try {
    for (const { at, bytes } of rewrites) await file.write(bytes, 0, bytes.length, at)
    const [written] = await Promise.all([digestOf(file), file.sync()])
    return written
  } finally {
    await file.close()
  }
}

async function digestOf(file: FileHandle): Promise<{ sha256: string; size_bytes: number }> {
  const hash = createHash('sha256')
  const bytes = Buffer.allocUnsafe(GATHERED)
  let size_bytes = 0
  for (let read = -1; read !== 0; size_bytes += read) {
    read = (await file.read(bytes, 0, bytes.length, size_bytes)).bytesRead
    hash.update(bytes.subarray(0, read))
  }
  return { sha256: hash.digest('hex'), size_bytes }
}

async function removeParts(path: string): Promise<void> {
  const left = (await readdir(dirname(path))).filter(
    (name) => name.startsWith(`${basename(path)}.`) && name.endsWith('.part'),
  )
  for (const name of left) await rm(join(dirname(path), name), { force: true })
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
