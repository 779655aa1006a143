// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from 'vitest'
import { json, openDoors, PASSWORD, type Doors, type Person } from '../../test/door.ts'
import { peopleActions } from './people.actions.ts'

let doors: Doors
let owner: Person
beforeAll(async () => {
  doors = await openDoors(peopleActions)
  owner = await doors.owner()
})
afterAll(() => doors.close())

test('the owner of the first run is signed in with an authenticator and ten recovery codes', async () => {
  expect(owner.recovery_codes).toHaveLength(10)
  const me = json<{ roles: string[]; side: string }>(await owner.query('me.get'))
  expect(me).toMatchObject({ side: 'management', roles: ['compliance_manager', 'executive', 'so_admin'] })
})
