// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { json, openDoors, PASSWORD, type Doors, type Person, type Visitor } from '../../test/door.ts'
import { peopleActions } from './people.actions.ts'

let doors: Doors
let owner: Person
beforeAll(async () => {
  doors = await openDoors(peopleActions)
  owner = await doors.owner()
})
afterAll(() => doors.close())

const problem = (answer: { statusCode: number; json(): unknown }): [number, string] => [
  answer.statusCode,
  (answer.json() as { code: string }).code,
]
const tokenOf = (link: { path: string }): string => link.path.split('#')[1] ?? ''
const invite = async (by: Visitor, roles: string[], email = `i${Math.floor(performance.now() * 1000)}@company.test`) =>
  await by.command('people.invite', { name: 'Ida Invited', email, roles })

describe('an invitation', () => {
  test('opens once, and the account has exactly the roles it named', async () => {
    const link = json<{ path: string }>(await invite(owner, ['control_owner', 'oversight']))
    expect(link.path).toMatch(/^\/invitation#[A-Za-z0-9_-]{43}$/)
    expect(json(await doors.visitor().post('/api/auth/invitation', { token: tokenOf(link) }))).toMatchObject({
      purpose: 'join',
      name: 'Ida Invited',
    })
    const guest = doors.visitor()
    expect(json(await guest.post('/api/auth/accept-invitation', { token: tokenOf(link), password: PASSWORD }))).toEqual(
      {
        stage: 'open',
      },
    )
    expect(json(await guest.query('me.get'))).toMatchObject({ roles: ['control_owner', 'oversight'] })
    const again = await doors
      .visitor()
      .post('/api/auth/accept-invitation', { token: tokenOf(link), password: PASSWORD })
    expect(problem(again)).toEqual([403, 'INVITATION_LINK'])
  })

  test('makes one account when it is used twice at the same moment', async () => {
    const link = json<{ path: string }>(await invite(owner, ['control_owner']))
    const accept = () =>
      doors.visitor().post('/api/auth/accept-invitation', { token: tokenOf(link), password: PASSWORD })
    const answers = await Promise.all([accept(), accept(), accept()])
    expect(answers.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b)).toEqual([200, 403, 403])
  })

  test('is over after seven days and once it is withdrawn', async () => {
    const old = json<{ path: string }>(await invite(owner, ['control_owner']))
    const withdrawn = json<{ id: string; path: string }>(await invite(owner, ['control_owner']))
    expect(json<{ rows: { id: string }[] }>(await owner.query('people.invitations')).rows).toContainEqual(
      expect.objectContaining({ id: withdrawn.id }),
    )
    json(await owner.command('people.revokeInvitation', { invitation: withdrawn.id }))
    const accept = async (link: { path: string }) =>
      problem(await doors.visitor().post('/api/auth/accept-invitation', { token: tokenOf(link), password: PASSWORD }))
    expect(await accept(withdrawn)).toEqual([403, 'INVITATION_LINK'])
    doors.world.clock.advance(7 * 86_400_000)
    expect(await accept(old)).toEqual([403, 'INVITATION_LINK'])
    owner = await doors.signIn(owner)
  })

  test('grants nothing that its maker may no longer grant', async () => {
    const second = await doors.join(owner, ['so_admin'])
    const link = json<{ path: string }>(await invite(second, ['so_admin']))
    json(await owner.command('people.setRoles', { person: second.id, roles: ['control_owner'] }))
    const answer = await doors
      .visitor()
      .post('/api/auth/accept-invitation', { token: tokenOf(link), password: PASSWORD })
    expect(problem(answer)).toEqual([403, 'INVITATION_LINK'])
  })

  test('cannot be made for more than its maker may grant, nor for two sides', async () => {
    const manager = await doors.join(owner, ['compliance_manager'])
    expect(problem(await invite(manager, ['so_admin']))).toEqual([403, 'CANNOT_GRANT'])
    expect(problem(await invite(manager, ['engagement_partner']))).toEqual([403, 'CANNOT_GRANT'])
    expect(problem(await invite(owner, ['executive', 'engagement_partner']))).toEqual([422, 'SIDES_APART'])
    expect(problem(await invite(owner, ['audit_staff']))).toEqual([403, 'CANNOT_GRANT'])
    const plain = await doors.join(owner, ['control_owner'])
    expect(problem(await invite(plain, ['control_owner']))).toEqual([403, 'FORBIDDEN'])
  })

  test('is seen and withdrawn by those who could have made it, and by an administrator', async () => {
    const partner = await doors.join(owner, ['engagement_partner'])
    const ours = json<{ id: string }>(await invite(owner, ['executive']))
    const theirs = json<{ id: string }>(await invite(partner, ['audit_staff']))
    const seen = json<{ rows: { id: string }[] }>(await partner.query('people.invitations')).rows.map(({ id }) => id)
    expect(seen).toEqual([theirs.id])
    expect(problem(await partner.command('people.revokeInvitation', { invitation: ours.id }))).toEqual([
      404,
      'NOT_FOUND',
    ])
    expect((await owner.command('people.revokeInvitation', { invitation: theirs.id })).statusCode).toBe(200)
    json(await owner.command('people.disable', { person: partner.id }))
  })

  test('to somebody who is here already is refused', async () => {
    expect(problem(await invite(owner, ['control_owner'], owner.email.toUpperCase()))).toEqual([409, 'EMAIL_TAKEN'])
  })
})

