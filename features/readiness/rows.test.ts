// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { framework } from '../../catalog/framework.ts'
import { freshnessOf, rulebook } from '../../catalog/rulebook.ts'
import { addDays } from '../../lib/time.ts'
import { textOf, type ControlVersion } from '../controls/control.ts'
import type { Scope } from '../system/scope.ts'
import { controlRowOf, controlRows, nextOf } from './rows.ts'
import { composeSnapshot, type Loaded } from './snapshot.ts'

const TODAY = '2026-03-02'
const FROM = '2026-01-01'
const calendar = { from: FROM, to: '2026-06-30', today: TODAY }
const version = (id: string, changes: Partial<ControlVersion> = {}): ControlVersion => ({
  ...textOf(framework().controls.get(id)!, true), // ids of the library
  control_id: id,
  n: 1,
  state: 'in',
  effective_from: FROM,
  because: 'test',
  saved_by: 'usr_test',
  recorded_at: '2026-01-01T00:00:00.000Z',
  manifest: '',
  ...changes,
})
const snapshot = (versions: readonly ControlVersion[], more: Partial<Loaded> = {}) =>
  composeSnapshot({
    scope: { engagement: { type: 'type2', period_from: FROM, period_to: calendar.to } } as Scope,
    calendar,
    versions,
    owners: new Map(),
    policies: new Map(),
    checks: new Map(),
    items: new Map(),
    performances: new Map(),
    evidence: new Map(),
    criteria: [],
    compensating: new Map(),
    unmitigated: new Map() as unknown as Loaded['unmitigated'],
    rules: rulebook().readiness,
    freshness: freshnessOf,
    ...more,
  })

describe('the list of controls', () => {
  const rows = (...versions: ControlVersion[]) =>
    controlRows(snapshot(versions), ['IAM-06', 'IAM-02', 'CHG-01']).map(({ control_id, in_effect, score }) => [
      control_id,
      in_effect,
      score !== null,
    ])
  test('has those in effect with their score, in the order of the library', () => {
    expect(rows(version('IAM-02'), version('IAM-06'))).toEqual([
      ['IAM-06', true, true],
      ['IAM-02', true, true],
    ])
  })
  test('has those that were in effect on a day of the period, without a score', () => {
    const out = version('IAM-06', { n: 2, state: 'out', effective_from: '2026-02-01' })
    expect(rows(version('IAM-06', { effective_from: FROM }), out)).toEqual([['IAM-06', false, false]])
  })
  test('leaves out those that never were', () => {
    expect(rows(version('IAM-06', { state: 'out' }))).toEqual([])
  })
  test('shows those still to come by their first version', () => {
    const later = version('IAM-06', { effective_from: addDays(TODAY, 10), title: 'To come' })
    const of = snapshot([later])
    expect(controlRowOf(of.facts.get('IAM-06')!, of)).toMatchObject({
      title: 'To come',
      in_effect: false,
      components: null,
    })
    expect(controlRows(of, ['IAM-06'])).toEqual([])
  })
})

describe('what has to be done next', () => {
  const due = (of: ReturnType<typeof snapshot>, limit = 9) =>
    nextOf(
      of,
      calendar,
      [
        { id: 'P-1', title: 'Access', next_review: '2026-03-01' },
        { id: 'P-2', title: 'Far', next_review: '2027-03-01' },
        { id: 'P-3', title: 'Change', next_review: TODAY },
      ],
      [
        { id: 'tsk_2', title: 'Mend', due_on: TODAY },
        { id: 'tsk_1', title: 'Ask', due_on: '2026-02-28' },
      ],
      limit,
    ).map(({ id, overdue }) => [id, overdue])

  test('is in the order of its days, the overdue first, ninety days ahead', () => {
    expect(due(snapshot([]))).toEqual([
      ['tsk_1', true],
      ['P-1', true],
      ['P-3', false],
      ['tsk_2', false],
    ])
    expect(due(snapshot([]), 1)).toEqual([['tsk_1', true]])
  })

  test('has the controls that people perform on a schedule, and no others', () => {
    const manual = version('IAM-06', { nature: 'manual', frequency: 'quarterly' })
    expect(due(snapshot([manual])).map(([id]) => id)).toContain('IAM-06')
    const performances = new Map([
      ['IAM-06', [{ from: FROM, to: FROM, outcome: 'performed', by: 'attestation', id: 'a', corroborated: true }]],
    ]) as unknown as Loaded['performances']
    const [row] = nextOf(snapshot([manual], { performances }), calendar, [], [], 9)
    expect(row).toMatchObject({
      id: 'IAM-06',
      due: addDays(FROM, freshnessOf('quarterly').interval_days!),
      overdue: false,
    })
    const none = [
      version('IAM-06', { frequency: 'continuous' }),
      version('IAM-02', { nature: 'automated', frequency: 'daily' }),
      version('INC-02', { nature: 'manual', frequency: 'event_driven' }),
    ]
    const checks = new Map([['IAM-02', 'o'.repeat(181)]])
    expect(nextOf(snapshot(none, { checks }), calendar, [], [], 9)).toEqual([])
  })
})
