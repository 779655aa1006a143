// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Transform, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { isId, newId } from './ids.ts'
import { mediaTypeOf } from './media-type.ts'
import { Refused } from './refused.ts'
import { isFull } from './space.ts'

const KEPT_MS = 24 * 3_600_000

const waitingSchema = z.object({
  id: z.string(),
  by: z.string(),
  name: z.string(),
  size_bytes: z.number(),
  sha256: z.string(),
  /** By content, never by name. */
  media_type: z.string(),
  received_at: z.string(),
})

/** A file that was received and waits for a command that names it; gone after a day. `path` is where its bytes lie. */
export type Waiting = z.infer<typeof waitingSchema> & { readonly path: string }

/** Received files of one data folder: `<data>/inbox/<org>/<id>` with a JSON file of their facts beside them. */
export interface Inbox {
  /** Streams a file to disk, hashing on the way. @throws Refused FILE_EMPTY, STORAGE_FULL, or what `check` throws */
  receive(org: string, by: string, name: string, bytes: Readable, at: Date, check: () => void): Promise<Waiting>
  /** @throws Refused UNKNOWN_UPLOAD */
  find(org: string, id: string): Promise<Waiting>
  remove(org: string, id: string): Promise<void>
  /** Removes what has waited longer than a day. */
  sweep(now: Date): Promise<number>
}

export function openInbox(dataDir: string): Inbox {
  const root = join(dataDir, 'inbox')
  const remove = async (org: string, id: string): Promise<void> => {
    await rm(join(root, org, id), { force: true })
    await rm(join(root, org, `${id}.json`), { force: true })
  }
  return {
    async receive(org, by, sentName, bytes, at, check) {
      const id = newId('upl', at.getTime())
      const path = join(root, org, id)
      const name = plainName(sentName)
      const measured = await keep(bytes, path, (size_bytes) => {
        check()
        if (size_bytes === 0) throw new Refused('FILE_EMPTY', `expected a file with content, ${name} has none`)
      })
      const waiting = {
        id,
        by,
        name,
        ...measured,
        received_at: at.toISOString(),
      }
      try {
        await writeFile(`${path}.json`, JSON.stringify(waiting), { mode: 0o600, flush: true })
      } catch (error) {
        await remove(org, id)
        throw storageRefusal(error)
      }
      return { ...waiting, path }
    },
    async find(org, id) {
      const unknown = new Refused(
        'UNKNOWN_UPLOAD',
        `expected the id of a file received within the last day, got ${id.slice(0, 40)}`,
        {
          status: 404,
          pointer: '/upload',
        },
      )
      if (!isId('upl', id) || !isId('org', org)) throw unknown
      const path = join(root, org, id)
      try {
        await stat(path)
        return { ...waitingSchema.parse(JSON.parse(await readFile(`${path}.json`, 'utf8'))), path }
      } catch (error) {
        if (isMissing(error)) throw unknown
        throw error
      }
    },
    remove,
    async sweep(now) {
      let removed = 0
      for (const org of await namesIn(root))
        for (const name of await namesIn(join(root, org))) {
          if (name.endsWith('.json')) continue
          const { mtimeMs } = await stat(join(root, org, name))
          if (now.getTime() - mtimeMs <= KEPT_MS) continue
          await remove(org, name)
          removed++
        }
      return removed
    },
  }
}

/** Streams bytes to a file, measuring on the way; what `check` refuses, or what breaks off, is not kept. */
async function keep(
  bytes: Readable,
  path: string,
  check: (size_bytes: number) => void,
): Promise<Pick<Waiting, 'size_bytes' | 'sha256' | 'media_type'>> {
  const hash = createHash('sha256')
  let size_bytes = 0
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size_bytes += chunk.length
      hash.update(chunk)
      done(null, chunk)
    },
  })
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await pipeline(bytes, measure, createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true }))
    check(size_bytes)
    return { size_bytes, sha256: hash.digest('hex'), media_type: await mediaTypeOf(path) }
  } catch (error) {
    await rm(path, { force: true })
    throw storageRefusal(error)
  }
}

/** A name is only ever shown: one line of at most 255 characters, without marks that turn the direction of text. */
const plainName = (name: string): string =>
  Array.from(name.toWellFormed().replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ''))
    .slice(0, 255)
    .join('') || 'file'

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

const storageRefusal = (error: unknown): unknown =>
  isFull(error)
    ? new Refused('STORAGE_FULL', 'there is no disk space left for the file; nothing was kept', { status: 507 })
    : error
