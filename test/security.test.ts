// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { actions } from '../features/index.ts'
import type { Action } from '../lib/action.ts'
import { sql } from '../lib/db.ts'
import { json, openDoors, PASSWORD, upload, type Doors, type Person } from './door.ts'

/** What the HTTP door refuses of everybody, whatever the operation (design of trust: T13–T19, T22, T30). */

let doors: Doors
let owner: Person
beforeAll(async () => {
  doors = await openDoors(actions)
  owner = await doors.owner()
})
afterAll(() => doors.close())

const problem = (answer: { statusCode: number; json(): unknown }): [number, string] => [
  answer.statusCode,
  (answer.json() as { code: string }).code,
]
const commands = Object.entries(actions as Readonly<Record<string, Action>>).filter(
  ([, { kind }]) => kind === 'command',
)

describe('every answer of the API', () => {
  test('is not kept, not guessed at, not framed, and runs nothing', async () => {
    for (const path of ['/api/auth/state', '/api/v1/me.get', '/api/v1/nothing.here', '/api/openapi.json']) {
      const { headers } = await owner.get(path)
      expect(headers, path).toMatchObject({
        'content-security-policy':
          "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox",
        'x-content-type-options': 'nosniff',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      })
      expect(headers['access-control-allow-origin'], path).toBeUndefined()
      expect(headers['strict-transport-security'], path).toBeUndefined()
    }
  })

  test('that refuses is a problem with a type, a title, a status and the id under which it was logged', async () => {
    const answer = await doors.visitor().query('me.get')
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.json()).toMatchObject({
      type: 'urn:assay:problem:sign-in-first',
      title: 'Sign in first',
      status: 401,
      request_id: answer.headers['x-request-id'],
    })
  })

  test('is the same to a stranger for every operation: sign in first', async () => {
    for (const [name, { kind }] of Object.entries(actions as Readonly<Record<string, Action>>)) {
      const stranger = doors.visitor()
      const answer = kind === 'query' ? await stranger.query(name) : await stranger.command(name)
      expect(problem(answer), name).toEqual([401, 'SIGN_IN_FIRST'])
    }
  })
})

describe('a question or a command', () => {
  test.each([
    ['a misspelt parameter', '/api/v1/controls.list?limit=1', '/limit'],
    ['an input that comes twice', '/api/v1/controls.list?input=[1&input=2]', '/input'],
    ['a clock that comes twice', '/api/v1/controls.list?asOf=2026-01-01&asOf=2026-01-02', '/asOf'],
  ])('that would be heard otherwise than it was meant is refused with its place: %s', async (_title, url, pointer) => {
    const answer = await owner.get(url)
    expect([...problem(answer), (answer.json() as { pointer: string }).pointer]).toEqual([
      400,
      'INVALID_INPUT',
      pointer,
    ])
  })

  test('asked by the other method is told the right one', async () => {
    const asked = await owner.post('/api/v1/controls.list?x=1')
    expect([...problem(asked), asked.headers['allow']]).toEqual([405, 'WRONG_METHOD', 'GET'])
    const told = await owner.get('/api/v1/controls.adopt')
    expect([...problem(told), told.headers['allow']]).toEqual([405, 'WRONG_METHOD', 'POST'])
    const out = await owner.get('/api/auth/sign-out')
    expect([...problem(out), out.headers['allow']]).toEqual([405, 'WRONG_METHOD', 'POST'])
    const told404 = await owner.get('/api/v1/toString')
    expect([...problem(told404), told404.headers['allow']]).toEqual([404, 'UNKNOWN_OPERATION', undefined])
    expect(out.headers['content-type']).toMatch(/^application\/problem\+json/)
  })

  test('of a stranger is answered with the way to say who one is', async () => {
    expect((await doors.visitor().query('me.get')).headers['www-authenticate']).toBe('Bearer')
  })
})

