// SPDX-License-Identifier: Apache-2.0
import type { Tx } from './db.ts'

/** Longest time for which an answer about now is given again: states change by the passing of time alone, too. */
const LONGEST_MS = 1000
/** Answers that are kept; the oldest goes first. */
const MOST = 50

interface Kept {
  /** What the database held: two transactions that see the same snapshot see the same rows. */
  readonly snapshot: string
  /** When it was asked, in milliseconds since 1970. */
  readonly at: number
  readonly text: Promise<string>
}

export interface SharedAnswers {
  /**
   * The answer to a question of the tenant: the one that was made a moment ago, or is being made just now, where nothing
   * at all has been committed since; else `make` makes it.
   * @param question operation, input and clocks as they were sent; never who asks
   */
  answer(tx: Tx, question: readonly unknown[], make: () => Promise<string>): Promise<string>
}

/** Many people who look at the same page cost as much as one. In the memory of the process; nothing is ever stale. */
export function openSharedAnswers(): SharedAnswers {
  const known = new Map<string, Kept>()
  return {
    async answer(tx, question, make) {
      const id = JSON.stringify([tx.org, ...question])
      const at = Date.parse(tx.now)
      const before = known.get(id)
      if (before?.snapshot === tx.snapshot && Math.abs(at - before.at) < LONGEST_MS) return await before.text
      const kept: Kept = { snapshot: tx.snapshot, at, text: make() }
      known.delete(id)
      known.set(id, kept)
      for (const oldest of known.keys()) {
        if (known.size <= MOST) break
        known.delete(oldest)
      }
      try {
        return await kept.text
      } catch (error) {
        if (known.get(id) === kept) known.delete(id)
        throw error
      }
    },
  }
}
