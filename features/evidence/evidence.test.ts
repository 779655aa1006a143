// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Collected } from '../../catalog/collected.ts'
import {
  checkCollected,
  checkDecision,
  checkPeriod,
  documentMoment,
  freshUntil,
  isFresh,
  isLate,
  narrowed,
  suspicion,
  type Deciding,
} from './evidence.ts'
import { PREVIEW_BYTES, previewOf } from './preview.ts'

const DAILY = { fresh_hours: 26 }

describe('the age of evidence', () => {
  it('is fresh for as long as its kind allows, the last moment included', () => {
    const observed = '2026-03-02T06:00:00.000Z'
    expect(freshUntil(DAILY, observed)).toBe('2026-03-03T08:00:00.000Z')
    expect(isFresh(DAILY, observed, '2026-03-03T08:00:00.000Z')).toBe(true)
    expect(isFresh(DAILY, observed, '2026-03-03T08:00:00.001Z')).toBe(false)
  })

  it('is late when it reached Assay more than a day after the moment it speaks about', () => {
    expect(isLate('2026-03-02T06:00:00Z', '2026-03-03T06:00:00Z')).toBe(false)
    expect(isLate('2026-03-02T06:00:00Z', '2026-03-03T06:00:01Z')).toBe(true)
  })

  it('of a document is the end of its period, but never later than it was received', () => {
    expect(documentMoment(null, '2026-04-20T09:00:00.000Z', 'UTC')).toBe('2026-04-20T09:00:00.000Z')
    expect(documentMoment('2026-03-31', '2026-04-20T09:00:00.000Z', 'UTC')).toBe('2026-03-31T23:59:59.999Z')
    // The day ends where the engagement is: a document of March belongs to March in Berlin too.
    expect(documentMoment('2026-03-31', '2026-04-20T09:00:00.000Z', 'Europe/Berlin')).toBe('2026-03-31T21:59:59.999Z')
    expect(documentMoment('2026-04-20', '2026-04-20T09:00:00.000Z', 'UTC')).toBe('2026-04-20T09:00:00.000Z')
  })

  it('of a period may end today anywhere on earth, not tomorrow everywhere', () => {
    expect(() => checkPeriod('2026-04-01', '2026-04-21', '2026-04-20T10:30:00Z')).not.toThrow()
    expect(() => checkPeriod('2026-04-01', '2026-04-21', '2026-04-20T09:30:00Z')).toThrow(/ends by 2026-04-20/)
    expect(() => checkPeriod('2026-04-01', '2026-03-31', '2026-04-20T09:30:00Z')).toThrow(/ends on or after 2026-04-01/)
  })
})

describe('a reading that saw nothing', () => {
  const read = (rows: number, more: Partial<Collected> = {}) =>
    ({ outcome: 'complete', rows: Array.from({ length: rows }), ...more }) as unknown as Collected
  it('is suspect after one that saw something, unless an exact count says that there were few and are none', () => {
    const zero = { n: 0, exact: 'exact', how: '' } as const
    expect(suspicion(read(0), 3)).toContain('0 rows were read where the reading before had 3')
    expect(suspicion(read(0, { census: zero }), 4)).toBeUndefined()
    expect(suspicion(read(0, { census: zero }), 5)).toBeDefined()
    expect(suspicion(read(0), 0)).toBeUndefined()
    expect(suspicion(read(0), undefined)).toBeUndefined()
    expect(suspicion(read(0, { outcome: 'partial' }), 9)).toBeUndefined()
    expect(suspicion(read(1), 9)).toBeUndefined()
  })
})

describe('a scan of fewer rules', () => {
  it('says which rules are missing, the first five by name', () => {
    expect(narrowed(['a', 'b'], new Set(['a', 'b', 'c']))).toBeUndefined()
    expect(narrowed(['a', 'b'], new Set(['a']))).toContain('1 rules of the scan before are not in this file (b);')
    expect(narrowed(['a', 'b', 'c', 'd', 'e', 'f'], new Set())).toContain('(a, b, c, d, e, …)')
  })
})

