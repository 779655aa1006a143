// SPDX-License-Identifier: Apache-2.0
import type { Verdict } from '../../catalog/check.ts'
import { toHex, utf8 } from '../../proof/bytes.ts'
import { canonicalJson } from '../../proof/canonical-json.ts'
import { leafHash, merkleRoot } from '../../proof/merkle.ts'

/**
 * The RFC 6962 root over the verdicts of a run in the order of their subjects' keys, so that any one can be proved
 * against the run's leaf. An entry is `{"because":null,"status":"pass","subject":"<key>"}` in canonical JSON.
 */

/** Who was judged; the same object for all checks that judged together. */
export interface Judged {
  readonly keys: readonly string[]
}
export interface Verdicts {
  readonly statuses: readonly Verdict[]
  readonly because: readonly (string | null)[]
}

export const EMPTY_ROOT = toHex(merkleRoot([]))

export const entryOf = (subject: string, status: Verdict, because: string | null): Uint8Array =>
  leafHash(utf8(canonicalJson({ because, status, subject })))

interface Shared {
  /** Rows by key. */
  readonly order: readonly number[]
  /** Of subjects that pass: the same entry whatever the check. */
  readonly passes: Uint8Array[]
}
const shared = new WeakMap<Judged, Shared>()
const roots = new WeakMap<Verdicts, string>()

/** Sorts a population once and hashes what its checks have in common once. */
export function rootOf(judged: Judged, verdicts: Verdicts): string {
  let root = roots.get(verdicts)
  if (root === undefined) {
    const { keys } = judged
    let common = shared.get(judged)
    if (!common) {
      common = { order: keys.map((_, n) => n).toSorted((a, b) => (keys[a]! < keys[b]! ? -1 : 1)), passes: [] } // indexes of the keys
      shared.set(judged, common)
    }
    const { order, passes } = common
    const leaves = order.map((n) => {
      const [key, status, because] = [keys[n]!, verdicts.statuses[n]!, verdicts.because[n] ?? null] // columns of one length
      return status === 'pass' ? (passes[n] ??= entryOf(key, status, because)) : entryOf(key, status, because)
    })
    root = toHex(merkleRoot(leaves))
    roots.set(verdicts, root)
  }
  return root
}
