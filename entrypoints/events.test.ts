// SPDX-License-Identifier: Apache-2.0
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { peopleActions } from '../features/people/people.actions.ts'
import { publish } from '../lib/events.ts'
import { json, openDoors, type Doors, type Person } from '../test/door.ts'
import { serveEvents } from './events.ts'

let doors: Doors
let owner: Person
let org: string
let url: string
beforeAll(async () => {
  doors = await openDoors(peopleActions, {
    before: (app, world) => serveEvents(app, world.connection('assay_app'), 50),
  })
  await doors.app.listen({ host: '127.0.0.1', port: 0 })
  url = `http://127.0.0.1:${(doors.app.server.address() as AddressInfo).port}/api/v1/events`
  owner = await doors.owner()
  org = json<{ organization: { id: string } }>(await owner.query('me.get')).organization.id
})
afterAll(() => doors.close())

/** An open page. `until` reads on until the text was heard; `ended` until the server hangs up. */
async function open(cookie: string | undefined) {
  const answer = await fetch(url, { headers: { cookie: `__Host-assay=${cookie}` } })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('text/event-stream')
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader() // an answer with status 200 has a body
  let heard = ''
  return {
    heard: () => heard,
    async until(text: string): Promise<void> {
      while (!heard.includes(text)) {
        const { value, done } = await reader.read()
        if (done) throw new Error(`hung up before "${text}"`)
        heard += value
      }
    },
    async ended(): Promise<void> {
      while (!(await reader.read()).done);
    },
  }
}

test('an open page hears what is committed in its own organisation, and nothing of another', async () => {
  const page = await open(owner.cookie)
  await page.until('listening')
  const other = await doors.world.organization('Another Company')
  await doors.world.tenant((tx) => publish(tx, 'task', { name: 'of another' }), other)
  await doors.world
    .tenant(async (tx) => {
      await publish(tx, 'task', { name: 'rolled back' })
      throw new Error('rolled back')
    }, org)
    .catch(() => undefined)
  await doors.world.tenant((tx) => publish(tx, 'task', { name: 'of ours' }), org)
  await page.until('event: task\ndata: {"name":"of ours"}\n\n')
  expect(page.heard()).not.toMatch(/another|rolled back/)
})

test('whoever signs out, or is shut out, hears nothing more', async () => {
  const person = await doors.join(owner, ['control_owner'])
  const again = await doors.signIn(person)
  const [first, second] = [await open(person.cookie), await open(again.cookie)]
  await first.until('listening')
  await person.post('/api/auth/sign-out')
  await first.ended()
  await second.until('still here')
  await owner.command('people.disable', { person: person.id })
  await second.ended()
})

test('nobody listens without a session, or without a role that reads', async () => {
  expect((await fetch(url)).status).toBe(401)
  const employee = await doors.join(owner, ['employee'])
  expect((await fetch(url, { headers: { cookie: `__Host-assay=${employee.cookie}` } })).status).toBe(403)
})
