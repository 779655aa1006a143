// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from 'vitest'
import { controlsActions } from '../../features/controls/controls.actions.ts'
import { systemActions } from '../../features/system/system.actions.ts'
import { tasksActions } from '../../features/tasks/tasks.actions.ts'
import { Refused } from '../../lib/refused.ts'
import { BORIS, givenProgramme, SCOPE } from '../programme.ts'
import { createWorld, type World } from '../world.ts'

/** Many people change one thing at the very same moment, each from what they saw: one is heard, the others are told. */

let world: World
beforeAll(async () => {
  world = await createWorld()
  await givenProgramme(world, { controls: ['IAM-02', 'IAM-03'], policies: false })
})
afterAll(() => world.close())

const PEOPLE = 12
/** How each ended: its answer's word, or the code of its refusal. */
async function atOnce(act: (who: number) => Promise<unknown>): Promise<string[]> {
  const ended = await Promise.allSettled(Array.from({ length: PEOPLE }, (_, i) => act(i)))
  return ended.map((end) => {
    if (end.status === 'fulfilled') return 'done'
    if (end.reason instanceof Refused) return `${end.reason.status} ${end.reason.code}`
    throw end.reason
  })
}
const oneOf = (code: string): string[] => [...Array.from({ length: PEOPLE - 1 }, () => `409 ${code}`), 'done']

test('of many new versions of a control that were written from the same one, one becomes the next', async () => {
  const ends = await atOnce((i) =>
    world.perform('controls.update', controlsActions['controls.update'], {
      control_id: 'IAM-02',
      based_on: 1,
      effective_from: '2026-03-02',
      because: `Better in the words of idea ${i}`,
      changes: { statement: `Everybody signs in with a second factor, idea ${i}.` },
    }),
  )
  expect(ends.toSorted()).toEqual(oneOf('CONTROL_CHANGED'))
})

test('of many new versions of the scope, one is the next, and it is approved once', async () => {
  const ends = await atOnce((i) =>
    world.perform('system.saveScope', systemActions['system.saveScope'], {
      based_on: 1,
      scope: { ...SCOPE, people: 30 + i },
    }),
  )
  expect(ends.toSorted()).toEqual(oneOf('SCOPE_CHANGED'))
  const boris = { ...world.actor(['executive']), id: BORIS }
  const approvals = await atOnce(() =>
    world.perform('system.approveScope', systemActions['system.approveScope'], { n: 2 }, boris),
  )
  expect(approvals.filter((end) => end === 'done')).toHaveLength(1)
})

test('of many changes to a task that were made from the same event, one is the next', async () => {
  const { id } = await world.perform('tasks.create', tasksActions['tasks.create'], {
    title: 'Contended',
    finding: 'Found by hand.',
    remediation: 'Mend it.',
  })
  const ends = await atOnce((i) =>
    world.perform('tasks.update', tasksActions['tasks.update'], { id, based_on: 1, remediation: `Way ${i}` }),
  )
  expect(ends.toSorted()).toEqual(oneOf('TASK_CHANGED'))
  await world.sequence()
  expect((await world.checkLedger()).is_intact).toBe(true)
})
