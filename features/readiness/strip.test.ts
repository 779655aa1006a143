// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { framework } from '../../catalog/framework.ts'
import { freshnessOf } from '../../catalog/rulebook.ts'
import { addDays } from '../../lib/time.ts'
import { textOf, timeline, type ControlVersion } from '../controls/control.ts'
import { answerWindows, nextDue, windowsOf } from './schedule.ts'
import { slotState, type SlotEvidence } from './slots.ts'
import { attestationIsDue, joinDay, strip, type DayState, type Performance } from './strip.ts'

const START = '2026-01-01'
const day = (n: number) => addDays(START, n - 1)
const version = (changes: Partial<ControlVersion> = {}): ControlVersion => ({
  ...textOf(framework().controls.get('IAM-06')!, true), // the library has it
  control_id: 'IAM-06',
  n: 1,
  state: 'in',
  effective_from: START,
  because: 'test',
  saved_by: 'usr_test',
  recorded_at: '2026-01-01T00:00:00.000Z',
  manifest: '',
  ...changes,
})
const said = (from: number, to: number, outcome: Performance['outcome'] = 'performed'): Performance => ({
  from: day(from),
  to: day(to),
  outcome,
  by: 'attestation',
  id: 'att',
  corroborated: true,
})
const draw = (
  days: number,
  today: number,
  changes: Partial<ControlVersion>,
  checks: string | null,
  performances: Performance[] = [],
) =>
  strip({
    from: START,
    to: day(days),
    today: day(today),
    segments: timeline([version(changes)]),
    checks,
    performances,
    freshness: freshnessOf,
  })

describe('the strip', () => {
  it('of an automated control is what its checks saw, and the future is empty', () => {
    expect(draw(8, 6, { nature: 'automated', frequency: 'continuous' }, 'ooffnxoo')).toBe('ooffnx  ')
  })
  it('of a monthly control done by people is covered, not due, then overdue', () => {
    const cells = draw(60, 60, { nature: 'manual', frequency: 'monthly' }, null, [said(1, 10)])
    // 38 days after the last covered one the limit is reached.
    expect(cells).toBe('o'.repeat(10) + '-'.repeat(38) + 'n'.repeat(12))
  })
  it('of a control never performed is not due for its first interval and grace', () => {
    expect(draw(40, 40, { nature: 'manual', frequency: 'monthly' }, null)).toBe('-'.repeat(38) + 'nn')
  })
  it('never shows silence as passing: an attestation does not cover a silent check', () => {
    const cells = draw(4, 4, { nature: 'automated', frequency: 'continuous' }, 'onno', [said(1, 4)])
    expect(cells).toBe('onno')
  })
  it('shows a day attested as not performed as failing, whatever checks saw', () => {
    expect(draw(3, 3, { nature: 'automated', frequency: 'continuous' }, 'ooo', [said(2, 2, 'not_performed')])).toBe(
      'ofo',
    )
  })
  it('lets a check take days away from a control that people perform, but not add any', () => {
    expect(draw(4, 4, { nature: 'it_dependent_manual', frequency: 'quarterly' }, 'nofo', [said(1, 2)])).toBe('oof-')
  })
  it('of a continuous control without checks is without data on every day nobody speaks for', () => {
    expect(draw(4, 4, { nature: 'automated', frequency: 'continuous' }, null, [said(2, 3)])).toBe('noon')
  })
  it('is white before the control was in effect and while it is left out', () => {
    const cells = strip({
      from: START,
      to: day(6),
      today: day(6),
      segments: timeline([
        version({ effective_from: day(2), nature: 'automated', frequency: 'continuous' }),
        version({ n: 2, effective_from: day(4), state: 'out' }),
        version({ n: 3, effective_from: day(5), nature: 'automated', frequency: 'continuous' }),
      ]),
      checks: 'oooooo',
      performances: [],
      freshness: freshnessOf,
    })
    expect(cells).toBe('.oo.oo')
  })
  it('does not start the clock anew when a version only changes words', () => {
    const cells = strip({
      from: START,
      to: day(45),
      today: day(45),
      segments: timeline([
        version({ nature: 'manual', frequency: 'monthly' }),
        version({ n: 2, effective_from: day(20), nature: 'manual', frequency: 'monthly', title: 'Other words' }),
      ]),
      checks: null,
      performances: [],
      freshness: freshnessOf,
    })
    expect(cells).toBe('-'.repeat(38) + 'n'.repeat(7))
  })
  it('has a letter for each day, none passing without a check or a word for it', () => {
    const letter = fc.constantFrom('o', 'f', 'n', 'x', '-')
    fc.assert(
      fc.property(
        fc.array(letter, { minLength: 30, maxLength: 30 }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 9 })), { maxLength: 4 }),
        fc.constantFrom('continuous', 'event_driven', 'daily', 'weekly', 'monthly') as fc.Arbitrary<'daily'>,
        fc.constantFrom('manual', 'automated', 'it_dependent_manual') as fc.Arbitrary<'manual'>,
        fc.integer({ min: 1, max: 30 }),
        (checks, spans, frequency, nature, today) => {
          const performances = spans.map(([from, length]) => said(from, from + length))
          const byPeople = attestationIsDue(nature, frequency, true)
          const cells = draw(30, today, { nature, frequency }, checks.join(''), performances)
          expect(cells).toHaveLength(30)
          for (let i = 0; i < 30; i++) {
            const covered = performances.some((p) => p.from <= day(i + 1) && p.to >= day(i + 1))
            if (i >= today) expect(cells[i]).toBe(' ')
            else if (cells[i] === 'o')
              expect(
                byPeople
                  ? covered && !'fx'.includes(checks[i] ?? '')
                  : checks[i] === 'o' || (covered && checks[i] === '-'),
              ).toBe(true)
            else if (checks[i] === 'f') expect(cells[i]).toBe('f')
          }
        },
      ),
    )
  })
  it('joins in an order that does not matter', () => {
    const letter = fc.constantFrom('o', 'f', 'n', 'x', '-') as fc.Arbitrary<DayState>
    fc.assert(
      fc.property(letter, letter, letter, (a, b, c) => {
        expect(joinDay(a, b)).toBe(joinDay(b, a))
        expect(joinDay(joinDay(a, b), c)).toBe(joinDay(a, joinDay(b, c)))
        expect(joinDay(a, a)).toBe(a)
      }),
    )
  })
})

