// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { libraryChecks } from '../../catalog/library.ts'
import {
  checkState,
  countsOf,
  emptiness,
  freshUntil,
  incomplete,
  judgeJoined,
  lastObserved,
  readTogether,
  unusable,
  type Reading,
} from './monitoring.ts'
import { EMPTY_ROOT, entryOf, rootOf } from './verdict-root.ts'
import { toHex } from '../../proof/bytes.ts'
import { merkleRoot, proveInclusion, verifyInclusion } from '../../proof/merkle.ts'
import { freshness, summarise, type StreamState } from './summary.ts'

const check = (id: string) => libraryChecks().find((row) => row.check.id === id)!.check
const devices = check('devices-are-encrypted')
const leavers = check('leavers-lose-access')
const reading = (of: Partial<Reading> = {}): Reading => ({
  id: 'col_1',
  source_id: 1,
  source_name: 'mdm',
  stream: 'devices',
  kind: 'device',
  outcome: 'complete',
  why: null,
  suspect: null,
  census: null,
  reconciliation: 'no-census',
  unreachable: [],
  window_from: null,
  observed_at: '2026-03-01T00:00:00.000Z',
  manifest: 'f'.repeat(64),
  supersedes: null,
  ...of,
})

describe('what a reading may prove', () => {
  test.each(['denied', 'unsupported', 'failed'] as const)('one that was %s proves nothing, and says why', (outcome) => {
    expect(unusable(reading({ outcome, why: 'HTTP 403' }), devices)).toBe(
      `mdm: devices could not be read (${outcome}): HTTP 403`,
    )
  })

  test('a suspect one proves nothing; a partial one is judged but covers nothing', () => {
    expect(unusable(reading({ suspect: '0 rows' }), devices)).toBe('the reading of mdm: devices is suspect: 0 rows')
    expect(unusable(reading({ outcome: 'partial', why: 'timeout' }), devices)).toBeUndefined()
    expect(incomplete(reading({ outcome: 'partial', why: 'timeout' }))).toBe('mdm: devices was read in part: timeout')
    expect(incomplete(reading())).toBeUndefined()
  })

  test('a check may ask for an exact independent count of its own subjects', () => {
    const strict = { ...devices, needs_census: 'exact' as const }
    const exact = { n: 5, exact: 'exact' }
    expect(unusable(reading(), strict)).toContain('no exact independent count')
    expect(unusable(reading({ census: { n: 5, exact: 'approximate' }, reconciliation: 'equal' }), strict)).toContain(
      'no exact',
    )
    expect(unusable(reading({ census: exact, reconciliation: 'within-tolerance' }), strict)).toContain('no exact')
    expect(unusable(reading({ census: exact, reconciliation: 'equal' }), strict)).toBeUndefined()
    expect(unusable(reading({ kind: 'person' }), strict)).toBeUndefined()
  })
})

describe('joined readings', () => {
  const at = '2026-03-10T00:00:00.000Z'
  const day = (): number => 86_400_000
  const stream = (complete_at: string | null) => ({
    kind: 'user-account',
    source_name: 'git',
    stream: 'users',
    complete_at,
  })

  test('must exist, be complete and be fresh', () => {
    expect(judgeJoined(['user-account'], [], at, day).fault).toBe(
      'no reading of user-account yet, which this check needs',
    )
    expect(judgeJoined(['user-account'], [stream(null)], at, day).fault).toContain('was never read completely')
    expect(judgeJoined(['user-account'], [stream('2026-03-09T00:00:00.000Z')], at, day).fault).toContain(
      'was last read completely on',
    )
    expect(judgeJoined(['user-account'], [stream('2026-03-09T00:00:00.001Z')], at, day)).toEqual({
      fault: undefined,
      fresh_until: '2026-03-10T00:00:00.001Z',
    })
    expect(judgeJoined([], [], at, day)).toEqual({ fault: undefined, fresh_until: undefined })
  })

  test('a check is fresh as long as the first of what it rests on', () => {
    const observed = '2026-03-01T00:00:00.000Z'
    expect(freshUntil(leavers, observed, { fault: undefined, fresh_until: undefined })).toBe('2026-03-08T00:00:00.000Z')
    expect(freshUntil(leavers, observed, { fault: undefined, fresh_until: '2026-03-05T00:00:00.000Z' })).toBe(
      '2026-03-05T00:00:00.000Z',
    )
    expect(freshUntil(leavers, observed, { fault: undefined, fresh_until: '2026-04-05T00:00:00.000Z' })).toBe(
      '2026-03-08T00:00:00.000Z',
    )
  })
})

