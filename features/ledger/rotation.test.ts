// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { keysInForce, standingOf } from './rotation.ts'

const key = (purpose: 'log' | 'collector', recorded_at: string) => ({ purpose, recorded_at })
const states = (keys: readonly ReturnType<typeof key>[], now: string) =>
  standingOf(keys, now).map(({ state, until }) => [state, until])

describe('a key that was replaced', () => {
  const logs = [key('log', '2026-01-01T00:00:00.000Z'), key('log', '2026-04-01T00:00:00.000Z')]

  it('of the log signs along for ninety days and then no more', () => {
    const until = '2026-06-30T00:00:00.000Z'
    expect(states(logs, '2026-06-29T23:59:59.999Z')).toEqual([
      ['signing along', until],
      ['in force', null],
    ])
    expect(states(logs, until)).toEqual([
      ['retired', until],
      ['in force', null],
    ])
    expect(keysInForce(logs, '2026-05-01T00:00:00.000Z')).toEqual(logs)
    expect(keysInForce(logs, until)).toEqual(logs.slice(1))
  })

  it('of a collector retires at once', () => {
    const collectors = [key('collector', '2026-01-01T00:00:00.000Z'), key('collector', '2026-04-01T00:00:00.000Z')]
    expect(states(collectors, '2026-04-01T00:00:00.001Z')).toEqual([
      ['retired', '2026-04-01T00:00:00.000Z'],
      ['in force', null],
    ])
  })

  it('is in force while nothing replaced it, however long', () => {
    expect(states(logs.slice(0, 1), '2036-01-01T00:00:00.000Z')).toEqual([['in force', null]])
  })
})
