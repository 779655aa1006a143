// SPDX-License-Identifier: Apache-2.0
import { equal } from '../../proof/bytes.ts'
import { leafHash } from '../../proof/hash.ts'
import { Malformed } from '../../proof/malformed.ts'
import { decodeEntries, entriesPath, TILE_WIDTH, tilePath, type TileId } from '../../proof/tile.ts'
import { compareHashes, refusalOf, type Findings } from './check.ts'
import type { Disk } from './disk.store.ts'
import { publishedCheckpoint } from './publication.store.ts'

/** Compares the files of a publication with the leaves believed, as they go by. */
export class FilesCheck {
  readonly findings: Findings
  readonly #disk: Disk
  /** Leaves that the publication holds. */
  readonly #size: number
  files = 0

  constructor(findings: Findings, disk: Disk, size: number) {
    this.findings = findings
    this.#disk = disk
    this.#size = size
  }

  /** The entries under a level-0 tile. @param hashes the leaf hashes believed, as many as the database has */
  async entries(n: number, hashes: readonly Uint8Array[]): Promise<void> {
    const width = Math.min(TILE_WIDTH, this.#size - n * TILE_WIDTH, hashes.length)
    if (width <= 0) return
    const path = entriesPath({ n, width })
    const bundle = await this.#read(path)
    if (!bundle) return
    try {
      decodeEntries(bundle, width).forEach((entry, i) => {
        if (equal(leafHash(entry), hashes[i]!)) return // width is at most the number of hashes
        this.findings.add('publication', `${path} entry ${i}`, 'it is not the leaf of the log', n * TILE_WIDTH + i)
      })
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      this.findings.add('publication', path, error.message)
    }
  }

  /** A tile that is full, and full in the publication as well; others are compared by `partial`. */
  async full(tile: TileId, hashes: Uint8Array): Promise<void> {
    if ((tile.n + 1) * TILE_WIDTH > Math.floor(this.#size / TILE_WIDTH ** tile.level)) return
    await this.#compare(tile, hashes)
  }

  /** The partial tile that the publication holds of a level. @param hashes of the tile as the leaves give it, or more */
  async partial(tile: Omit<TileId, 'width'>, hashes: Uint8Array): Promise<void> {
    const width = Math.floor(this.#size / TILE_WIDTH ** tile.level) - tile.n * TILE_WIDTH
    if (width > 0 && width < TILE_WIDTH) await this.#compare({ ...tile, width }, hashes.subarray(0, width * 32))
  }

  async #compare(tile: TileId, expected: Uint8Array): Promise<void> {
    const path = tilePath(tile)
    const got = await this.#read(path)
    if (got) compareHashes(this.findings, 'publication', path, { expected, got })
  }

  /** A file with one possible content. */
  async exact(path: string, expected: Uint8Array): Promise<void> {
    const got = await this.#read(path)
    if (got && !got.equals(expected)) this.findings.add('publication', path, 'it is not what the database holds')
  }

  async #read(path: string): Promise<Buffer | undefined> {
    const bytes = await this.#disk.read(path)
    this.files++
    if (!bytes && !(await this.#isReplaced(path))) this.findings.add('publication', path, 'the file is missing')
    return bytes
  }

  /** A partial tile goes when the publication that was looked at has grown on and filled it. */
  async #isReplaced(path: string): Promise<boolean> {
    if (!path.includes('.p/')) return false
    const now = await refusalOf(
      () => publishedCheckpoint(this.#disk),
      (why) => this.findings.add('publication', 'checkpoint', why),
    )
    return now !== undefined && now.size > this.#size
  }
}
