// SPDX-License-Identifier: Apache-2.0
import { statfs } from 'node:fs/promises'
import { Refused } from './refused.ts'

/** The tightest place among the folders of a server. */
export interface Room {
  readonly folder: string
  readonly free_mb: number
}

/** How much room is left where the data lies. New work is refused while there is still enough for what is under way. */
export interface Space {
  look(): Promise<Room>
  /** @throws Refused STORAGE_LOW (507) below the mark */
  demand(): Promise<void>
  readonly least_mb: number
}

/** A look is kept this long, so that a busy server does not ask the disk for every request. */
const KEPT_MS = 250

/** @param folders each may lie on a disk of its own; one that is not there yet does not count */
export function openSpace(folders: readonly string[], least_mb: number): Space {
  let last: { at: number; room: Promise<Room> } | undefined
  const look = (): Promise<Room> => {
    if (last === undefined || performance.now() - last.at > KEPT_MS)
      last = { at: performance.now(), room: tightest(folders) }
    return last.room
  }
  return {
    look,
    least_mb,
    async demand() {
      if ((await look()).free_mb >= least_mb) return
      // Nobody is refused for what was so a moment ago.
      last = undefined
      const { free_mb } = await look()
      if (free_mb >= least_mb) return
      throw new Refused(
        'STORAGE_LOW',
        `only ${free_mb} MB are free where the data lies, at least ${least_mb} MB are wanted (ASSAY_MIN_FREE_MB): nothing new is taken in until there is room; everything that is there stays readable`,
        { status: 507 },
      )
    },
  }
}

async function tightest(folders: readonly string[]): Promise<Room> {
  const rooms = await Promise.all(folders.map(roomOf))
  return rooms
    .filter((room) => room !== undefined)
    .reduce((least, room) => (room.free_mb < least.free_mb ? room : least), { folder: '', free_mb: Infinity })
}

async function roomOf(folder: string): Promise<Room | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return { folder, free_mb: Math.floor((bavail * bsize) / 1024 / 1024) }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** Whether a write failed because the disk, the quota or the file is at its limit. */
export const isFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && FULL.has(error.code)