describe('what a run of a connection read', () => {
  const people = reading({ id: 'col_p', stream: 'people', kind: 'person' })
  const accounts = reading({
    id: 'col_a',
    stream: 'accounts',
    kind: 'user-account',
    observed_at: '2026-03-01T00:00:07.000Z',
  })
  const others = reading({ id: 'col_d', observed_at: '2026-03-01T00:00:09.000Z' })
  const run = [people, accounts, others]

  test('is looked at together by a check that joins it, when the last of it was read', () => {
    expect(readTogether(leavers, people, run)).toEqual([people, accounts])
    expect(readTogether(leavers, accounts, run)).toEqual([people, accounts])
    expect(lastObserved([people, accounts])).toBe(accounts.observed_at)
    expect(lastObserved([accounts, people])).toBe(accounts.observed_at)
  })

  test('is looked at one by one by a check that joins nothing of it', () => {
    expect(readTogether(devices, others, run)).toEqual([others])
    const more = { ...people, id: 'col_q', stream: 'contractors' }
    expect(readTogether(leavers, people, [people, more])).toEqual([people])
  })

  test('does not wait for what could not be read, nor for another source', () => {
    const denied = { ...accounts, outcome: 'denied' as const }
    expect(readTogether(leavers, people, [people, denied])).toEqual([people])
    expect(readTogether(leavers, people, [])).toEqual([people])
  })
})

describe('nobody to judge', () => {
  const people = reading({ kind: 'person' })
  test('proves something only when the check allows it and the source says so', () => {
    expect(emptiness(devices, countsOf(['pass']), reading())).toBeUndefined()
    expect(emptiness(devices, countsOf([]), reading())).toBe('there was nothing to judge')
    expect(emptiness(devices, countsOf(['not_applicable']), reading())).toBe('no subject is in the scope of this check')
    expect(emptiness(leavers, countsOf(['not_applicable']), people)).toBeUndefined()
    expect(emptiness(leavers, countsOf([]), people)).toContain('no exact count')
    expect(emptiness(leavers, countsOf([]), { ...people, census: { n: 0, exact: 'attested' } })).toContain(
      'no exact count',
    )
    expect(emptiness(leavers, countsOf([]), { ...people, census: { n: 0, exact: 'exact' } })).toBeUndefined()
    expect(emptiness(leavers, countsOf([]), reading({ kind: 'user-account' }))).toBe('no person is known yet')
  })
})

describe('the root of a run', () => {
  const judged = { keys: ['b', 'a', 'c'] }
  const verdicts = { statuses: ['pass', 'fail', 'pass'] as const, because: [null, 'not true: x', null] }

  test('proves any one verdict, in the order of the keys', () => {
    const leaves = [entryOf('a', 'fail', 'not true: x'), entryOf('b', 'pass', null), entryOf('c', 'pass', null)]
    const root = merkleRoot(leaves)
    expect(rootOf(judged, verdicts)).toBe(toHex(root))
    const path = proveInclusion(1, 3, (from, to) => merkleRoot(leaves.slice(from, to)))
    expect(verifyInclusion(leaves[1]!, { index: 1, size: 3 }, path, root)).toBe(true)
  })

  test('differs when a verdict or a reason does, and only then', () => {
    const again = { keys: ['c', 'b', 'a'] }
    expect(rootOf(again, { statuses: ['pass', 'pass', 'fail'], because: [null, null, 'not true: x'] })).toBe(
      rootOf(judged, verdicts),
    )
    expect(rootOf(judged, { ...verdicts, because: [null, 'not true: y', null] })).not.toBe(rootOf(judged, verdicts))
    expect(rootOf({ keys: [] }, { statuses: [], because: [] })).toBe(EMPTY_ROOT)
  })
})

