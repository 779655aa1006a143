// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { heldClock, RecordedTime } from './recorded-time.ts'
import { DAY_MS, HOUR_MS } from './time.ts'

const START = Date.parse('2026-03-02T09:00:00Z')
const YEAR = 365 * DAY_MS

/** A machine whose counter runs truly while its clock says what somebody set. */
function machine() {
  let counter = 5000
  let offset = 0
  const told: string[] = []
  const time = new RecordedTime(
    (warning) => told.push(warning),
    () => counter,
  )
  const clock = (): number => START + counter - 5000 + offset
  return {
    time,
    told,
    clock,
    passes: (ms: number) => void (counter += ms),
    sets: (ms: number) => void (offset += ms),
    truth: () => START + counter - 5000,
    /** One act of recording, at the moment that counts. */
    records: () => {
      const at = time.held(clock())
      time.recorded(at)
      return at
    },
  }
}

test('a clock that is right is believed', () => {
  const it = machine()
  it.records()
  it.passes(HOUR_MS)
  expect(it.time.held(it.clock())).toBe(it.truth())
  expect(it.time.health()).toEqual({ ok: true, says: 'runs with the recorded times' })
  expect(it.told).toEqual([])
})

test('a clock that is set back a year changes nothing: time goes on at its true pace, and the warning is given once', () => {
  const it = machine()
  it.records()
  it.passes(HOUR_MS)
  it.sets(-YEAR)
  expect(it.records()).toBe(it.truth())
  it.passes(HOUR_MS)
  expect(it.records()).toBe(it.truth())
  expect(it.time.health()).toMatchObject({ ok: false, says: expect.stringMatching(/^the clock is 365 days behind/) })
  expect(it.told).toHaveLength(1)
  it.sets(YEAR)
  expect(it.records()).toBe(it.truth())
  expect(it.time.health().ok).toBe(true)
  expect(it.told).toHaveLength(2)
})

test('a small step back is waited out, so that a clock that is only corrected is soon right again', () => {
  const it = machine()
  const before = it.records()
  it.sets(-2000)
  expect(it.records()).toBe(before)
  it.passes(3000)
  expect(it.records()).toBe(it.clock())
  expect(it.told).toEqual([])
})

test('a clock that jumped ahead for a while leaves no trace when nothing was recorded meanwhile', () => {
  const it = machine()
  it.records()
  it.passes(1000)
  it.sets(400 * DAY_MS)
  it.time.held(it.clock())
  expect(it.told).toEqual([expect.stringMatching(/moved ahead by 400 days/)])
  it.sets(-400 * DAY_MS)
  it.passes(1000)
  expect(it.records()).toBe(it.truth())
  expect(it.time.health()).toEqual({ ok: true, says: 'runs with the recorded times' })
})

test('a server that starts with a clock behind its records goes on after the newest of them', () => {
  const it = machine()
  it.time.recorded(START + 400 * DAY_MS)
  it.passes(HOUR_MS)
  expect(it.records()).toBe(START + 400 * DAY_MS + HOUR_MS)
  expect(heldClock(it.time, () => new Date(it.clock()))().getTime()).toBe(START + 400 * DAY_MS + HOUR_MS)
})

test('whatever a clock does, no record is older than the one before', () => {
  const step = fc.record({ passes: fc.nat(10 * DAY_MS), sets: fc.integer({ min: -2 * YEAR, max: 2 * YEAR }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const it = machine()
      let last = it.records()
      for (const { passes, sets } of steps) {
        it.passes(passes)
        it.sets(sets)
        const at = it.records()
        expect(at).toBeGreaterThanOrEqual(last)
        last = at
      }
    }),
  )
})