describe('a request from another site', () => {
  test.each([
    ['another origin', { origin: 'https://evil.test' }],
    ['an origin that hides', { origin: 'null' }],
    ['the same host on another port', { origin: 'http://localhost:4801' }],
    ['a name that begins like ours', { origin: 'http://localhost.evil.test' }],
    ['another site, as the browser says', { 'sec-fetch-site': 'cross-site' }],
    ['a sister site, as the browser says', { 'sec-fetch-site': 'same-site' }],
    ['ours by origin but not by what the browser says', { origin: 'http://localhost', 'sec-fetch-site': 'cross-site' }],
  ])('acts for nobody: %s', async (_title, headers) => {
    const { 0: name } = commands[0] ?? ['']
    expect(problem(await owner.post(`/api/v1/${name}`, {}, headers))).toEqual([403, 'FOREIGN_ORIGIN'])
    expect(problem(await owner.post('/api/auth/sign-out', {}, headers))).toEqual([403, 'FOREIGN_ORIGIN'])
    expect((await owner.query('me.get')).statusCode).toBe(200)
  })

  test('from our own page goes through', async () => {
    const headers = { origin: 'http://localhost', host: 'localhost', 'sec-fetch-site': 'same-origin' }
    const answer = await owner.post('/api/v1/people.createKey', { name: 'k', scopes: ['me.get'], days: 1 }, headers)
    expect(answer.statusCode).toBe(200)
  })

  test('no query changes anything: a link does nothing', async () => {
    for (const [name] of commands) expect((await owner.get(`/api/v1/${name}`)).statusCode, name).toBe(405)
  })

  test('a forwarding header of anybody but a known proxy says nothing', async () => {
    const stranger = doors.visitor({ address: '203.0.113.50' })
    for (let i = 0; i < 61; i++)
      await stranger.post('/api/auth/invitation', { token: 'x' }, { 'x-forwarded-for': `198.51.100.${i}` })
    const limited = await stranger.post('/api/auth/invitation', { token: 'x' }, { 'x-forwarded-for': '192.0.2.200' })
    expect(problem(limited)).toEqual([429, 'TOO_MANY_TRIES'])
    const answer = await owner.post(
      '/api/v1/people.createKey',
      {},
      { origin: 'https://evil.test', 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'https' },
    )
    expect(problem(answer)).toEqual([403, 'FOREIGN_ORIGIN'])
  })
})

describe('a body', () => {
  test('with a field that the operation does not know is refused by every operation', async () => {
    for (const [name] of commands) {
      const answer = await owner.command(name, { surprise: 1 })
      expect(answer.statusCode, name).toBe(400)
    }
    for (const path of ['setup', 'sign-in', 'invitation', 'accept-invitation', 'sign-out'])
      expect((await doors.visitor().post(`/api/auth/${path}`, { surprise: 1 })).statusCode, path).toBe(400)
  })

  test('that is no JSON object is refused by every operation', async () => {
    for (const [name] of commands)
      for (const payload of ['[]', '"text"', '1', 'null', '{', '{"a":1,"a":2}']) {
        const answer = await post(name, payload, 'application/json')
        expect([400, 422], `${name} ${payload}`).toContain(answer.statusCode)
      }
  })

  test('in another form than JSON is not understood', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml'])
      expect((await post('people.createKey', 'name=k', type)).statusCode, type).toBe(415)
    const form = 'multipart/form-data; boundary=x'
    expect((await post('people.createKey', '--x--', form)).statusCode).toBe(415)
  })

  test('over a megabyte is refused', async () => {
    const answer = await post('people.createKey', JSON.stringify({ name: 'x'.repeat(1_100_000) }), 'application/json')
    expect(answer.statusCode).toBe(413)
  })

  test('never reaches the prototype of anything', async () => {
    const keys = fc.constantFrom('__proto__', 'constructor', 'prototype', 'name', 'scopes')
    const bodies = fc.dictionary(keys, fc.oneof(fc.jsonValue(), fc.dictionary(keys, fc.constant({ polluted: true }))))
    await fc.assert(
      fc.asyncProperty(
        bodies,
        fc.constantFrom('people.createKey', 'people.setRoles', 'system.saveScope'),
        async (body, name) => {
          const text = JSON.stringify(body).replace(/^\{/, '{"__proto__":{"polluted":true},')
          const answer = await post(name, text.replace(/,\}$/, '}'), 'application/json')
          expect(answer.statusCode).toBe(400)
          expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
        },
      ),
      { numRuns: 40 },
    )
    const input = encodeURIComponent('{"__proto__":{"polluted":true}}')
    expect((await owner.get(`/api/v1/people.list?input=${input}`)).statusCode).toBe(400)
  })

  const post = async (name: string, payload: string, type: string) =>
    await doors.app.inject({
      method: 'POST',
      url: `/api/v1/${name}`,
      headers: { cookie: `__Host-assay=${owner.cookie}`, 'content-type': type },
      payload,
    })
})

