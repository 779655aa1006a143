// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { json, openDoors, PASSWORD, type Doors, type Person } from '../../test/door.ts'
import { sql } from '../../lib/db.ts'
import { peopleActions } from './people.actions.ts'

let doors: Doors
let owner: Person
let org: string
beforeAll(async () => {
  doors = await openDoors(peopleActions)
  owner = await doors.owner()
  org = json<{ organization: { id: string } }>(await owner.query('me.get')).organization.id
})
afterAll(() => doors.close())

const codeOf = (answer: { json(): unknown }): string => (answer.json() as { code: string }).code
/** Every event of the organisation's audit trail, oldest first, as `event subject`. */
const trail = async (): Promise<{ event: string; actor: string; subject: string | null; details: object }[]> =>
  await doors.world.tenant(
    (tx) =>
      tx.rows(
        sql`select event, actor, subject, details from audit_event where org_id = ${tx.org} order by recorded_at`,
      ),
    org,
  )
describe('first run', () => {
  test('the owner is signed in with an authenticator, ten recovery codes and the management roles', async () => {
    expect(owner.recovery_codes).toHaveLength(10)
    expect(json(await owner.query('me.get'))).toMatchObject({
      side: 'management',
      roles: ['compliance_manager', 'executive', 'so_admin'],
      has_second_factor: true,
      organization: { name: 'Test Company' },
    })
  })

  test('the link opens once, and never while somebody has an account', async () => {
    const again = { token: 'x'.repeat(43), organization: 'B', name: 'B', email: 'b@b.test', password: PASSWORD }
    const answer = await doors.visitor().post('/api/auth/setup', again)
    expect([answer.statusCode, codeOf(answer)]).toEqual([403, 'SETUP_LINK'])
    expect(json(await doors.visitor().get('/api/auth/state'))).toEqual({ setup: false, session: null })
  })

  test('everything that happened is in the audit trail, with its leaf', async () => {
    const events = (await trail()).map(({ event }) => event)
    expect(events.slice(0, 8)).toEqual([
      'organization.created',
      'person.joined',
      'role.granted',
      'role.granted',
      'role.granted',
      'session.opened',
      'second-factor.started',
      'second-factor.enrolled',
    ])
  })
})

