// SPDX-License-Identifier: Apache-2.0
import type { Verdict } from '../../catalog/check.ts'
import type { Explanation } from '../../catalog/explain.ts'
import type { Judged } from '../../catalog/verdict.ts'

/** What is said between the server and the thread that evaluates checks. Rows travel as JSON text: cheap to pass on. */
export type Question =
  /** Facts that lookups may need; before `open`. */
  | { readonly type: 'rows'; readonly kind: string; readonly bodies: readonly string[] }
  | { readonly type: 'open'; readonly texts: readonly string[]; readonly now: string }
  /** Verdicts of some of the checks, by their places in `texts`. */
  | { readonly type: 'judge'; readonly bodies: readonly string[]; readonly checks: readonly number[] }
  /** What is wrong with the examples of a text. */
  | { readonly type: 'examples'; readonly text: string }
  /** Of the first check. */
  | { readonly type: 'explain'; readonly body: string }

export type Reply =
  | { readonly type: 'ready' }
  | { readonly type: 'answers'; readonly answers: readonly Answer[] }
  | { readonly type: 'explained'; readonly explained: Judged & Explanation }
  | { readonly type: 'faults'; readonly faults: readonly string[] }
  | { readonly type: 'broken'; readonly message: string }

/** Verdicts of one check on a batch of rows. */
export interface Answer {
  /** Index into `STATUSES`, one byte a row. */
  readonly codes: Uint8Array
  /** Why, by row: 0 is no reason, n the text `reasons[n - 1]`. Many rows have few reasons. */
  readonly because: Uint16Array
  readonly reasons: readonly string[]
}

export const STATUSES = ['pass', 'fail', 'inconclusive', 'not_applicable'] as const satisfies readonly Verdict[]
export const statusOf = (code: number): Verdict => STATUSES[code] ?? 'inconclusive'
export const INCONCLUSIVE = STATUSES.indexOf('inconclusive')
