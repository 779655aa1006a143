// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from 'vitest'
import { json, openDoors, type Doors, type Person } from '../../test/door.ts'
import { sql } from '../../lib/db.ts'
import { peopleActions } from './people.actions.ts'
import { rescue } from './rescue.actions.ts'

let doors: Doors
let owner: Person
beforeAll(async () => {
  doors = await openDoors(peopleActions)
  owner = await doors.owner()
})
afterAll(() => doors.close())

test('the last administrator who lost everything is let in again from the machine, and the ledger tells', async () => {
  const org = json<{ organization: { id: string } }>(await owner.query('me.get')).organization.id
  const [link, ...others] = await rescue(doors.world.db, ' OLGA@company.test')
  expect(others).toEqual([])
  expect(link).toMatchObject({ organization: 'Test Company', path: expect.stringMatching(/^\/invitation#/) as string })
  expect((await owner.query('me.get')).statusCode).toBe(401)
  const browser = doors.visitor()
  const password = 'nine amber kettles hum'
  const token = link?.path.split('#')[1]
  expect(json(await browser.post('/api/auth/accept-invitation', { token, password }))).toEqual({ stage: 'enrol' })
  const { secret } = json<{ secret: string }>(await browser.post('/api/auth/totp/start'))
  json(await browser.post('/api/auth/totp/confirm', { code: doors.code(secret) }))
  expect(json(await browser.query('me.get'))).toMatchObject({ id: owner.id })
  const events = await doors.world.tenant(
    (tx) => tx.rows(sql`select actor, subject from audit_event where event = 'person.rescued'`),
    org,
  )
  expect(events).toEqual([{ actor: 'system', subject: owner.id }])
})

test('an address that nobody has gives nothing', async () => {
  expect(await rescue(doors.world.db, 'nobody@company.test')).toEqual([])
})
