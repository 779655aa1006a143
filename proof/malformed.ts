// SPDX-License-Identifier: Apache-2.0

/** What can be wrong with the form of something: each format has its word. */
export type MalformedCode =
  | 'BYTES'
  | 'JSON'
  | 'LEAF'
  | 'NOTE'
  | 'KEY'
  | 'CHECKPOINT'
  | 'TILE'
  | 'TREE'
  | 'PROOF'
  | 'ENVELOPE'
  | 'DER'
  | 'TOKEN'
  | 'ZIP'
  | 'BUNDLE'

/**
 * Bytes or a value that do not have the form a standard gives. The message says what was expected and what came.
 * It says nothing of truth: a well-formed checkpoint may still be signed by nobody.
 */
export class Malformed extends Error {
  readonly code: MalformedCode
  constructor(code: MalformedCode, message: string) {
    super(message)
    this.name = 'Malformed'
    this.code = code
  }
}
