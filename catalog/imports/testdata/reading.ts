// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Format, Parsed, ReadOptions } from '../../import.ts'
import { kindOf } from '../../kinds/registry.ts'
import { readFileApart, type Limits } from '../run.ts'

export const OPTIONS: ReadOptions = { name: 'report', size_bytes: 0, sha256: '0'.repeat(64), series: 'a series', prepared_by: 'Ann Example' }

/** Bytes in pieces of a size, as a file comes. */
export function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** Reads a text with a format, in small pieces, and proves that every row is of its kind. */
export async function read(format: Format, content: string | Buffer, options: Partial<ReadOptions> = {}, size = 1000): Promise<Parsed[]> {
  const parsed = await format.read(pieces(Buffer.from(content), size), { ...OPTIONS, ...options })
  for (const { kind, rows } of parsed) for (const row of rows) kindOf(kind).schema.parse(row.body)
  return parsed
}

/** Reads bytes through a file and the thread apart, as the server does. */
export async function readApart(format: string, content: string | Buffer, options: Partial<ReadOptions> = {}, limits?: Limits): Promise<Parsed[]> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-import-'))
  try {
    const path = join(folder, 'file')
    writeFileSync(path, content)
    const size_bytes = Buffer.byteLength(content)
    return await readFileApart({ format, path, options: { ...OPTIONS, size_bytes, ...options } }, limits)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
