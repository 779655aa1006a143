// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz' // Crockford base 32: no i, l, o, u

/** A prefixed id such as `ctl_06f5d3…`: UUIDv7 bits (time, then randomness), so ids sort by birth. */
export type Id<P extends string = string> = string & { readonly __prefix?: P }

/** Makes an id. `at` is the claimed moment in milliseconds; the 74 random bits make it unguessable. */
export function newId<P extends string>(prefix: P, at: number): Id<P> {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(Math.max(0, Math.floor(at)), 0, 6)
  bytes[6] = (bytes[6]! & 0x0f) | 0x70
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  let value = BigInt('0x' + bytes.toString('hex'))
  let text = ''
  for (let i = 0; i < 26; i++) {
    text = ALPHABET[Number(value & 31n)]! + text
    value >>= 5n
  }
  return `${prefix}_${text}`
}

export const isId = (prefix: string, text: string): boolean =>
  text.startsWith(prefix + '_') && /^[0-9a-hjkmnp-tv-z]{26}$/.test(text.slice(prefix.length + 1))
