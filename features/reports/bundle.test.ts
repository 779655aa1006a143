// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkWanted, exceptionsCsv, indexCsv, indexHtml, remarksOf, type RecordLine } from './bundle.ts'

const whole: RecordLine = {
  id: 'col_1',
  control: 'IAM-01',
  controls: ['IAM-01', 'IAM-02'],
  source: 'Directory',
  stream: 'accounts',
  kind: 'user-account',
  outcome: 'complete',
  why: null,
  listed: 4,
  collected: 4,
  unreachable: 0,
  observed_at: '2026-03-01T00:00:00.000Z',
  recorded_at: '2026-03-01T00:00:05.000Z',
  suspect: null,
  superseded_by: null,
  manifest: 'ab',
  index: 17,
  erased_by: null,
  is_lost: false,
  made_after: null,
  existed_before: '2026-03-02T00:00:00.000Z',
}

describe('what a bundle is asked for', () => {
  const known = (control: string): boolean => control === 'IAM-01'
  test('may name controls of the library, and days in their order', () => {
    expect(() => checkWanted({}, known)).not.toThrow()
    expect(() => checkWanted({ from: '2026-01-01' }, known)).not.toThrow()
    expect(() => checkWanted({ from: '2026-01-01', to: '2026-01-01', controls: ['IAM-01'] }, known)).not.toThrow()
    expect(() => checkWanted({ from: '2026-01-02', to: '2026-01-01' }, known)).toThrow(/a last day from 2026-01-02 on/)
    expect(() => checkWanted({ controls: ['IAM-01', 'X-1'] }, known)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_CONTROL', pointer: '/controls/1' }),
    )
  })
})

describe('an auditor is told about a record', () => {
  test('nothing when there is nothing to tell', () => {
    expect(remarksOf(whole)).toEqual([])
  })
  test.each([
    ['that it was read in part', { outcome: 'partial', why: 'shallow' }, 'the reading is partial: shallow'],
    ['that nobody said why it failed', { outcome: 'failed' }, 'the reading is failed: no reason was given'],
    ['how many subjects were not reached', { unreachable: 1 }, '1 of 4 subjects could not be reached'],
    [
      'that it was recorded more than a day late',
      { recorded_at: '2026-03-02T00:00:01.000Z' },
      'recorded 2026-03-02T00:00:01.000Z, long after it was observed',
    ],
    ['what is suspect', { suspect: 'half as many as before' }, 'half as many as before'],
    ['what replaced it', { superseded_by: 'col_2' }, 'replaced by col_2'],
    ['what erased it', { erased_by: 'col_3' }, 'erased, as the statement col_3 says'],
    ['that only its leaf is left', { is_lost: true }, /its leaf is in the log/],
    ['that no authority vouches for it', { existed_before: null }, 'no authority has vouched for it yet'],
  ] as const)('%s', (_, change, says) => {
    expect(remarksOf({ ...whole, ...change })).toEqual([
      typeof says === 'string' ? says : (expect.stringMatching(says) as string),
    ])
  })
  test('with every oddity in one table', () => {
    const line = { ...whole, superseded_by: 'col_2' }
    expect(exceptionsCsv([whole, line], [{ what: 'run_1', remark: 'no result' }])).toBe(
      '"folder","remark"\r\n"evidence/IAM-01/col_1","replaced by col_2"\r\n"run_1","no result"\r\n',
    )
  })
})

test('no text of a source becomes a formula in a table, or markup in a page', () => {
  const texts = fc.tuple(fc.constantFrom('=', '+', '-', '@', '\t', '＝', '<b>', '"', 'a'), fc.string())
  fc.assert(
    fc.property(texts, ([start, rest]) => {
      const source = start + rest
      const row = indexCsv([{ ...whole, source }]).slice(indexCsv([]).length)
      const cell = row.slice('"evidence/IAM-01/col_1","IAM-01","IAM-01 IAM-02",'.length)
      expect(cell).not.toMatch(/^"[=+\-@\t\r＋－＝＠]/)
      expect(indexHtml('Bundle', [{ ...whole, source: `<script>${source}` }])).not.toContain('<script')
    }),
  )
})

test('numbers in a table stay numbers', () => {
  expect(indexCsv([{ ...whole, index: -1 }])).toContain('"-1"')
})