describe('who decides about evidence', () => {
  const decider = { id: 'usr_a', name: 'Ann', isManager: false, isAuditor: false }
  const link = { state: 'submitted', linked_by: 'usr_b', recorded_by: 'usr_c', prepared_by: 'Dee' } as const
  const refused = (deciding: Partial<Deciding>): string | undefined => {
    try {
      checkDecision({ state: 'accepted', decider, link, ...deciding })
      return undefined
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : String(error)
    }
  }
  it.each<[string, Partial<Deciding>, string | undefined]>([
    ['somebody who has no part in it accepts', {}, undefined],
    ['who put it forward', { link: { ...link, linked_by: 'usr_a' } }, 'OWN_EVIDENCE'],
    ['who recorded it', { link: { ...link, recorded_by: 'usr_a' } }, 'OWN_EVIDENCE'],
    ['who prepared it, by name', { link: { ...link, prepared_by: ' ann ' } }, 'OWN_EVIDENCE'],
    ['who put forward what a machine made', { link: { ...link, linked_by: 'usr_a', prepared_by: null } }, undefined],
    ['an auditor accepts', { decider: { ...decider, isAuditor: true } }, 'MANAGEMENT_ACCEPTS'],
    [
      'an auditor rejects with a reason',
      { decider: { ...decider, isAuditor: true }, state: 'rejected', code: 'STALE', because: 'old' },
      undefined,
    ],
    ['a rejection without a code', { state: 'rejected', because: 'old' }, 'REASON_REQUIRED'],
    ['a rejection without a sentence', { state: 'rejected', code: 'STALE' }, 'REASON_REQUIRED'],
    ['somebody else withdraws', { state: 'withdrawn' }, 'NOT_YOURS_TO_WITHDRAW'],
    ['a manager withdraws', { state: 'withdrawn', decider: { ...decider, isManager: true } }, undefined],
    ['anything after it was withdrawn', { link: { ...link, state: 'withdrawn' } }, 'LINK_WITHDRAWN'],
  ])('%s: %#', (_what, deciding, code) => {
    expect(refused(deciding)).toBe(code)
  })
})

describe('a preview', () => {
  it('never cuts a character, and never shows more than was asked for', () => {
    fc.assert(
      fc.property(
        fc
          .string({ unit: 'binary', minLength: 1 })
          .map((text) => Buffer.from(text.replaceAll('\u0000', 'x').toWellFormed().repeat(20))),
        fc.nat({ max: 500 }),
        fc.integer({ min: 8, max: 64 }),
        (bytes, offset, length) => {
          const shown = previewOf(bytes, { offset, length })
          expect(shown.encoding).toBe('text')
          expect(bytes.toString('utf8', shown.from, shown.to)).toBe(shown.content)
          expect(shown.to - shown.from).toBeLessThanOrEqual(length + 3)
        },
      ),
    )
  })

  it('of a pointer that leads nowhere shows the beginning, unmarked', () => {
    expect(previewOf(Buffer.from('[1]'), { pointer: '/7' })).toMatchObject({ from: 0, content: '[1]', marked: null })
    expect(previewOf(Buffer.alloc(0), {})).toMatchObject({ content: '', size_bytes: 0 })
  })

  it('of a place deep in a large file shows what is around it', () => {
    const bytes = Buffer.from(`${'line\n'.repeat(100_000)}here\n${'line\n'.repeat(100_000)}`)
    const shown = previewOf(bytes, { pointer: 'line 100001' })
    expect(shown.content.slice(shown.marked?.from, shown.marked?.to)).toBe('here')
    expect(shown.to - shown.from).toBeLessThanOrEqual(PREVIEW_BYTES)
    expect(shown.from).toBeGreaterThan(400_000)
  })
})

describe('a reading is refused whose own account contradicts itself', () => {
  const row = (key: string) => ({ key, label: key, body: {}, capture: 0, pointer: '' })
  const whole: Parameters<typeof checkCollected>[0] = {
    stream: 'accounts',
    kind: 'user-account',
    kind_version: 1,
    outcome: 'complete',
    listed: 2,
    collected: 2,
    unreachable: [],
    reconciliation: 'equal',
    observed_at: '2026-03-02T09:05:00Z',
    captures: [],
    rows: [row('a'), row('b')],
    producer: { id: 'test', version: '1' },
  }
  const check = (more: Partial<typeof whole>) => () => checkCollected({ ...whole, ...more }, '2026-03-02T09:00:00Z')
  const unreachable = [{ subject: 'c', because: 'gone' }]
  it('and a sound one is not', () => {
    expect(check({})).not.toThrow()
    expect(check({ outcome: 'partial', why: 'gone', listed: 3, unreachable })).not.toThrow()
  })
  it.each([
    ['it lists more than it accounts for', { listed: 3 }, 'COUNTS_DO_NOT_ADD_UP'],
    ['it has fewer rows than it says', { collected: 3, listed: 3 }, 'COUNTS_DO_NOT_ADD_UP'],
    ['it is whole, and did not reach everything', { listed: 3, unreachable }, 'COUNTS_DO_NOT_ADD_UP'],
    ['it is whole, and its census says otherwise', { reconciliation: 'mismatch' }, 'COUNTS_DO_NOT_ADD_UP'],
    ['it is less than whole without a reason', { outcome: 'failed' }, 'OUTCOME_WITHOUT_REASON'],
    ['it is from the future', { observed_at: '2026-03-02T09:05:01Z' }, 'FROM_THE_FUTURE'],
    ['it tells a subject twice', { rows: [row('a'), row('a')] }, 'DUPLICATE_SUBJECT'],
  ] as const)('when %s', (_, more, code) => {
    expect(check(more)).toThrow(expect.objectContaining({ code }) as Error)
  })
})