describe('roles', () => {
  test('change for others only, end their sessions, and count from the next request', async () => {
    const person = await doors.join(owner, ['control_owner'])
    expect(problem(await person.command('people.setRoles', { person: person.id, roles: ['so_admin'] }))).toEqual([
      403,
      'FORBIDDEN',
    ])
    expect(problem(await owner.command('people.setRoles', { person: owner.id, roles: ['so_admin'] }))).toEqual([
      403,
      'OWN_ROLES',
    ])
    json(await owner.command('people.setRoles', { person: person.id, roles: ['compliance_manager'] }))
    expect((await person.query('me.get')).statusCode).toBe(401)
    // The new role asks for a second factor, which the next sign-in enrols.
    const browser = doors.visitor()
    expect(json(await browser.post('/api/auth/sign-in', { email: person.email, password: PASSWORD }))).toEqual({
      stage: 'enrol',
    })
    expect((await browser.query('me.get')).statusCode).toBe(401)
  })

  test('of one organisation are never of both sides, whatever the database is told', async () => {
    const person = await doors.join(owner, ['control_owner'])
    const insert = doors.world.owner.query(
      `insert into account_role (org_id, user_id, side, role, granted_by)
       select org_id, id, 'auditor', 'audit_staff', 'usr_x' from account where id = $1`,
      [person.id],
    )
    await expect(insert).rejects.toThrow(/foreign key/)
  })

  test('are kept as history that nobody changes', async () => {
    const person = await doors.join(owner, ['control_owner'])
    await expect(doors.world.owner.query(`delete from account_role where user_id = $1`, [person.id])).rejects.toThrow(
      /append-only/,
    )
    await expect(
      doors.world.owner.query(`update account_role set role = 'so_admin' where user_id = $1`, [person.id]),
    ).rejects.toThrow(/append-only/)
  })

  test('of the last administrator stay, also when two administrators remove each other at once', async () => {
    const other = await doors.join(owner, ['so_admin'])
    const third = await doors.join(owner, ['so_admin'])
    json(await other.command('people.setRoles', { person: owner.id, roles: ['executive'] }))
    const both = await Promise.all([
      other.command('people.disable', { person: third.id }),
      third.command('people.disable', { person: other.id }),
    ])
    expect(both.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1)
    const left = both[0]?.statusCode === 200 ? other : third
    json(await left.command('people.setRoles', { person: owner.id, roles: ['so_admin', 'executive'] }))
    owner = await doors.signIn(owner)
  })

  test('of the audit firm are its partner’s to give', async () => {
    const partner = await doors.join(owner, ['engagement_partner'])
    const staff = await doors.join(partner, ['audit_staff'])
    expect(problem(await owner.command('people.setRoles', { person: staff.id, roles: ['audit_manager'] }))).toEqual([
      403,
      'CANNOT_GRANT',
    ])
    json(await partner.command('people.setRoles', { person: staff.id, roles: ['audit_manager'] }))
    expect(problem(await partner.command('people.disable', { person: owner.id }))).toEqual([403, 'CANNOT_GRANT'])
    for (const taken of ['people.resetPassword', 'people.resetSecondFactor', 'people.enable'])
      expect(problem(await owner.command(taken, { person: partner.id }))).toEqual([403, 'CANNOT_GRANT'])
    expect(problem(await invite(owner, ['engagement_partner']))).toEqual([403, 'CANNOT_GRANT'])
  })
})

