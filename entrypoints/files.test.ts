// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from 'vitest'
import { evidenceActions } from '../features/evidence/evidence.actions.ts'
import { peopleActions } from '../features/people/people.actions.ts'
import { sql } from '../lib/db.ts'
import { json, openDoors, upload, type Doors, type Person } from '../test/door.ts'

const HTML = Buffer.from('<html><script>fetch("/api/v1/me.get")</script></html>')
let doors: Doors
let owner: Person
let collection: string
beforeAll(async () => {
  doors = await openDoors({ ...peopleActions, ...evidenceActions })
  owner = await doors.owner()
  collection = await attach(owner, 'Übersicht März.html', HTML)
})
afterAll(() => doors.close())

async function attach(by: Person, name: string, bytes: Buffer): Promise<string> {
  const { id } = json<{ id: string }>(await upload(by, name, bytes))
  return json<{ id: string }>(await by.command('evidence.attach', { upload: id, source: 'board meeting' })).id
}
const ask = async (by: Pick<Person, 'get'> = owner, of = collection, n: string | number = 1) =>
  await by.get(`/api/v1/files/${of}/${n}`)
const fetchFile = async (url: string, headers: Record<string, string> = {}) =>
  await doors.content.inject({ method: 'GET', url: new URL(url).pathname, headers })
const first = async (): Promise<number> =>
  await doors.world
    .tenant(
      (tx) => tx.one<{ n: number }>(sql`select min(n)::int as n from capture where collection_id = ${collection}`),
      await orgOf(),
    )
    .then(({ n }) => n)
const orgOf = async (): Promise<string> =>
  json<{ organization: { id: string } }>(await owner.query('me.get')).organization.id

test('a file is handed out on another host, as a download that no browser shows or runs', async () => {
  const offer = json<{ url: string; name: string; size_bytes: number }>(await ask(owner, collection, await first()))
  expect(new URL(offer.url).host).not.toBe(new URL(doors.world.config.publicUrl).host)
  expect(offer.size_bytes).toBe(HTML.length)
  const answer = await fetchFile(offer.url)
  expect(answer.statusCode).toBe(200)
  expect(answer.rawPayload.equals(HTML)).toBe(true)
  expect(answer.headers).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename="_bersicht M_rz.html"; filename*=UTF-8''%C3%9Cbersicht%20M%C3%A4rz.html`,
    'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  })
  expect(answer.headers['set-cookie']).toBeUndefined()
})

test('the address works once, also when two ask at the very same moment, and for a minute', async () => {
  const { url } = json<{ url: string }>(await ask(owner, collection, await first()))
  const answers = await Promise.all([fetchFile(url), fetchFile(url), fetchFile(url)])
  expect(answers.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b)).toEqual([200, 404, 404])
  const late = json<{ url: string }>(await ask(owner, collection, await first()))
  doors.world.clock.advance(61_000)
  expect((await fetchFile(late.url)).statusCode).toBe(404)
})

test('each download is in the audit trail, under the name of who asked', async () => {
  const before = await downloads()
  const { url } = json<{ url: string }>(await ask(owner, collection, await first()))
  expect(await downloads()).toHaveLength(before.length)
  await fetchFile(url)
  expect(await downloads()).toEqual([...before, { actor: owner.id, subject: collection }])
})

async function downloads(): Promise<{ actor: string; subject: string }[]> {
  return await doors.world.tenant(
    async (tx) =>
      await tx.rows(sql`select actor, subject from audit_event where event = 'file.downloaded' order by recorded_at`),
    await orgOf(),
  )
}

test('nobody gets an address without a session, a role that reads evidence, or a key with the scope', async () => {
  const n = await first()
  expect((await ask(doors.visitor(), collection, n)).statusCode).toBe(401)
  expect((await ask(await doors.join(owner, ['employee']), collection, n)).statusCode).toBe(403)
  const make = async (scopes: string[]) =>
    json<{ key: string }>(await owner.command('people.createKey', { name: 'k', scopes, days: 1 })).key
  expect((await ask(doors.visitor({ key: await make(['me.get']) }), collection, n)).statusCode).toBe(403)
  expect((await ask(doors.visitor({ key: await make(['evidence.get']) }), collection, n)).statusCode).toBe(200)
})

test.each([
  ['a number that is none', '999999999'],
  ['a number too large', '99999999999999999999'],
  ['no number', '1%20or%201=1'],
  ['a negative number', '-1'],
  ['a number of 4 kB', '1'.repeat(4096)],
])('%s is not found', async (_title, n) => {
  const answer = await ask(owner, collection, n)
  expect(answer.statusCode).toBe(404)
  expect(answer.headers['content-security-policy']).toContain("default-src 'none'")
})

test('an address that was made up, a HEAD, and another path open nothing', async () => {
  for (const path of [`/${'a'.repeat(43)}`, '/', '/index.html', '/..%2f..%2fetc%2fpasswd', `/${'a'.repeat(5000)}`]) {
    const answer = await doors.content.inject({ method: 'GET', url: path })
    expect(answer.statusCode, path).toBeGreaterThanOrEqual(400)
    expect(answer.headers['content-security-policy'], path).toContain('sandbox')
  }
  const { url } = json<{ url: string }>(await ask(owner, collection, await first()))
  expect((await doors.content.inject({ method: 'HEAD', url: new URL(url).pathname })).statusCode).toBe(404)
  expect((await fetchFile(url)).statusCode).toBe(200)
})
