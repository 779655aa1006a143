// SPDX-License-Identifier: Apache-2.0
import type { Instant } from '../../lib/time.ts'

/**
 * How far a record is on its way. `durable`: committed with its leaf. `sequenced`: it has its index. `published`: a signed
 * checkpoint that covers it lies in the publication. `timestamped`: an authority has vouched for such a checkpoint.
 */
export const PROOF_STATES = ['durable', 'sequenced', 'published', 'timestamped'] as const
export type ProofState = (typeof PROOF_STATES)[number]

/** What the ledger can say of one record. */
export interface Receipt {
  readonly manifest: string
  readonly kind: string
  readonly state: ProofState
  /** Position in the log, from 0; null while the record waits. */
  readonly index: number | null
  /** The moment its maker claims. */
  readonly claimed_at: Instant
  /** The moment the database took it. */
  readonly recorded_at: Instant
  /**
   * The interval that time-stamps prove: made after the one that its anchor rests on, before the first that covers it.
   * Null ends are open: nobody outside has vouched yet.
   */
  readonly proven: { readonly after: Instant | null; readonly before: Instant | null }
  /** Whether the claimed moment lies outside of what is proven, or was recorded more than a day after it. */
  readonly is_late: boolean
}

export interface ReceiptFacts {
  readonly manifest: string
  readonly kind: string
  readonly idx: number | null
  readonly is_published: boolean
  readonly claimed_at: Instant
  readonly recorded_at: Instant
  readonly proven_after: Instant | null
  readonly proven_before: Instant | null
}

/** How long after the moment it claims a record may arrive before it is called late. */
export const LATE_AFTER_MS = 24 * 3_600_000

export function receiptOf(facts: ReceiptFacts): Receipt {
  const claimed = Date.parse(facts.claimed_at)
  const before = facts.proven_before
  return {
    manifest: facts.manifest,
    kind: facts.kind,
    state: before ? 'timestamped' : facts.is_published ? 'published' : facts.idx === null ? 'durable' : 'sequenced',
    index: facts.idx,
    claimed_at: facts.claimed_at,
    recorded_at: facts.recorded_at,
    proven: { after: facts.proven_after, before },
    is_late:
      Date.parse(facts.recorded_at) - claimed > LATE_AFTER_MS || (before !== null && claimed > Date.parse(before)),
  }
}