describe('access', () => {
  test('ends at once for somebody who is shut out: sessions, keys and sign-in', async () => {
    const person = await doors.join(owner, ['control_owner'])
    const { key } = json<{ key: string }>(
      await person.command('people.createKey', { name: 'script', scopes: ['me.get'], days: 30 }),
    )
    const script = doors.visitor({ key })
    expect((await script.query('me.get')).statusCode).toBe(200)
    json(await owner.command('people.disable', { person: person.id }))
    expect((await person.query('me.get')).statusCode).toBe(401)
    expect((await script.query('me.get')).statusCode).toBe(401)
    expect(
      (await doors.visitor().post('/api/auth/sign-in', { email: person.email, password: PASSWORD })).statusCode,
    ).toBe(401)
    json(await owner.command('people.enable', { person: person.id }))
    // A key that leaked is no way back in: whoever returns makes another.
    expect((await script.query('me.get')).statusCode).toBe(401)
  })

  test('a new password by link leaves the second factor in force', async () => {
    const person = await doors.join(owner, ['executive'])
    const link = json<{ path: string }>(await owner.command('people.resetPassword', { person: person.id }))
    const browser = doors.visitor()
    const password = 'nine amber kettles hum'
    expect(json(await browser.post('/api/auth/accept-invitation', { token: tokenOf(link), password }))).toEqual({
      stage: 'second-factor',
    })
    expect((await browser.query('me.get')).statusCode).toBe(401)
    expect((await person.query('me.get')).statusCode).toBe(401)
    expect(
      (await doors.visitor().post('/api/auth/sign-in', { email: person.email, password: PASSWORD })).statusCode,
    ).toBe(401)
  })

  test('a lost authenticator is removed by somebody else, and another is enrolled', async () => {
    const person = await doors.join(owner, ['executive'])
    expect(problem(await owner.command('people.resetSecondFactor', { person: owner.id }))).toEqual([403, 'OWN_ACCESS'])
    json(await owner.command('people.resetSecondFactor', { person: person.id }))
    const answer = await doors.visitor().post('/api/auth/sign-in', { email: person.email, password: PASSWORD })
    expect(json(answer)).toEqual({ stage: 'enrol' })
  })

  test('who was shut out can be erased: the pseudonym stays, the name is nowhere', async () => {
    const person = await doors.join(owner, ['control_owner'], 'Quintus Quoll')
    expect(problem(await owner.command('people.erase', { person: person.id }))).toEqual([409, 'STILL_ACTIVE'])
    json(await owner.command('people.disable', { person: person.id }))
    json(await owner.command('people.erase', { person: person.id }))
    const { rows } = json<{ rows: { id: string; name: string | null }[] }>(
      await owner.query('people.list', { limit: 500 }),
    )
    expect(rows).toContainEqual(expect.objectContaining({ id: person.id, name: null, email: null }))
    const tables = await doors.world.owner.query<{ t: string }>(
      `select table_name as t from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
    )
    for (const { t } of tables.rows) {
      const found = await doors.world.owner.query(`select from ${t} x where x::text ilike '%quoll%' limit 1`)
      expect(found.rowCount, t).toBe(0)
    }
  })
})

describe('an API key', () => {
  test('does what its scopes and its maker’s roles allow, until it expires or is revoked', async () => {
    const { key, id } = json<{ key: string; id: string }>(
      await owner.command('people.createKey', { name: 'ci', scopes: ['people.list', 'people.revokeKey'], days: 1 }),
    )
    const script = doors.visitor({ key })
    expect((await script.query('people.list')).statusCode).toBe(200)
    expect(problem(await script.query('me.get'))).toEqual([403, 'FORBIDDEN'])
    const rows = json<{ rows: { id: string; seen_at: string | null }[] }>(await owner.query('people.keys')).rows
    expect(rows.find((row) => row.id === id)?.seen_at).not.toBeNull()
    expect((await script.command('people.revokeKey', { key: id })).statusCode).toBe(200)
    expect(problem(await script.query('people.list'))).toEqual([401, 'BAD_KEY'])
    const short = json<{ key: string }>(
      await owner.command('people.createKey', { name: 'x', scopes: ['me.*'], days: 1 }),
    )
    expect((await doors.visitor({ key: short.key }).query('me.get')).statusCode).toBe(200)
    doors.world.clock.advance(86_400_000)
    expect((await doors.visitor({ key: short.key }).query('me.get')).statusCode).toBe(401)
    owner = await doors.signIn(owner)
  })

  test('is its person to every rule, and the trail names the key besides', async () => {
    const { key, id } = json<{ key: string; id: string }>(
      await owner.command('people.createKey', { name: 'mine', scopes: ['me.get', 'people.revokeKey'], days: 1 }),
    )
    const script = doors.visitor({ key })
    expect(json(await script.query('me.get'))).toMatchObject({ id: owner.id, by: 'key' })
    json(await script.command('people.revokeKey', { key: id }))
    const { rows } = await doors.world.owner.query<{ actor: string; via: string }>(
      `select actor, details ->> 'via' as via from audit_event where event = 'key.revoked' and subject = $1`,
      [id],
    )
    expect(rows).toEqual([{ actor: owner.id, via: id }])
  })

  test('never changes who may enter, and makes no other key', async () => {
    const { key } = json<{ key: string }>(
      await owner.command('people.createKey', { name: 'all', scopes: ['people.*'], days: 1 }),
    )
    const script = doors.visitor({ key })
    expect(problem(await invite(script, ['so_admin']))).toEqual([403, 'PERSON_ONLY'])
    expect(problem(await script.command('people.createKey', { name: 'b', scopes: ['me.*'], days: 1 }))).toEqual([
      403,
      'PERSON_ONLY',
    ])
    expect(problem(await script.command('people.setRoles', { person: owner.id, roles: ['so_admin'] }))).toEqual([
      403,
      'PERSON_ONLY',
    ])
  })

  test('is never without scopes, without an end, or for everything', async () => {
    const make = async (input: object) => (await owner.command('people.createKey', { name: 'k', ...input })).statusCode
    expect(await make({ scopes: [], days: 1 })).toBe(400)
    expect(await make({ scopes: ['me.get'] })).toBe(400)
    expect(await make({ scopes: ['me.get'], days: 367 })).toBe(400)
    expect(await make({ scopes: ['*'], days: 1 })).toBe(422)
  })

  test('of somebody else is not to be revoked, unless by an administrator', async () => {
    const [a, b] = [await doors.join(owner, ['control_owner']), await doors.join(owner, ['control_owner'])]
    const { id } = json<{ id: string }>(await a.command('people.createKey', { name: 'a', scopes: ['me.get'], days: 1 }))
    expect(problem(await b.command('people.revokeKey', { key: id }))).toEqual([404, 'NOT_FOUND'])
    expect(json<{ rows: { id: string }[] }>(await b.query('people.keys')).rows).toEqual([])
    expect((await owner.command('people.revokeKey', { key: id })).statusCode).toBe(200)
  })

  test('that was mistyped, shortened or made up opens nothing', async () => {
    for (const key of ['assay_x', 'assay_' + '0'.repeat(26) + '_' + 'a'.repeat(43) + '00000000', 'Bearer'])
      expect(problem(await doors.visitor({ key }).query('me.get'))).toEqual([401, 'BAD_KEY'])
    const basic = await doors.visitor().get('/api/v1/me.get', { authorization: 'Basic YTpi' })
    expect(problem(basic)).toEqual([401, 'BAD_KEY'])
  })
})
