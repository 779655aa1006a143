// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Refused } from '../../lib/refused.ts'
import { isFull } from '../../lib/space.ts'

/**
 * Files that must survive the power going out. A name appears only after its bytes are safe; nothing is confirmed until
 * `settle` has synced the folders. What cannot be written is refused (LEDGER_UNWRITTEN). A failing sync ends the process: what the kernel still holds after one is unknown.
 */
export interface Disk {
  /** The bytes, or nothing when there is no such file. */
  read(path: string): Promise<Buffer | undefined>
  /** Writes a file that never changes again (0444). Writing the same bytes again is nothing. @throws Refused LEDGER_FILE_CHANGED */
  keep(path: string, bytes: Uint8Array): Promise<void>
  /** Puts new bytes in the place of old ones, at once and whole. */
  replace(path: string, bytes: Uint8Array): Promise<void>
  /** Removes a folder that is no longer needed. */
  drop(path: string): Promise<void>
  /** Durable is what was written when this returns. */
  settle(): Promise<void>
}

/** @param fatal how a failing sync ends the process; tests give their own */
export function openDisk(root: string, fatal: (error: unknown) => never = endProcess): Disk {
  const unsettled = new Set<string>()
  const write = async (path: string, bytes: Uint8Array, mode: number): Promise<void> => {
    const target = join(root, path)
    const aside = `${target}.${randomUUID()}.part`
    try {
      const made = await mkdir(dirname(target), { recursive: true, mode: 0o700 })
      if (made) unsettled.add(dirname(made))
      const file = await open(aside, 'wx', mode)
      try {
        await file.writeFile(bytes)
        await file.sync().catch(fatal)
      } finally {
        await file.close()
      }
      await rename(aside, target)
    } catch (error) {
      await rm(aside, { force: true })
      throw unwritten(root, error)
    }
    // Another process may have made a folder and not synced it yet, so all up to the root are.
    for (let folder = dirname(target); folder.startsWith(root); folder = dirname(folder)) unsettled.add(folder)
  }
  const disk: Disk = {
    async read(path) {
      try {
        return await readFile(join(root, path))
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
        throw error
      }
    },
    async keep(path, bytes) {
      const known = await disk.read(path)
      if (!known) return await write(path, bytes, 0o444)
      if (!known.equals(bytes))
        throw new Refused(
          'LEDGER_FILE_CHANGED',
          `${join(root, path)} is not what the database holds; somebody changed it. Move it away and it is written again`,
          { status: 409 },
        )
    },
    replace: (path, bytes) => write(path, bytes, 0o644),
    drop: (path) => rm(join(root, path), { recursive: true, force: true }),
    async settle() {
      const folders = [...unsettled]
      unsettled.clear()
      for (const folder of folders) {
        const handle = await open(folder, 'r')
        try {
          await handle.sync().catch(fatal)
        } finally {
          await handle.close()
        }
      }
    },
  }
  return disk
}

/** Rounds are five a second: what was written longer ago than this is not being added to just now. */
const FRESH_MS = 10_000

/** Whether a file was put in place moments ago. */
export const isFresh = async (path: string): Promise<boolean> => Date.now() - (await stat(path)).mtimeMs < FRESH_MS

/** A disk that takes no more, or does not let us write: the ledger waits, and says for what. */
function unwritten(root: string, error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return error
  const why = isFull(error) ? 'the disk is full' : `${String(error.code)} from the file system`
  return new Refused(
    'LEDGER_UNWRITTEN',
    `${join(basename(dirname(root)), basename(root))} cannot be written: ${why}; nothing is lost, and the ledger goes on by itself once it can be`,
    { status: 507 },
  )
}

function endProcess(error: unknown): never {
  process.stderr.write(
    `the disk did not confirm a write of the ledger (${String(error)}); stopping, start again to check the data\n`,
  )
  process.exit(74) // EX_IOERR
}