describe('an uploaded file', () => {
  test.each([
    ['a path', '../../../../etc/passwd'],
    ['a Windows path', 'C:\\Windows\\win.ini'],
    ['a NUL', 'report\0.pdf'],
    ['a mark that turns the direction of text', 'invoice\u202Efdp.exe'],
    ['4 kB', 'n'.repeat(4096)],
    ['a line break', 'a\r\nContent-Type: text/html'],
  ])('with %s in its name keeps its bytes under a name of ours', async (_title, name) => {
    const answer = await upload(owner, name, Buffer.from('plain words'))
    const kept = json<{ id: string; name: string; size_bytes: number; media_type: string }>(answer)
    expect(kept).toMatchObject({ size_bytes: 11, media_type: 'text/plain' })
    expect(kept.id).toMatch(/^upl_[0-9a-z]{26}$/)
    expect(kept.name).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(kept.name.length).toBeLessThanOrEqual(255)
  })

  test('is what its bytes say, not what its name or its sender says', async () => {
    const png = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex')
    expect(json<{ media_type: string }>(await upload(owner, 'a.txt', png)).media_type).toBe('image/png')
    const zip = Buffer.concat([Buffer.from('504b0304', 'hex'), Buffer.alloc(60)])
    expect(json<{ media_type: string }>(await upload(owner, 'a.pdf', zip)).media_type).toBe('application/zip')
    const bytes = Buffer.from([0, 1, 2, 3, 254, 255])
    expect(json<{ media_type: string }>(await upload(owner, 'a.csv', bytes)).media_type).toBe(
      'application/octet-stream',
    )
  })

  test('that is empty or too large is refused and not kept', async () => {
    const small = await openDoors(actions, { config: { maxUploadMb: 1 } })
    try {
      const person = await small.owner()
      expect(problem(await upload(person, 'empty.csv', Buffer.alloc(0)))).toEqual([422, 'FILE_EMPTY'])
      expect(problem(await upload(person, 'big.csv', Buffer.alloc(1024 * 1024 + 1, 'a')))).toEqual([
        413,
        'FILE_TOO_LARGE',
      ])
    } finally {
      await small.close()
    }
  })

  test('comes from the management side only, and by a key only with the scope for it', async () => {
    const partner = await doors.join(owner, ['engagement_partner'])
    const employee = await doors.join(owner, ['employee'])
    const key = json<{ key: string }>(
      await owner.command('people.createKey', { name: 'k', scopes: ['controls.*'], days: 1 }),
    ).key
    for (const by of [partner, employee, doors.visitor({ key })])
      expect(problem(await upload(by, 'a.csv', Buffer.from('a,b')))).toEqual([403, 'FORBIDDEN'])
    expect((await upload(doors.visitor(), 'a.csv', Buffer.from('a,b'))).statusCode).toBe(401)
  })
})

describe('a refused permission', () => {
  test('is in the audit trail, with who asked for what', async () => {
    const employee = await doors.join(owner, ['employee'])
    expect(problem(await employee.query('people.list'))).toEqual([403, 'FORBIDDEN'])
    const org = json<{ organization: { id: string } }>(await owner.query('me.get')).organization.id
    const denied = await doors.world.tenant(
      (tx) =>
        tx.rows(
          sql`select actor, details from audit_event where event = 'permission.denied' and actor = ${employee.id}`,
        ),
      org,
    )
    expect(denied).toEqual([{ actor: employee.id, details: { operation: 'people.list' } }])
  })

  test('asked for again and again has to wait, so that nobody fills the ledger', async () => {
    const employee = await doors.join(owner, ['employee'])
    const codes = new Set<number>()
    for (let i = 0; i < 65; i++) codes.add((await employee.query('people.list')).statusCode)
    expect([...codes]).toEqual([403, 429])
  })

  test('says nothing of what there would be', async () => {
    const employee = await doors.join(owner, ['employee'])
    expect((await employee.query('people.list')).body).not.toContain(owner.email)
  })
})

test('a log line is one line, whatever the caller calls itself', async () => {
  const agent = 'curl\r\n{"level":"fatal"}\u001b[31m'
  const visitor = doors.visitor()
  await visitor.post('/api/auth/sign-in', { email: owner.email, password: PASSWORD }, { 'user-agent': agent })
  const { rows } = await doors.world.owner.query<{ agent: string }>(
    `select agent from session where agent like 'curl%' order by created_at desc limit 1`,
  )
  expect(rows[0]?.agent).toMatch(/^[\x20-\x7e]+$/)
})
