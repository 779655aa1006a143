// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises'
import { fileTypeFromBuffer } from 'file-type'

const LOOKED_AT = 64 * 1024

/**
 * What a file is by its first 64 kB, never by its name or by what its sender says: a known binary format, text, or plain
 * bytes. Which format of text it is, only a reader of that format can tell.
 */
export async function mediaTypeOf(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LOOKED_AT), 0, LOOKED_AT, 0)
    const bytes = buffer.subarray(0, bytesRead)
    const known = await fileTypeFromBuffer(bytes)
    return known?.mime ?? (isText(bytes) ? 'text/plain' : 'application/octet-stream')
  } finally {
    await file.close()
  }
}

/** UTF-8 without control characters but tab, line feed, form feed and carriage return; a character cut at the end is fine. */
function isText(bytes: Buffer): boolean {
  const text = new TextDecoder('utf-8').decode(bytes, { stream: true })
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return !/[\0-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f\ufffd]/.test(text)
}
