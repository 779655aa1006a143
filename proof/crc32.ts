// SPDX-License-Identifier: Apache-2.0

const zlib = globalThis.process?.getBuiltinModule?.('node:zlib')

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1
  return c
})

/** CRC-32 in plain TypeScript, for places without `node:zlib`. */
export function plainCrc32(bytes: Uint8Array, start = 0): number {
  let crc = ~start
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 255]! // the table has 256 entries
  return ~crc >>> 0
}

/** The checksum of zip files. It finds accidents and proves nothing. @param start the CRC of what came before */
export const crc32: (bytes: Uint8Array, start?: number) => number = zlib?.crc32
  ? (bytes, start) => zlib.crc32(bytes, start)
  : plainCrc32
