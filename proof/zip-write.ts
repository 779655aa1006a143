// SPDX-License-Identifier: Apache-2.0
import { crc32 } from './crc32.ts'
import { Malformed } from './malformed.ts'
import { centralHeader, LIMIT32, localHeader, zipEnd, type ZipEntry } from './zip-form.ts'

/** A file of a zip to be. */
export interface ZipFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** One that is too large to hold. */
export interface LargeFile {
  readonly name: string
  readonly size_bytes: number
  /** Lowercase hex. */
  readonly sha256: string
  /** Whoever gives them answers for it that they are what the digest says, or that they end with an error. */
  readonly pieces: AsyncIterable<Uint8Array>
}

/** Bytes that take the place of as many others, `at` bytes from the beginning. */
export interface Rewrite {
  readonly at: number
  readonly bytes: Uint8Array
}

export const sizeOf = (file: ZipFile | LargeFile): number => ('bytes' in file ? file.bytes.length : file.size_bytes)

/**
 * Writes a zip as pieces, in the order given: stored, not compressed, one fixed date. The same files give the same bytes
 * on every machine, and what lies in the zip are the very bytes that were hashed. Holds one file at a time, and of a
 * large one a piece: its checksum stands before it and is known after it, so its header is written twice.
 * @throws Malformed ZIP when a file has 4 GiB or more, or a large one another size than it said
 */
export function writeZip(files: AsyncIterable<ZipFile> | Iterable<ZipFile>): AsyncGenerator<Uint8Array>
export function writeZip(
  files: AsyncIterable<ZipFile | LargeFile> | Iterable<ZipFile | LargeFile>,
): AsyncGenerator<Uint8Array | Rewrite>
export async function* writeZip(
  files: AsyncIterable<ZipFile | LargeFile> | Iterable<ZipFile | LargeFile>,
): AsyncGenerator<Uint8Array | Rewrite> {
  const directory: ZipEntry[] = []
  let offset = 0
  for await (const file of files) {
    const size_bytes = sizeOf(file)
    if (size_bytes >= LIMIT32)
      throw new Malformed('ZIP', `expected less than 4 GiB, got ${size_bytes} bytes of ${file.name}`)
    const about = { name: file.name, method: 0, packed_bytes: size_bytes, size_bytes, offset }
    let crc = 'bytes' in file ? crc32(file.bytes) : 0
    const header = localHeader({ ...about, crc })
    yield header
    if ('bytes' in file) yield file.bytes
    else {
      crc = yield* pieces(file)
      yield { at: offset, bytes: localHeader({ ...about, crc }) }
    }
    directory.push({ ...about, crc })
    offset += header.length + size_bytes
  }
  let size = 0
  for (const entry of directory) {
    const header = centralHeader(entry)
    yield header
    size += header.length
  }
  yield zipEnd({ offset, size, count: directory.length })
}

/** Gives the checksum at the end. */
async function* pieces(file: LargeFile): AsyncGenerator<Uint8Array, number> {
  let crc = 0
  let size = 0
  for await (const piece of file.pieces) {
    crc = crc32(piece, crc)
    size += piece.length
    yield piece
  }
  if (size !== file.size_bytes)
    throw new Malformed('ZIP', `expected ${file.size_bytes} bytes of ${file.name}, got ${size}`)
  return crc
}
