// SPDX-License-Identifier: Apache-2.0
import { crc32 } from './crc32.ts'
import { Malformed } from './malformed.ts'
import { centralHeader, LIMIT32, localHeader, zipEnd, type ZipEntry } from './zip-form.ts'

/** A file of a zip to be. */
export interface ZipFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/**
 * Writes a zip as pieces, in the order given: stored, not compressed, one fixed date. The same files give the same bytes
 * on every machine, and what lies in the zip are the very bytes that were hashed. Holds one file at a time.
 * @throws Malformed ZIP when a file has 4 GiB or more
 */
export async function* writeZip(files: AsyncIterable<ZipFile> | Iterable<ZipFile>): AsyncGenerator<Uint8Array> {
  const directory: ZipEntry[] = []
  let offset = 0
  for await (const { name, bytes } of files) {
    if (bytes.length >= LIMIT32)
      throw new Malformed('ZIP', `expected less than 4 GiB, got ${bytes.length} bytes of ${name}`)
    const entry = { name, method: 0, crc: crc32(bytes), packed_bytes: bytes.length, size_bytes: bytes.length, offset }
    const header = localHeader(entry)
    yield header
    yield bytes
    directory.push(entry)
    offset += header.length + bytes.length
  }
  let size = 0
  for (const entry of directory) {
    const header = centralHeader(entry)
    yield header
    size += header.length
  }
  yield zipEnd({ offset, size, count: directory.length })
}
