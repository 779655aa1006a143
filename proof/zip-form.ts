// SPDX-License-Identifier: Apache-2.0
import { concat, utf8, type Bytes } from './bytes.ts'

/** What a zip says of one file. */
export interface ZipEntry {
  readonly name: string
  /** 0 stored, 8 deflated. */
  readonly method: number
  readonly crc: number
  readonly packed_bytes: number
  readonly size_bytes: number
  /** Where its local header begins. */
  readonly offset: number
}

/** Numbers from here on need zip64. */
export const LIMIT32 = 0xffff_ffff
export const LIMIT16 = 0xffff
export const SIGNATURE = {
  local: 0x0403_4b50,
  central: 0x0201_4b50,
  end: 0x0605_4b50,
  end64: 0x0606_4b50,
  locator64: 0x0706_4b50,
} as const
const UTF8_NAMES = 0x0800
/** 1 January 1980, 00:00: the first moment a zip can name, so that the same files give the same zip. */
const DOS_DATE = 0x0021
const VERSION = 20
const VERSION_64 = 45
const MADE_BY_UNIX = 3 << 8
/** A regular file that its owner may write and all may read. */
const ATTRIBUTES = 0o100644 * 0x10000

/** Little-endian fields one after another: `[value, bytes]`. */
function fields(...list: readonly (readonly [number, 2 | 4 | 8])[]): Bytes {
  const out = new Uint8Array(list.reduce((size, [, bytes]) => size + bytes, 0))
  const view = new DataView(out.buffer)
  let at = 0
  for (const [value, bytes] of list) {
    if (bytes === 2) view.setUint16(at, value, true)
    else if (bytes === 4) view.setUint32(at, value, true)
    else view.setBigUint64(at, BigInt(value), true)
    at += bytes
  }
  return out
}

/** The header before a file's bytes, as we write it: sizes known, no extra field. */
export function localHeader({ name, method, crc, packed_bytes, size_bytes }: Omit<ZipEntry, 'offset'>): Bytes {
  const written = utf8(name)
  return concat(
    fields(
      [SIGNATURE.local, 4],
      [VERSION, 2],
      [UTF8_NAMES, 2],
      [method, 2],
      [0, 2],
      [DOS_DATE, 2],
      [crc, 4],
      [packed_bytes, 4],
      [size_bytes, 4],
      [written.length, 2],
      [0, 2],
    ),
    written,
  )
}

/** A file's line in the directory at the end, as we write it; zip64 only for an offset beyond 4 GiB. */
export function centralHeader({ name, method, crc, packed_bytes, size_bytes, offset }: ZipEntry): Bytes {
  const written = utf8(name)
  const far = offset >= LIMIT32
  const extra = far ? fields([1, 2], [8, 2], [offset, 8]) : new Uint8Array(0)
  return concat(
    fields(
      [SIGNATURE.central, 4],
      [MADE_BY_UNIX | (far ? VERSION_64 : VERSION), 2],
      [far ? VERSION_64 : VERSION, 2],
      [UTF8_NAMES, 2],
      [method, 2],
      [0, 2],
      [DOS_DATE, 2],
      [crc, 4],
      [packed_bytes, 4],
      [size_bytes, 4],
      [written.length, 2],
      [extra.length, 2],
      [0, 2],
      [0, 2],
      [0, 2],
      [ATTRIBUTES, 4],
      [far ? LIMIT32 : offset, 4],
    ),
    written,
    extra,
  )
}

/** What ends a zip, as we write it: no comment; zip64 records only when a number needs them. */
export function zipEnd(directory: { readonly offset: number; readonly size: number; readonly count: number }): Bytes {
  const { offset, size, count } = directory
  const big = offset >= LIMIT32 || size >= LIMIT32 || count >= LIMIT16
  const at = offset + size
  const records = big
    ? [
        fields([SIGNATURE.end64, 4], [44, 8], [MADE_BY_UNIX | VERSION_64, 2], [VERSION_64, 2], [0, 4], [0, 4]),
        fields([count, 8], [count, 8], [size, 8], [offset, 8]),
        fields([SIGNATURE.locator64, 4], [0, 4], [at, 8], [1, 4]),
      ]
    : []
  const few = Math.min(count, LIMIT16)
  return concat(
    ...records,
    fields(
      [SIGNATURE.end, 4],
      [0, 2],
      [0, 2],
      [few, 2],
      [few, 2],
      [Math.min(size, LIMIT32), 4],
      [Math.min(offset, LIMIT32), 4],
      [0, 2],
    ),
  )
}
