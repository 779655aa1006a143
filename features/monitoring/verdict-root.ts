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
  /** Keys as the entries have them. */
  readonly subjects: readonly string[]
  /** Of subjects that pass or are out of scope: the same entry whatever the check. */
  readonly plain: Readonly<Record<'pass' | 'not_applicable', Uint8Array[]>>
}
const shared = new WeakMap<Judged, Shared>()
const roots = new WeakMap<Verdicts, string>()

function sharedOf(judged: Judged): Shared {
  let common = shared.get(judged)
  if (!common) {
    const { keys } = judged
    const order = keys.map((_, n) => n).toSorted((a, b) => (keys[a]! < keys[b]! ? -1 : 1)) // indexes of the keys
    common = { order, subjects: keys.map((key) => canonicalJson(key)), plain: { pass: [], not_applicable: [] } }
    shared.set(judged, common)
  }
  return common
}

/** Sorts a population once, and writes and hashes once what its checks have in common. */
export function rootOf(judged: Judged, verdicts: Verdicts): string {
  let root = roots.get(verdicts)
  if (root === undefined) {
    const { order, subjects, plain } = sharedOf(judged)
    const heads = new Map<string | null, string>()
    const leaf = (n: number): Uint8Array => {
      const [status, because] = [verdicts.statuses[n]!, verdicts.because[n] ?? null] // columns of one length
      let head = heads.get(because)
      if (head === undefined) heads.set(because, (head = `{"because":${canonicalJson(because)},"status":"`))
      return leafHash(utf8(`${head}${status}","subject":${subjects[n]!}}`)) // a subject for each row
    }
    const leaves = order.map((n) => {
      const status = verdicts.statuses[n]! // columns of one length
      return verdicts.because[n] == null && (status === 'pass' || status === 'not_applicable')
        ? (plain[status][n] ??= leaf(n))
        : leaf(n)
    })
    root = toHex(merkleRoot(leaves))
    roots.set(verdicts, root)
  }
  return root
}