describe('the schedule', () => {
  const segments = (changes: Partial<ControlVersion>) => timeline([version(changes)])
  it('owes two quarterly performances in six months', () => {
    const windows = windowsOf(segments({}), { from: START, to: '2026-06-30' }, freshnessOf)
    expect(windows.map((w) => [w.from, w.to, w.partial])).toEqual([
      ['2026-01-01', '2026-03-31', false],
      ['2026-04-01', '2026-06-30', false],
    ])
  })
  it('owes nothing for a window cut short, but counts what was done in it', () => {
    const windows = windowsOf(segments({ frequency: 'annual' }), { from: START, to: '2026-06-30' }, freshnessOf)
    expect(answerWindows(windows, [], '2027-12-31')).toEqual(['pending'])
    expect(answerWindows(windows, [said(20, 20)], '2026-06-30')).toEqual(['performed'])
  })
  it('of a daily control owes each day, and one that events trigger owes nothing', () => {
    const period = { from: START, to: day(5) }
    expect(windowsOf(segments({ frequency: 'daily' }), period, freshnessOf)).toHaveLength(5)
    expect(windowsOf(segments({ frequency: 'event_driven' }), period, freshnessOf)).toEqual([])
  })
  it('goes on when a version only changes words, and holds nothing before or after the control', () => {
    const laid = timeline([
      version({ effective_from: '2025-01-01', frequency: 'monthly' }),
      version({ n: 2, effective_from: '2026-02-15', frequency: 'monthly', title: 'Other' }),
      version({ n: 3, effective_from: '2026-04-01', state: 'out' }),
      version({ n: 4, effective_from: '2026-09-01', frequency: 'monthly' }),
    ])
    const windows = windowsOf(laid, { from: START, to: '2026-06-30' }, freshnessOf)
    expect(windows.map((w) => w.from)).toEqual(['2026-01-01', '2026-02-01', '2026-03-01'])
  })
  it('takes performances in the order of their days, whatever the order they were told in', () => {
    const windows = windowsOf(segments({ frequency: 'monthly' }), { from: START, to: '2026-02-28' }, freshnessOf)
    expect(answerWindows(windows, [said(50, 50), said(20, 20), said(20, 20)], '2026-03-31')).toEqual([
      'performed',
      'performed',
    ])
  })
  it('takes a late performance for the window it is late for, within the grace', () => {
    const windows = windowsOf(segments({ frequency: 'monthly' }), { from: START, to: '2026-02-28' }, freshnessOf)
    expect(answerWindows(windows, [said(36, 36)], '2026-03-31')).toEqual(['performed', 'missed'])
    expect(answerWindows(windows, [said(36, 36), said(50, 50)], '2026-03-31')).toEqual(['performed', 'performed'])
  })
  it('takes a report that ends before its month does for that month, although it begins in the one before', () => {
    const windows = windowsOf(segments({ frequency: 'monthly' }), { from: START, to: '2026-02-28' }, freshnessOf)
    expect(answerWindows(windows, [said(1, 30), said(31, 58)], '2026-03-31')).toEqual(['performed', 'performed'])
    expect(answerWindows(windows, [said(1, 31), said(20, 31)], '2026-04-30')).toEqual(['performed', 'missed'])
  })
  it('takes one attestation of a year for all twelve months', () => {
    const windows = windowsOf(segments({ frequency: 'monthly' }), { from: START, to: '2026-12-31' }, freshnessOf)
    const states = answerWindows(windows, [said(1, 365)], '2026-12-31')
    expect(states).toEqual(Array(12).fill('performed'))
  })
  it('keeps a failure although a second word says otherwise', () => {
    const windows = windowsOf(segments({ frequency: 'monthly' }), { from: START, to: '2026-01-31' }, freshnessOf)
    const answers = answerWindows(windows, [said(1, 31, 'not_performed'), said(1, 31)], '2026-02-01')
    expect(answers).toEqual(['not_performed'])
  })
  it('says when the next performance is due and when it becomes overdue', () => {
    const [segment] = segments({ frequency: 'monthly' })
    expect(nextDue(segment!, START, [said(1, 10)], day(20), freshnessOf)).toEqual({
      due: '2026-02-10',
      overdue_from: '2026-02-18',
    }) // one version is laid
    expect(nextDue(segments({ frequency: 'event_driven' })[0]!, START, [], day(20), freshnessOf)).toBeNull() // one version is laid
  })
})

