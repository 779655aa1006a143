// SPDX-License-Identifier: Apache-2.0
import { Malformed } from './malformed.ts'

/** Bytes of our own making: never a view of shared memory, so that WebCrypto takes them. */
export type Bytes = Uint8Array<ArrayBuffer>

const encoder = new TextEncoder()
// `ignoreBOM` keeps a byte order mark as a character: decoding and encoding again must give the same bytes.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const strict = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

// Found at run time and never imported, so that the same file runs in a browser, only slower.
const node = globalThis.process?.getBuiltinModule?.('node:buffer').Buffer

export const utf8 = (text: string): Bytes => encoder.encode(text)

/** @throws Malformed BYTES when the bytes are not UTF-8 */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (error) {
    if (error instanceof TypeError)
      throw new Malformed('BYTES', `expected UTF-8, got ${bytes.length} bytes that are not`)
    throw error
  }
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += HEX[byte]
  return text
}

/** @throws Malformed BYTES when it is not lower-case hexadecimal of whole bytes */
export function fromHex(text: string): Bytes {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text))
    throw new Malformed('BYTES', `expected pairs of 0-9 a-f, got "${excerpt(text)}"`)
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

/** Standard base64 with padding (RFC 4648 section 4). */
export function toBase64(bytes: Uint8Array): string {
  if (node) return node.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
  let binary = ''
  for (let at = 0; at < bytes.length; at += 0x2000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x2000))
  return btoa(binary)
}

/**
 * Decodes standard base64 and nothing looser: padded, one line, spare bits zero. So a text has one decoding and bytes
 * have one text, and no byte of a signed file can be changed without a reader noticing.
 * @throws Malformed BYTES
 */
export function fromBase64(text: string): Bytes {
  if (!strict.test(text)) throw new Malformed('BYTES', `expected standard base64, got "${excerpt(text)}"`)
  const bytes = node ? new Uint8Array(node.from(text, 'base64')) : Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
  // The last character before the padding has 4 or 2 spare bits.
  if (text.endsWith('=') && toBase64(bytes.subarray(-(bytes.length % 3))) !== text.slice(-4))
    throw new Malformed('BYTES', `expected zero spare bits in base64, got "${text.slice(-4)}"`)
  return bytes
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Same bytes. Not constant-time: everything compared here is public. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Bytes that WebCrypto takes: the same ones where possible, else a copy. */
export const owned = (bytes: Uint8Array): Bytes =>
  bytes.buffer instanceof ArrayBuffer ? (bytes as Bytes) : Uint8Array.from(bytes)

/** The start of something unexpected, short enough for a message. */
export const excerpt = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text)
