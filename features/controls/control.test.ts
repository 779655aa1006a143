// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { framework } from '../../catalog/framework.ts'
import { addDays, daysOf } from '../../lib/time.ts'
import {
  changedFields,
  checkEffective,
  gapsBetween,
  textOf,
  timeline,
  vagueWords,
  versionOn,
  withChanges,
  type ControlVersion,
} from './control.ts'

const text = textOf(framework().controls.get('IAM-06')!, true) // the library has it
const version = (n: number, effective_from: string, changes: Partial<ControlVersion> = {}): ControlVersion => ({
  ...text,
  control_id: 'IAM-06',
  n,
  state: 'in',
  effective_from,
  because: 'test',
  saved_by: 'usr_test',
  recorded_at: '2026-01-01T00:00:00.000Z',
  manifest: '',
  ...changes,
})

describe('versions of a control', () => {
  it('quarterly until 31 May and monthly from 1 June are two versions with their own days', () => {
    const laid = timeline([version(1, '2026-01-01'), version(2, '2026-06-01', { frequency: 'monthly' })])
    expect(laid.map((s) => [s.version.frequency, s.from, s.to])).toEqual([
      ['quarterly', '2026-01-01', '2026-05-31'],
      ['monthly', '2026-06-01', null],
    ])
    expect(gapsBetween(laid)).toEqual([])
  })
  it('with a day between them show the uncovered day', () => {
    const laid = timeline([
      version(1, '2026-01-01'),
      version(2, '2026-06-01', { state: 'out' }),
      version(3, '2026-06-02'),
    ])
    expect(gapsBetween(laid)).toEqual([{ from: '2026-06-01', to: '2026-06-01' }])
  })
  it('changed on the first day of the last one correct it, and the earlier one stays known', () => {
    const laid = timeline([version(1, '2026-01-01'), version(2, '2026-01-01', { title: 'Corrected' })])
    expect(laid.map((s) => s.version.n)).toEqual([2])
  })
  it('hold on exactly one each day from the first on, and on none before', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 8 }), (offsets) => {
        const versions = offsets.map((offset, i) => version(i + 1, addDays('2026-01-01', offset)))
        const laid = timeline(versions)
        const first = laid[0]!.from // there is at least one version
        for (const day of daysOf('2025-12-30', '2026-03-15')) {
          const on = laid.filter((s) => s.from <= day && (s.to === null || s.to >= day))
          expect(on.length).toBe(day < first ? 0 : 1)
          if (day >= first) {
            // The newest word about a day is the last version that begins on it or before.
            const expected = versions.filter((v) => v.effective_from <= day).at(-1)
            expect(versionOn(laid, day)?.n).toBe(expected?.n)
          }
        }
      }),
    )
  })
})

describe('the wording of a control', () => {
  it('is unsound when a word names no number', () => {
    expect(vagueWords('Access is reviewed periodically, and as needed.')).toEqual(['periodically', 'as needed'])
    expect(vagueWords('Access is reviewed each quarter.')).toEqual([])
  })
  it('is sound in the whole library', () => {
    for (const control of framework().controls.values()) expect(vagueWords(control.statement), control.id).toEqual([])
  })
  it('changes only in what was given', () => {
    expect(changedFields(text, withChanges(text, { frequency: 'monthly', title: undefined }))).toEqual(['frequency'])
    expect(changedFields(text, withChanges(text))).toEqual([])
  })
})

describe('a new version', () => {
  it('holds from the day of the last one or later, never from before', () => {
    const last = version(2, '2026-06-01')
    expect(() => checkEffective(last, '2026-06-01')).not.toThrow()
    expect(() => checkEffective(last, '2026-05-31')).toThrow(/version 2 holds from 2026-06-01/)
  })

  it('that is out of scope leaves days uncovered only until the next one is in', () => {
    const out = { state: 'out' } as const
    const laid = timeline([
      version(1, '2026-01-01', out),
      version(2, '2026-02-01'),
      version(3, '2026-03-01', out),
      version(4, '2026-03-11'),
      version(5, '2026-04-01'),
      version(6, '2026-05-01', out),
    ])
    expect(gapsBetween(laid)).toEqual([{ from: '2026-03-01', to: '2026-03-10' }])
  })
})
