// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BORIS, givenProgramme, goTo } from '../../test/programme.ts'
import { createWorld, type World } from '../../test/world.ts'
import { readinessActions } from './readiness.actions.ts'

let world: World
const executive = () => ({ ...world.actor(['executive']), id: BORIS })
const overview = (at: { asOf?: string; knownAt?: string } = {}) =>
  world.perform('readiness.overview', readinessActions['readiness.overview'], {}, world.actor(['oversight']), at)
const start = (input: object, who = executive()) =>
  world.perform('readiness.startWithHoles', readinessActions['readiness.startWithHoles'], input, who)
const because = 'Customers wait; CC7.5 is exercised in the first month, and the board knows.'

beforeAll(async () => {
  world = await createWorld({ start: '2025-12-20T12:00:00.000Z' })
  await givenProgramme(world, { controls: ['IAM-02', 'IAM-06'], from: '2025-12-01' })
})
afterAll(() => world.close())

describe('a period that starts with holes', () => {
  it('is decided by a management signatory who names every criterion without a working control', async () => {
    const { start_gate, start_decision } = await overview()
    expect(start_decision).toBeNull()
    const criteria = start_gate[0]?.missing ?? []
    expect(criteria).toContain('CC7.5')
    await expect(start({ criteria, because }, world.actor(['so_admin']))).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(start({ criteria: criteria.filter((id) => id !== 'CC7.5'), because })).rejects.toMatchObject({
      code: 'HOLE_NOT_NAMED',
      message: expect.stringContaining('CC7.5'),
    })
    await expect(start({ criteria, because: 'so what' })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    const { holes } = await start({ criteria, because })
    expect(holes.map((hole) => hole.missing)).toContainEqual(criteria)
    expect((await overview()).start_decision).toMatchObject({ because, holes, decided_by: BORIS })
  })

  it('stays on record, as of any day and as known on any other', async () => {
    goTo(world, '2026-02-01')
    const { start_gate, start_decision } = await overview()
    expect(start_gate).toEqual([])
    expect(start_decision).toMatchObject({ because, decided_by: BORIS })
    const before = { asOf: '2025-12-21T12:00:00.000Z', knownAt: '2025-12-20T11:00:00.000Z' }
    expect((await overview(before)).start_decision).toBeNull()
  })

  it('cannot be decided once the period runs', async () => {
    await expect(start({ criteria: [], because })).rejects.toMatchObject({ code: 'NOTHING_TO_DECIDE' })
  })
})