describe('signing in', () => {
  test('takes the password and a code, and then gives a new session', async () => {
    const browser = doors.visitor()
    const first = await browser.post('/api/auth/sign-in', { email: ' Olga@Company.test ', password: PASSWORD })
    expect(first.json()).toEqual({ stage: 'second-factor' })
    const waiting = browser.cookie
    expect((await browser.query('me.get')).statusCode).toBe(401)
    expect(json(await browser.post('/api/auth/second-factor', { code: doors.code(owner.secret, 2) }))).toEqual({
      stage: 'open',
    })
    expect(browser.cookie).not.toBe(waiting)
    expect((await browser.query('me.get')).statusCode).toBe(200)
    // The token from before the second factor is worth nothing now (fixation).
    expect((await doors.visitor({ cookie: waiting ?? '' }).get('/api/auth/state')).json()).toMatchObject({
      session: null,
    })
  })

  test('a planted cookie is not taken over', async () => {
    const planted = 'a'.repeat(43)
    const browser = doors.visitor({ cookie: planted })
    json(await browser.post('/api/auth/sign-in', { email: owner.email, password: PASSWORD }))
    expect(browser.cookie).not.toBe(planted)
    expect((await doors.visitor({ cookie: planted }).query('me.get')).statusCode).toBe(401)
  })

  test('the cookie is tied to the host, out of reach of scripts and of other sites', async () => {
    const answer = await doors.visitor().post('/api/auth/sign-in', { email: owner.email, password: PASSWORD })
    expect(answer.headers['set-cookie']).toMatch(
      /^__Host-assay=[A-Za-z0-9_-]{43}; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )
  })

  test('an unknown address, a wrong password and somebody shut out get the same answer', async () => {
    const out = await doors.join(owner, ['control_owner'])
    json(await owner.command('people.disable', { person: out.id }))
    const tries = [
      { email: 'nobody@company.test', password: PASSWORD },
      { email: owner.email, password: 'seven violet anchors sink' },
      { email: out.email, password: PASSWORD },
    ]
    const answers = []
    for (const body of tries) {
      const answer = await doors.visitor({ address: '203.0.113.9' }).post('/api/auth/sign-in', body)
      const { request_id: _, ...problem } = answer.json() as { request_id: string }
      answers.push({ status: answer.statusCode, problem, cookie: answer.headers['set-cookie'] })
    }
    expect(answers[0]).toMatchObject({ status: 401, problem: { code: 'WRONG_CREDENTIALS' }, cookie: undefined })
    expect(answers[1]).toEqual(answers[0])
    expect(answers[2]).toEqual(answers[0])
  })

  test('one code opens one door, also when two ask at the very same moment', async () => {
    const browsers = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const browser = doors.visitor()
        json(await browser.post('/api/auth/sign-in', { email: owner.email, password: PASSWORD }))
        return browser
      }),
    )
    const code = doors.code(owner.secret, 2)
    const answers = await Promise.all(browsers.map((browser) => browser.post('/api/auth/second-factor', { code })))
    expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1)
    expect(answers.filter((answer) => answer.statusCode === 401 && codeOf(answer) === 'CODE_USED')).toHaveLength(4)
  })

  test('a recovery code opens once, in the place of the authenticator', async () => {
    const [recovery_code] = owner.recovery_codes
    const first = doors.visitor()
    json(await first.post('/api/auth/sign-in', { email: owner.email, password: PASSWORD }))
    json(await first.post('/api/auth/second-factor', { recovery_code }))
    const second = doors.visitor()
    json(await second.post('/api/auth/sign-in', { email: owner.email, password: PASSWORD }))
    expect(codeOf(await second.post('/api/auth/second-factor', { recovery_code }))).toBe('WRONG_CODE')
  })

  test('too many wrong passwords from one place make it wait, and let the owner in from another', async () => {
    const target = await doors.join(owner, ['control_owner'])
    const attacker = { address: '198.51.100.7' }
    const wrong = { email: target.email, password: 'seven violet anchors sink' }
    for (let i = 0; i < 10; i++)
      expect((await doors.visitor(attacker).post('/api/auth/sign-in', wrong)).statusCode).toBe(401)
    const limited = await doors.visitor(attacker).post('/api/auth/sign-in', { ...wrong, password: PASSWORD })
    expect([limited.statusCode, codeOf(limited)]).toEqual([429, 'TOO_MANY_TRIES'])
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(60)
    const home = await doors.visitor({ address: '192.0.2.1' }).post('/api/auth/sign-in', {
      email: target.email,
      password: PASSWORD,
    })
    expect(home.statusCode).toBe(200)
    doors.world.clock.advance(16 * 60_000)
    expect((await doors.visitor(attacker).post('/api/auth/sign-in', { ...wrong, password: PASSWORD })).statusCode).toBe(
      200,
    )
    const refused = (await trail()).filter(({ event, subject }) => event === 'sign-in.refused' && subject === target.id)
    expect(refused.filter(({ details }) => 'reason' in details && details.reason === 'wrong')).toHaveLength(10)
    expect(refused.filter(({ details }) => 'reason' in details && details.reason === 'limit')).toHaveLength(1)
  }, 20_000)

  test('codes cannot be guessed: ten tries, then a wait', async () => {
    const victim = await doors.join(owner, ['executive'])
    const browser = doors.visitor()
    json(await browser.post('/api/auth/sign-in', { email: victim.email, password: PASSWORD }))
    for (let i = 0; i < 10; i++) await browser.post('/api/auth/second-factor', { code: '000000' })
    expect((await browser.post('/api/auth/second-factor', { code: doors.code(victim.secret, 2) })).statusCode).toBe(429)
  })
})