describe('an evidence slot', () => {
  const monthly = freshnessOf('monthly')
  const item = (n: number, state: SlotEvidence['state']): SlotEvidence => ({
    id: `l${n}`,
    slot: 's',
    day: day(n),
    state,
  })
  const state = (today: number, ...evidence: SlotEvidence[]) => slotState(evidence, START, day(today), monthly)
  it('is fresh, then due within its grace, then stale', () => {
    expect([state(31, item(1, 'accepted')), state(38, item(1, 'accepted')), state(40, item(1, 'accepted'))]).toEqual([
      'fresh',
      'due',
      'stale',
    ])
  })
  it('without evidence is not due for an interval, due in its grace, then missing', () => {
    expect([state(31), state(38), state(39)]).toEqual(['not_due', 'due', 'missing'])
  })
  it('with a rejected piece says so until something newer is accepted', () => {
    expect(state(60, item(8, 'rejected'))).toBe('rejected')
    expect(state(60, item(8, 'rejected'), item(50, 'accepted'))).toBe('fresh')
    expect(state(90, item(8, 'accepted'), item(20, 'rejected'))).toBe('rejected')
  })
  it('is taken by its days, not by the order of telling', () => {
    expect(state(60, item(50, 'accepted'), item(8, 'rejected'))).toBe('fresh')
  })
  it('does not count what was not decided or was withdrawn', () => {
    expect(state(60, item(50, 'submitted'))).toBe('missing')
    expect(state(60, item(50, 'withdrawn'))).toBe('missing')
  })
})
