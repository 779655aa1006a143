// SPDX-License-Identifier: Apache-2.0

/** A value of a row that is sent by COPY: `text` or `json`, `int`, `bytea`, null. */
export type CopyValue = string | number | Uint8Array | null

const PIECE_BYTES = 256 * 1024
const HEAD = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const END = Buffer.of(0xff, 0xff)

/** Rows in the binary form of COPY (PostgreSQL manual, "COPY", File Formats), in pieces: nothing is escaped or parsed. */
export function* copyPieces(width: number, rows: Iterable<readonly CopyValue[]>): Generator<Buffer> {
  yield HEAD
  let piece = Buffer.allocUnsafe(PIECE_BYTES)
  let at = 0
  for (const row of rows) {
    if (row.length !== width) throw new Error(`expected ${width} values in a row, got ${row.length}`)
    const most = row.reduce((sum: number, value) => sum + 4 + mostBytes(value), 2)
    if (at + most > piece.length) {
      if (at > 0) yield piece.subarray(0, at)
      piece = Buffer.allocUnsafe(Math.max(PIECE_BYTES, most))
      at = 0
    }
    at = piece.writeInt16BE(width, at)
    for (const value of row) at = write(piece, value, at)
  }
  if (at > 0) yield piece.subarray(0, at)
  yield END
}

const mostBytes = (value: CopyValue): number =>
  typeof value === 'string' ? value.length * 3 : value instanceof Uint8Array ? value.length : 4

/** Each value is its length in bytes, then itself; -1 stands for null. */
function write(piece: Buffer, value: CopyValue, at: number): number {
  if (value === null) return piece.writeInt32BE(-1, at)
  if (typeof value === 'number') return piece.writeInt32BE(value, piece.writeInt32BE(4, at))
  if (typeof value !== 'string') {
    piece.set(value, at + 4)
    return piece.writeInt32BE(value.length, at) + value.length
  }
  const length = piece.write(value, at + 4)
  return piece.writeInt32BE(length, at) + length
}