describe('a session', () => {
  test('is over after signing out, whoever kept its token', async () => {
    const browser = await doors.signIn(owner)
    const thief = doors.visitor({ cookie: browser.cookie ?? '' })
    expect((await thief.query('me.get')).statusCode).toBe(200)
    const answer = await browser.post('/api/auth/sign-out')
    expect(answer.headers['set-cookie']).toMatch(/^__Host-assay=; .*Secure/)
    expect((await thief.query('me.get')).statusCode).toBe(401)
  })

  test('is over after 30 idle minutes, and after 12 hours however busy', async () => {
    const idle = await doors.signIn(owner)
    doors.world.clock.advance(31 * 60_000)
    expect((await idle.query('me.get')).statusCode).toBe(401)
    const busy = await doors.signIn(owner)
    for (let minutes = 0; minutes < 12 * 60 - 20; minutes += 20) {
      doors.world.clock.advance(20 * 60_000)
      expect((await busy.query('me.get')).statusCode).toBe(200)
    }
    doors.world.clock.advance(20 * 60_000)
    expect((await busy.query('me.get')).statusCode).toBe(401)
    owner = await doors.signIn(owner)
  })

  test('is kept as a hash: no token that signs in is in the database', async () => {
    const browser = await doors.signIn(owner)
    const { rows } = await doors.world.owner.query<{ dump: string }>(
      `select string_agg(t::text, ' ') as dump from (
        select s::text as t from session s union all select i::text from invitation i union all select a::text from account a) d`,
    )
    expect(rows[0]?.dump).not.toContain(browser.cookie)
    expect(rows[0]?.dump).not.toContain(Buffer.from(browser.cookie ?? '').toString('hex'))
    expect(rows[0]?.dump).not.toContain(PASSWORD)
  })

  test('is listed to its owner, who may end it from elsewhere', async () => {
    const person = await doors.join(owner, ['executive'])
    const other = await doors.signIn(person)
    const { rows } = json<{ rows: { id: string; is_this: boolean }[] }>(await other.get('/api/auth/sessions'))
    const first = rows.find(({ is_this }) => !is_this)
    expect(rows.filter(({ is_this }) => is_this)).toHaveLength(1)
    expect((await owner.post('/api/auth/sessions/revoke', { session: first?.id })).statusCode).toBe(404)
    json(await other.post('/api/auth/sessions/revoke', { session: first?.id }))
    expect((await person.query('me.get')).statusCode).toBe(401)
    expect((await other.query('me.get')).statusCode).toBe(200)
  })

  test.each([
    [
      'the password changes',
      async (by: Person) =>
        await by.post('/api/auth/change-password', { current: PASSWORD, password: 'nine amber kettles hum' }),
    ],
    [
      'another authenticator is enrolled',
      async (by: Person) => {
        const started = json<{ secret: string }>(
          await by.post('/api/auth/totp/start', { password: PASSWORD, code: doors.code(by.secret, 2) }),
        )
        return await by.post('/api/auth/totp/confirm', { code: doors.code(started.secret) })
      },
    ],
  ])('ends everywhere else when %s, and goes on here under a new token', async (_title, change) => {
    const person = await doors.join(owner, ['executive'])
    const elsewhere = await doors.signIn(person)
    const before = person.cookie
    json(await change(person))
    expect(person.cookie).not.toBe(before)
    expect((await person.query('me.get')).statusCode).toBe(200)
    expect((await elsewhere.query('me.get')).statusCode).toBe(401)
    expect((await doors.visitor({ cookie: before ?? '' }).query('me.get')).statusCode).toBe(401)
  })

  test('changes neither password nor authenticator without what only its owner knows', async () => {
    const person = await doors.join(owner, ['executive'])
    expect(
      codeOf(
        await person.post('/api/auth/change-password', {
          current: 'wrong wrong wrong',
          password: 'nine amber kettles hum',
        }),
      ),
    ).toBe('WRONG_CREDENTIALS')
    expect(codeOf(await person.post('/api/auth/totp/start', {}))).toBe('WRONG_CREDENTIALS')
    expect(codeOf(await person.post('/api/auth/totp/start', { password: PASSWORD, code: '000000' }))).toBe('WRONG_CODE')
  })

  test('that owes a second factor enrols none in its place', async () => {
    const browser = doors.visitor()
    json(await browser.post('/api/auth/sign-in', { email: owner.email, password: PASSWORD }))
    expect(codeOf(await browser.post('/api/auth/totp/start', {}))).toBe('SECOND_FACTOR_FIRST')
    expect(codeOf(await browser.post('/api/auth/totp/confirm', { code: '000000' }))).toBe('SECOND_FACTOR_FIRST')
    expect((await browser.get('/api/auth/sessions')).statusCode).toBe(401)
    expect(
      (await browser.post('/api/auth/change-password', { current: PASSWORD, password: 'nine amber kettles hum' }))
        .statusCode,
    ).toBe(401)
  })
})
