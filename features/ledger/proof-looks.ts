// SPDX-License-Identifier: Apache-2.0
import type { ProofState } from './receipt.ts'

interface ProofLook {
  readonly label: string
  readonly says: string
  readonly tone: 'pass' | 'idle'
}

/** How a record's proof is said. Only an outside time-stamp looks finished. */
export const PROOF_LOOKS: Readonly<Record<ProofState, ProofLook>> = {
  durable: {
    label: 'Stored',
    says: 'The record is stored and waits for its place in the log, usually a second or two.',
    tone: 'idle',
  },
  sequenced: {
    label: 'In the log',
    says: 'The record has its place in the log; the next signed checkpoint will cover it.',
    tone: 'idle',
  },
  published: {
    label: 'Signed',
    says: 'A signed checkpoint covers the record. No time-stamp authority has vouched for it yet.',
    tone: 'idle',
  },
  timestamped: {
    label: 'Time-stamped',
    says: 'A signed checkpoint covers the record, and an authority outside has vouched for when it existed.',
    tone: 'pass',
  },
}
