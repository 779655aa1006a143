// SPDX-License-Identifier: Apache-2.0
import { TextDecoder } from 'node:util'
import { refuseFile } from '../import.ts'

const MARKS = [
  { encoding: 'utf-8', mark: [0xef, 0xbb, 0xbf] },
  { encoding: 'utf-16le', mark: [0xff, 0xfe] },
  { encoding: 'utf-16be', mark: [0xfe, 0xff] },
] as const

/** The encoding that a byte order mark announces; UTF-8 when there is none. */
export function encodingOf(head: Uint8Array): { encoding: (typeof MARKS)[number]['encoding']; markBytes: number } {
  const found = MARKS.find(({ mark }) => mark.every((byte, i) => head[i] === byte))
  return found ? { encoding: found.encoding, markBytes: found.mark.length } : { encoding: 'utf-8', markBytes: 0 }
}

/** The pieces of a text as UTF-8 without byte order mark; spreadsheets and PowerShell like to write UTF-16. */
export function* asUtf8(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  let decoder: TextDecoder | undefined
  let isFirst = true
  for (const chunk of chunks) {
    if (isFirst) {
      isFirst = false
      const { encoding, markBytes } = encodingOf(chunk)
      if (encoding !== 'utf-8') decoder = new TextDecoder(encoding, { fatal: true })
      else if (markBytes > 0) {
        yield chunk.subarray(markBytes)
        continue
      }
    }
    yield decoder ? Buffer.from(decode(decoder, chunk)) : chunk
  }
  if (decoder) yield Buffer.from(decode(decoder))
}

function decode(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined })
  } catch (error) {
    if (error instanceof TypeError)
      throw refuseFile('FILE_MALFORMED', `expected ${decoder.encoding}, got bytes that are not`)
    throw error
  }
}
