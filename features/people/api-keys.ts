// SPDX-License-Identifier: Apache-2.0
import { crc32 } from 'node:zlib'
import { LISTEN, scopeCovers } from '../../lib/action.ts'
import { Refused } from '../../lib/refused.ts'

/** The longest life of a key, in days. */
export const KEY_DAYS_MAX = 366

const SHAPE = /^assay_([0-9a-z]{26})_([A-Za-z0-9_-]{43})([0-9a-f]{8})$/

/**
 * A key as it is shown once: `assay_<id>_<secret><checksum>`. The prefix and the checksum let secret scanners recognise a
 * leaked key without asking anybody, and let the door refuse a mistyped one without asking the database.
 */
export function formatKey(id: string, secret: string): string {
  const text = `assay_${id.slice('key_'.length)}_${secret}`
  return text + checksum(text)
}

/** The parts of a key; undefined when it is none of ours or was mistyped. */
export function parseKey(text: string): { readonly id: string; readonly secret: string } | undefined {
  const parts = SHAPE.exec(text)
  if (!parts || checksum(text.slice(0, -8)) !== parts[3]) return undefined
  return { id: `key_${parts[1]}`, secret: parts[2] ?? '' }
}

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0')

const SCOPE = /^[a-z]+\.(\*|[a-zA-Z]+)$/

/**
 * A scope that covers nothing is a mistake that would show only when the key is used.
 * @param operations names of all there are
 * @throws Refused BAD_SCOPE
 */
export function checkScopes(scopes: readonly string[], operations: readonly string[]): void {
  for (const [i, scope] of scopes.entries())
    if (!SCOPE.test(scope) || ![...operations, LISTEN].some((name) => scopeCovers(scope, name)))
      throw new Refused(
        'BAD_SCOPE',
        `expected an operation such as controls.list, or all of a noun such as controls.*, got "${scope.slice(0, 60)}"`,
        { pointer: `/scopes/${i}` },
      )
}
