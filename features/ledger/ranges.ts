// SPDX-License-Identifier: Apache-2.0
import type { RangeHash } from '../../proof/merkle.ts'

/** The same hashes, each computed once: proofs of many leaves of one tree share most of their nodes. */
export function remembering(range: RangeHash): RangeHash {
  const known = new Map<string, Uint8Array>()
  return (from, to) => {
    const name = `${from}-${to}`
    const hash = known.get(name) ?? range(from, to)
    known.set(name, hash)
    return hash
  }
}
