// SPDX-License-Identifier: Apache-2.0
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Refused } from '../../lib/refused.ts'
import { isFull } from '../../lib/space.ts'

/** Pieces are gathered to this before they are written: most files of a bundle are small. */
const GATHERED = 1 << 20

/**
 * Writes a bundle aside, makes it durable and puts it in its place: its name is never seen before its bytes are safe.
 * Nothing is left behind when it fails; what a crash left behind is removed by the next attempt.
 * @throws Refused STORAGE_FULL
 */
export async function writeDurably(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
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

async function writeAll(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
): Promise<{ sha256: string; size_bytes: number }> {
  const hash = createHash('sha256')
  let size_bytes = 0
  let gathered: Uint8Array[] = []
  let gathered_bytes = 0
  const file = await open(path, 'wx', 0o600)
  const flush = async (): Promise<void> => {
    const [first, ...more] = gathered
    if (first) await file.writeFile(more.length === 0 ? first : Buffer.concat(gathered)) // a large file is not copied
    gathered = []
    gathered_bytes = 0
  }
  try {
    for await (const piece of pieces) {
      hash.update(piece)
      size_bytes += piece.length
      if (piece.length >= GATHERED) await flush()
      gathered.push(piece)
      gathered_bytes += piece.length
      if (gathered_bytes >= GATHERED) await flush()
    }
    await flush()
    await file.sync()
  } finally {
    await file.close()
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
