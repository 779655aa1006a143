// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import type { Tx } from '../../lib/db.ts'
import { Refused } from '../../lib/refused.ts'
import { fromUtf8, utf8 } from '../../proof/bytes.ts'
import { parseCheckpoint, type Checkpoint } from '../../proof/checkpoint.ts'
import { Malformed } from '../../proof/malformed.ts'
import { parseNote } from '../../proof/note.ts'
import { entriesPath, TILE_WIDTH, tilePath, type TileId } from '../../proof/tile.ts'
import { openDisk, type Disk } from './disk.store.ts'
import { readBundles } from './sequencer.store.ts'
import { readTiles, type StoredTree } from './tiles.store.ts'

/**
 * The publication of a log: files as C2SP tlog-tiles lays them out, in `<data>/ledger/<org>/`. Anybody can serve, copy
 * or verify the folder; the `checkpoint` in it is written last, so everything that it speaks of is there.
 */
export const openPublication = (dataDir: string, org: string, fatal?: (error: unknown) => never): Disk =>
  openDisk(join(dataDir, 'ledger', org), fatal)

/**
 * The checkpoint that the publication holds, unverified, with its exact text; nothing when there is none.
 * @throws Refused LEDGER_PUBLICATION when the file is none
 */
export async function publishedCheckpoint(disk: Disk): Promise<(Checkpoint & { readonly text: string }) | undefined> {
  const bytes = await disk.read('checkpoint')
  if (!bytes) return undefined
  try {
    const text = fromUtf8(bytes)
    return { ...parseCheckpoint(parseNote(text).text), text }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    throw new Refused(
      'LEDGER_PUBLICATION',
      `the published checkpoint is damaged (${error.message}); put back the file that was there, or move the folder away and it is written again`,
      { status: 409 },
    )
  }
}

/** Where the checkpoint of a publication lies, for people. */
export const checkpointFile = (dataDir: string, org: string): string => join(dataDir, 'ledger', org, 'checkpoint')

/** Entry bundles written per read of the database: 16,384 leaves, some 4 MB. */
const BUNDLES_AT_ONCE = 64

/** Writes the entries and tiles by which a tree of `to` leaves differs from one of `from`. Same input, same files. */
export async function publishTree(tx: Tx, disk: Disk, tree: StoredTree, from: number, to: number): Promise<void> {
  await publishEntries(tx, disk, tree.org, from, to)
  for (let level = 0, before = from, after = to; after > 0; level++) {
    const ids: TileId[] = []
    for (let n = Math.floor(before / TILE_WIDTH); n * TILE_WIDTH < after; n++)
      ids.push({ level, n, width: Math.min(TILE_WIDTH, after - n * TILE_WIDTH) })
    for (let at = 0; at < ids.length; at += BUNDLES_AT_ONCE) {
      const some = ids.slice(at, at + BUNDLES_AT_ONCE)
      const tile = await readTiles(tx, tree, some)
      await Promise.all(some.map((id) => disk.keep(tilePath(id), tile(id))))
    }
    before = Math.floor(before / TILE_WIDTH)
    after = Math.floor(after / TILE_WIDTH)
  }
  await disk.settle()
}

async function publishEntries(tx: Tx, disk: Disk, org: string, from: number, to: number): Promise<void> {
  const last = Math.ceil(to / TILE_WIDTH)
  for (let n = Math.floor(from / TILE_WIDTH); n < last; n += BUNDLES_AT_ONCE) {
    const end = Math.min(to, (n + BUNDLES_AT_ONCE) * TILE_WIDTH)
    const bundles = await readBundles(tx, org, n * TILE_WIDTH, end)
    await Promise.all(bundles.map((bundle) => disk.keep(entriesPath(bundle), bundle.bytes)))
  }
}

/** Puts the checkpoint in place, unless a newer one is there: a sequencer that slept must not turn the clock back. */
export async function publishCheckpoint(
  disk: Disk,
  checkpoint: { readonly size: number; readonly note: string },
  keys: readonly string[],
): Promise<void> {
  const known = await publishedCheckpoint(disk)
  const list = utf8(keys.map((key) => `${key}\n`).join(''))
  if (!(await disk.read('keys.txt'))?.equals(list)) await disk.replace('keys.txt', list)
  if (!known || known.size < checkpoint.size) await disk.replace('checkpoint', utf8(checkpoint.note))
  await disk.settle()
}

/** Removes partial tiles whose full one is there: a reader of an older checkpoint cuts the full one. */
export async function dropPartials(disk: Disk, from: number, to: number): Promise<void> {
  for (let level = 0, before = from, after = to; after > 0; level++) {
    const full = { width: TILE_WIDTH, level }
    for (let n = Math.floor(before / TILE_WIDTH); (n + 1) * TILE_WIDTH <= after; n++) {
      if (level === 0) await disk.drop(`${entriesPath({ ...full, n })}.p`)
      await disk.drop(`${tilePath({ ...full, n })}.p`)
    }
    before = Math.floor(before / TILE_WIDTH)
    after = Math.floor(after / TILE_WIDTH)
  }
}