describe('the state of a check', () => {
  const of = (change: Partial<Parameters<typeof checkState>[0]>) =>
    checkState({ fail: 0, excepted: 0, inconclusive: 0, fresh: true, everRun: true, ...change })
  test('is the worst that stands', () => {
    expect(of({ everRun: false, fail: 1 })).toBe('not_set_up')
    expect(of({ fail: 1, fresh: false })).toBe('fail')
    expect(of({ fresh: false, inconclusive: 1 })).toBe('no_data')
    expect(of({ inconclusive: 1, excepted: 1 })).toBe('inconclusive')
    expect(of({ excepted: 1 })).toBe('excepted')
    expect(of({})).toBe('pass')
  })

  const run = (change: Partial<StreamState> = {}): StreamState => ({
    source_id: 1,
    ended: false,
    at: '2026-03-01T00:00:00.000Z',
    state: 'judged',
    because: null,
    fresh_until: '2026-03-02T00:00:00.000Z',
    counts: countsOf(['pass', 'not_applicable', 'fail'], 2),
    counted_at: '2026-03-01T00:00:00.000Z',
    ...change,
  })
  const NONE = { fail: 0, excepted: 0, inconclusive: 0 }

  test('is fresh only while every stream is', () => {
    expect(freshness([])).toBeNull()
    expect(freshness([run(), run({ fresh_until: '2026-03-05T00:00:00.000Z' })])).toBe('2026-03-02T00:00:00.000Z')
    expect(freshness([run(), run({ fresh_until: null })])).toBeNull()
    expect(
      freshness([run({ fresh_until: null }), run({ source_id: null, fresh_until: '2026-03-04T00:00:00.000Z' })]),
    ).toBe('2026-03-04T00:00:00.000Z')
    expect(freshness([run({ source_id: null })])).toBe('2026-03-02T00:00:00.000Z')
  })

  test('tells why there is no data', () => {
    expect(summarise([run()], NONE, '2026-03-09T00:00:00.000Z')).toMatchObject({
      state: 'no_data',
      because: 'the last complete reading was good until 2026-03-02T00:00:00.000Z',
    })
    const denied = run({ at: '2026-03-03T00:00:00.000Z', state: 'inconclusive', because: 'denied' })
    expect(summarise([denied], NONE, '2026-03-01T12:00:00.000Z')).toMatchObject({ state: 'pass', because: 'denied' })
    expect(summarise([], NONE, '2026-03-01T12:00:00.000Z')).toEqual({
      state: 'not_set_up',
      because: null,
      counts: { pass: 0, not_applicable: 0, unreachable: 0, fail: 0, excepted: 0, inconclusive: 0 },
      last_run_at: null,
      fresh_until: null,
    })
  })

  test('counts each subject once, and nobody of a connection that was switched off', () => {
    const at = '2026-03-01T12:00:00.000Z'
    expect(summarise([run(), run({ source_id: 2 })], NONE, at).counts).toMatchObject({
      pass: 2,
      not_applicable: 2,
      unreachable: 4,
    })
    expect(summarise([run(), run({ source_id: 2, ended: true })], NONE, at).counts).toMatchObject({ pass: 1 })
    const all = run({ source_id: null, counts: countsOf(['pass', 'pass', 'pass']), counted_at: at })
    expect(summarise([run(), run({ source_id: 2 }), all], NONE, at).counts).toMatchObject({ pass: 3 })
    expect(summarise([run({ counted_at: '2026-03-02T00:00:00.000Z' }), all], NONE, at).counts).toMatchObject({
      pass: 1,
    })
    expect(summarise([run({ counts: null, counted_at: null })], NONE, at).counts).toMatchObject({ pass: 0 })
  })
})
