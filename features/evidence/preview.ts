// SPDX-License-Identifier: Apache-2.0
import { TextDecoder } from 'node:util'
import { locate, type Stretch } from '../../catalog/imports/locate.ts'

/** Most bytes of a capture that one preview shows. */
export const PREVIEW_BYTES = 64 * 1024
/** In hexadecimal each byte takes three characters. */
const PREVIEW_HEX_BYTES = 16 * 1024
const LINE = 16

/** A part of a capture that is safe to show: characters, never markup. */
export interface Preview {
  readonly from: number
  readonly to: number
  readonly size_bytes: number
  readonly encoding: 'text' | 'hex'
  readonly content: string
  /** What the pointer leads to, as positions in `content`; null when it leads nowhere in this part. */
  readonly marked: Stretch | null
}

/**
 * A window of a capture: around the pointer's place, or from an offset. Text where the bytes are text, else bytes in
 * hexadecimal as `xxd` shows them.
 */
export function previewOf(
  bytes: Buffer,
  { pointer, offset = 0, length = PREVIEW_BYTES }: { pointer?: string | undefined; offset?: number; length?: number },
): Preview {
  const place = pointer === undefined || pointer === '' ? undefined : locate(bytes, pointer)
  const before = place
    ? Math.max(0, place.from - Math.min(2000, Math.floor(length / 8)))
    : Math.min(offset, bytes.length)
  const text = textIn(bytes, before, length)
  if (text === undefined) return hexIn(bytes, before, Math.min(length, PREVIEW_HEX_BYTES))
  const { from, to, content } = text
  return {
    from,
    to,
    size_bytes: bytes.length,
    encoding: 'text',
    content,
    marked: place && place.from >= from && place.from < to ? markedIn(bytes, from, to, place) : null,
  }
}

function markedIn(bytes: Buffer, from: number, to: number, place: Stretch): Stretch {
  const start = bytes.toString('utf8', from, place.from).length
  return { from: start, to: start + bytes.toString('utf8', place.from, Math.min(place.to, to)).length }
}

/** The window as UTF-8, its ends moved to whole characters; `undefined` when the bytes are no text. */
function textIn(bytes: Buffer, at: number, length: number): { from: number; to: number; content: string } | undefined {
  let from = at
  while (from > 0 && from < bytes.length && isContinuation(bytes[from])) from--
  let to = Math.min(bytes.length, from + length)
  while (to > from && to < bytes.length && isContinuation(bytes[to])) to--
  const window = bytes.subarray(from, to)
  if (window.includes(0)) return undefined
  try {
    return { from, to, content: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(window) }
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80

function hexIn(bytes: Buffer, at: number, length: number): Preview {
  const from = at - (at % LINE)
  const to = Math.min(bytes.length, from + length)
  const lines = []
  for (let line = from; line < to; line += LINE) {
    const part = bytes.subarray(line, Math.min(line + LINE, to))
    const hex = part
      .toString('hex')
      .replaceAll(/(..)/g, '$1 ')
      .padEnd(LINE * 3)
    lines.push(
      `${line.toString(16).padStart(8, '0')}  ${hex} ${part.toString('latin1').replaceAll(/[^\x20-\x7e]/g, '.')}`,
    )
  }
  return { from, to, size_bytes: bytes.length, encoding: 'hex', content: lines.join('\n'), marked: null }
}
