// SPDX-License-Identifier: Apache-2.0
import type { Bytes } from './bytes.ts'
import { Sha256 } from './sha256.ts'

/** Length of every hash here, in bytes. */
export const HASH_SIZE = 32

// Found at run time and never imported, so that the same file runs in a browser.
const node = globalThis.process?.getBuiltinModule?.('node:crypto')

export type Hash = (bytes: Uint8Array) => Bytes
/** A hash fed piece by piece, for files that are not held whole. */
export interface Digest {
  update(bytes: Uint8Array): unknown
  digest(): Uint8Array
}

/** SHA-256 in plain TypeScript: what `sha256` is in a browser, and the second opinion in tests. */
export const plainSha256: Hash = (bytes) => new Sha256().update(bytes).digest()

/** SHA-256, 32 bytes. */
export const sha256: Hash = node?.hash ? (bytes) => fromLatin1(node.hash('sha256', bytes, 'binary')) : plainSha256

/** One byte a character. Node makes the text and these bytes in half the time of a buffer; a tree has millions of them. */
function fromLatin1(digest: string): Bytes {
  const bytes = new Uint8Array(HASH_SIZE)
  for (let i = 0; i < HASH_SIZE; i++) bytes[i] = digest.charCodeAt(i)
  return bytes
}

export const startSha256 = (): Digest => (node ? node.createHash('sha256') : new Sha256())

/** RFC 6962 2.1: SHA-256(0x00 ‖ entry). The prefix keeps an entry from ever being read as a node. */
export function leafHash(entry: Uint8Array): Bytes {
  const prefixed = new Uint8Array(1 + entry.length)
  prefixed.set(entry, 1)
  return sha256(prefixed)
}

/** Joins two hashes to their parent's. */
export type NodeHash = (left: Uint8Array, right: Uint8Array) => Uint8Array

// One buffer for all nodes: the call is synchronous, and a tree of a million leaves hashes two million of these.
const pair = new Uint8Array(1 + 2 * HASH_SIZE)
pair[0] = 1

/** RFC 6962 2.1: SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Bytes {
  pair.set(left, 1)
  pair.set(right, 1 + HASH_SIZE)
  return sha256(pair)
}

/** The root of a tree without leaves: SHA-256 of nothing. */
export const emptyRoot = (): Bytes => sha256(new Uint8Array(0))
