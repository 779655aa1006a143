// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { givenProgramme, goTo } from '../test/programme.ts'
import { createWorld, type World } from '../test/world.ts'
import { readClocks, settleClocks } from './moments.ts'

describe('the two clocks of a request', () => {
  test('are days or moments', () => {
    expect(readClocks({})).toEqual({})
    expect(readClocks({ asOf: '', knownAt: '2026-03-03' })).toEqual({ knownAt: '2026-03-03' })
    expect(readClocks({ asOf: '2026-03-03T01:00+01:00' })).toEqual({ asOf: '2026-03-03T00:00:00.000Z' })
  })

  test.each([
    'yesterday',
    '3',
    '2026-02-30',
    '2026-03-03T00:00:00',
    '99999-01-01',
    '-000001-01-01T00:00:00Z',
    '+275760-09-13T00:00:00Z',
    '0001-01-01',
    '2200-01-01',
    ['2026-03-03', '2026-03-04'],
  ])('are never %s', (asOf) => {
    expect(() => readClocks({ asOf })).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT', status: 400, pointer: '/asOf' }),
    )
  })
})

describe('a day', () => {
  let world: World
  beforeAll(async () => void (world = await createWorld()))
  afterAll(() => world.close())
  const settle = (clocks: { asOf?: string; knownAt?: string }) => world.tenant((tx) => settleClocks(tx, clocks))

  test('is one of UTC before anything is scoped, and ends in the zone of the engagement from then on', async () => {
    goTo(world, '2026-02-10')
    expect(await settle({ asOf: '2026-01-31' })).toMatchObject({ asOf: '2026-01-31T23:59:59.999Z' })
    await givenProgramme(world, { controls: ['GOV-01'], policies: false })
    expect(await settle({ asOf: '2026-01-31', knownAt: '2026-02-01T00:00:00.000Z' })).toEqual({
      asOf: '2026-01-31T22:59:59.999Z',
      knownAt: '2026-02-01T00:00:00.000Z',
    })
  })

  test('that has not ended is now', async () => {
    const now = '2026-02-10T12:00:00.000Z'
    expect(await settle({ asOf: '2026-02-10', knownAt: '2026-05-01' })).toEqual({ asOf: now, knownAt: now })
    expect(await settle({})).toEqual({ asOf: now, knownAt: now })
  })
})
