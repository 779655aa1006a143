// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { receiptOf, type ReceiptFacts } from './receipt.ts'

const facts: ReceiptFacts = {
  manifest: 'a'.repeat(64),
  kind: 'evidence',
  idx: null,
  is_published: false,
  claimed_at: '2026-03-02T09:00:00.000Z',
  recorded_at: '2026-03-02T09:00:01.000Z',
  proven_after: null,
  proven_before: null,
}
const at = (more: Partial<ReceiptFacts>) => receiptOf({ ...facts, ...more })

describe('how far a record is on its way', () => {
  it.each([
    ['durable', {}],
    ['sequenced', { idx: 7 }],
    ['published', { idx: 7, is_published: true }],
    ['timestamped', { idx: 7, is_published: true, proven_before: '2026-03-02T10:00:00.000Z' }],
  ] as const)('is %s', (state, more) => {
    expect(at(more).state).toBe(state)
  })
})

describe('a late record', () => {
  it('was recorded more than a day after the moment it claims', () => {
    expect(at({ recorded_at: '2026-03-03T09:00:00.000Z' }).is_late).toBe(false)
    expect(at({ recorded_at: '2026-03-03T09:00:00.001Z' }).is_late).toBe(true)
  })

  it('or claims a moment after the time-stamp that covers it', () => {
    expect(at({ proven_before: '2026-03-02T08:59:59.000Z' }).is_late).toBe(true)
    expect(at({ proven_before: '2026-03-02T09:30:00.000Z' }).is_late).toBe(false)
  })
})
