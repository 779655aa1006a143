// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import type { Format, Parsed } from '../../catalog/import.ts'
import { collectedOf, importOptions, lessThanWhole, readOptionsOf, type ReceivedFile } from './imports.ts'

const file: ReceivedFile = {
  name: 'people.csv',
  size_bytes: 12,
  sha256: 'ab',
  received_at: '2026-03-02T09:00:00.000Z',
}
const format = { id: 'csv', version: '2', media_type: 'text/csv' } as Format
const parsed: Parsed = {
  stream: 'rows:user-account',
  kind: 'user-account',
  kind_version: 1,
  outcome: 'complete',
  listed: 0,
  collected: 0,
  unreachable: [],
  reconciliation: 'no-census',
  rows: [],
  observed_at: '2026-03-01T00:00:00.000Z',
}
const document = { source: 'Board', media_type: 'application/pdf', period_from: null, period_to: null }
const table = { kind: 'user-account', columns: { id: 'Id' } }
const made = (of: Partial<Parsed>, options: object = {}) =>
  collectedOf({ ...parsed, ...of }, { file, format, series: 's', options: importOptions.parse(options) })

describe('an imported file as evidence', () => {
  test('is of the moment that it states itself', () => {
    const collected = made({ tool: { name: 'Prowler' }, remarks: ['seen'] })
    expect(collected).toMatchObject({
      observed_at: parsed.observed_at,
      producer: { id: 'import:csv', version: '2', tool: { name: 'Prowler' } },
      remarks: ['seen'],
      captures: [{ name: 'people.csv', media_type: 'text/csv', captured_at: file.received_at }],
    })
    expect(collected.producer).not.toHaveProperty('prepared_by')
  })

  test.each([
    ['2026-03-01T00:00:00.000Z', 'the file says 2026-03-01T00:00:00.000Z'],
    [null, 'the file says none'],
  ])('of another moment says whose word that is (the file: %s)', (observed_at, says) => {
    const collected = made({ observed_at }, { observed_at: '2026-02-01T00:00:00Z', prepared_by: 'Ada' })
    expect(collected.observed_at).toBe('2026-02-01T00:00:00.000Z')
    expect(collected.producer.prepared_by).toBe('Ada')
    expect(collected.remarks).toEqual([`the moment is the word of who imported it; ${says}`])
  })

  test('that states no moment is not taken without one', () => {
    expect(() => made({ observed_at: null })).toThrow(/people\.csv does not say when the source was looked at/)
  })

  test('has the media type of the document that it is', () => {
    expect(made({}, { document }).captures[0]?.media_type).toBe('application/pdf')
  })

  test('that turns out less than whole keeps the reasons it had', () => {
    expect(lessThanWhole(parsed, 'cut')).toMatchObject({ outcome: 'partial', why: 'cut' })
    expect(lessThanWhole({ ...parsed, why: 'shallow' }, 'cut').why).toBe('shallow; cut')
  })
})

test('a reader is told what the person said, and nothing that was not said', () => {
  const told = (options: object) => readOptionsOf(file, 's', importOptions.parse(options))
  expect(told({})).toEqual({ name: 'people.csv', size_bytes: 12, sha256: 'ab', series: 's', prepared_by: '' })
  expect(told({ document, prepared_by: 'Ada' })).toMatchObject({ document, prepared_by: 'Ada' })
  expect(told({ table }).table).toEqual({ ...table, constants: {} })
  expect(told({ table: { ...table, declared_rows: 0 } }).table).toEqual({ ...table, constants: {}, declared_rows: 0 })
})
