// SPDX-License-Identifier: Apache-2.0
import type { Database, Tx } from '../../lib/db.ts'
import { newId } from '../../lib/ids.ts'
import { Refused } from '../../lib/refused.ts'
import type { Clock } from '../../lib/time.ts'
import { newToken } from '../../lib/tokens.ts'
import { findInvitation, forgetAttempts, NOBODY, offerSetup, takeSetup, type SessionHolder } from './doors.store.ts'
import {
  confirmTotp,
  findFactors,
  recordRefusal,
  savePassword,
  sealPassword,
  setStep,
  startTotp,
  totpSecret,
  type Factors,
} from './factors.store.ts'
import { deadLink, linkInvitation, peekInvitation, takeInvitation, type Invitation } from './invitations.store.ts'
import { checkPassword, verifyPassword } from './passwords.ts'
import { addPerson, countHolders, foundOrganization, getPerson, newUserId, takeTurns } from './people.store.ts'
import { canInvite, OWNER_ROLES } from './roles.ts'
import { enrolment } from './second-factor.ts'
import { endSessionsOf, openSession, type Whence } from './sessions.store.ts'
import {
  LIMITS,
  proveSecondFactor,
  stageOf,
  stepAt,
  throttle,
  throttleProof,
  wrongCode,
  type Door,
  type Proof,
  type SignedIn,
} from './sign-in.actions.ts'

/**
 * The token of the one-time set-up link, while nobody has an account; undefined afterwards. A new start makes a new one
 * and the earlier link is worth nothing. The page is `<address>/setup#<token>`.
 */
export async function ensureSetupToken(db: Database): Promise<string | undefined> {
  const token = newToken()
  return (await db.tenant(NOBODY, (tx) => offerSetup(tx, token))) ? token : undefined
}

export interface SetUp {
  readonly token: string
  readonly organization: string
  readonly name: string
  readonly email: string
  readonly password: string
}

/**
 * First run: the organisation, its ledger and its owner come to be in one transaction, or none of them does.
 * @throws Refused SETUP_LINK, PASSWORD_*, TOO_MANY_TRIES
 */
export async function setUp(door: Door, clock: Clock, input: SetUp, from: Whence): Promise<SignedIn> {
  await throttle(door, `setup:${from.address}`, LIMITS.setup)
  checkPassword(input.password, [input.name, input.email, input.organization])
  const password = await sealPassword(input.password)
  const at = clock().getTime()
  const id = newUserId(at)
  const token = await door.db.tenant({ org: newId('org', at), actor: id }, async (tx) => {
    await takeSetup(tx, input.token)
    await foundOrganization(tx, input.organization)
    await addPerson(tx, {
      id,
      name: input.name,
      email: input.email.trim().toLowerCase(),
      roles: OWNER_ROLES,
      password,
    })
    return await openSession(tx, id, 'enrol', from)
  })
  return { token, stage: 'enrol' }
}

/** Whom a link is for. @throws Refused INVITATION_LINK, TOO_MANY_TRIES */
export async function readInvitation(door: Door, token: string, from: Whence) {
  await throttle(door, `invitation:${from.address}`, LIMITS.address)
  const found = await door.db.tenant(NOBODY, (tx) => findInvitation(tx, token), 'read')
  const seen =
    found &&
    (await door.db.tenant({ org: found.org_id, actor: 'anonymous' }, (tx) => peekInvitation(tx, found.id), 'read'))
  if (!seen) throw deadLink()
  return seen
}

/**
 * Joins by an invitation, or sets a new password by a link. The roles are asked for again now, of whoever invited: who
 * has lost the right to grant a role does not keep it in a link.
 * @throws Refused INVITATION_LINK, PASSWORD_*, EMAIL_TAKEN, TOO_MANY_TRIES
 */
export async function acceptInvitation(
  door: Door,
  clock: Clock,
  input: { readonly token: string; readonly password: string },
  from: Whence,
): Promise<SignedIn> {
  await throttle(door, `invitation:${from.address}`, LIMITS.address)
  const found = await door.db.tenant(NOBODY, (tx) => findInvitation(tx, input.token), 'read')
  if (!found) throw deadLink()
  const seen = await door.db.tenant(
    { org: found.org_id, actor: 'anonymous' },
    (tx) => peekInvitation(tx, found.id),
    'read',
  )
  checkPassword(input.password, [seen?.name ?? '', seen?.email ?? ''])
  const password = await sealPassword(input.password)
  const newcomer = newUserId(clock().getTime())
  return await door.db.tenant({ org: found.org_id, actor: newcomer }, async (tx) => {
    const invitation = await takeInvitation(tx, input.token)
    const person =
      invitation.purpose === 'join'
        ? await join(tx, invitation, newcomer, password)
        : await renewPassword(tx, invitation, password)
    const stage = stageOf(person)
    return { token: await openSession(tx, person.user_id, stage, from), stage }
  })
}

async function join(tx: Tx, invitation: Invitation, id: string, password: string): Promise<Factors> {
  await takeTurns(tx)
  const inviter = await getPerson(tx, invitation.invited_by)
  const partners = await countHolders(tx, 'engagement_partner')
  const mayStill = inviter.state === 'active' && invitation.roles.every((role) => canInvite(inviter, role, partners))
  if (!mayStill || invitation.name === null || invitation.email === null) throw deadLink()
  await addPerson(tx, { id, name: invitation.name, email: invitation.email, roles: invitation.roles, password })
  await linkInvitation(tx, invitation.id, id)
  return await mustFind(tx, id)
}

async function renewPassword(tx: Tx, invitation: Invitation, password: string): Promise<Factors> {
  const person = await mustFind(tx, invitation.user_id ?? '')
  await savePassword(tx, person.user_id, password)
  await endSessionsOf(tx, person.user_id, 'password')
  return person
}

async function mustFind(tx: Tx, id: string): Promise<Factors> {
  const person = await findFactors(tx, id)
  if (!person) throw deadLink()
  return person
}

/** Proves again what the person knows and has, for whoever is signed in already. */
export interface Again {
  readonly password?: string | undefined
  readonly code?: string | undefined
}

/**
 * Begins to enrol an authenticator: its secret as address, image and text. Who is signed in already proves the password,
 * and a code of the authenticator in force, again. @throws Refused WRONG_CREDENTIALS, WRONG_CODE, CODE_USED, SECOND_FACTOR_FIRST
 */
export async function startEnrolment(door: Door, holder: SessionHolder, again: Again) {
  if (holder.stage === 'second-factor')
    throw new Refused('SECOND_FACTOR_FIRST', 'expected the code of the present authenticator first', { status: 401 })
  if (holder.stage === 'open') await proveAgain(door, holder, again)
  return await inTenant(door, holder, async (tx) => {
    const person = await mustFind(tx, holder.user_id)
    return enrolment(await startTotp(tx, holder.user_id), person.email)
  })
}

/**
 * Ends enrolment with the first code. All other sessions end; this one goes on under a new token.
 * @throws Refused WRONG_CODE, NOT_ASKED
 */
export async function confirmEnrolment(
  door: Door,
  holder: SessionHolder,
  code: string,
  from: Whence,
): Promise<SignedIn & { readonly recovery_codes: readonly string[] }> {
  if (holder.stage === 'second-factor')
    throw new Refused('SECOND_FACTOR_FIRST', 'expected the code of the present authenticator first', { status: 401 })
  const bucket = await throttleProof(door, holder)
  const done = await inTenant(door, holder, async (tx) => {
    const secret = await totpSecret(tx, holder.user_id, 'pending')
    if (!secret)
      throw new Refused('NOT_ASKED', 'no authenticator waits for its first code; start again', { status: 409 })
    const step = stepAt(tx, secret, code)
    if (step === undefined) {
      await recordRefusal(tx, holder.user_id, 'totp', 'wrong')
      return undefined
    }
    await setStep(tx, holder.user_id, step)
    const recovery_codes = await confirmTotp(tx, holder.user_id)
    await endSessionsOf(tx, holder.user_id, 'second-factor')
    return { token: await openSession(tx, holder.user_id, 'open', from), stage: 'open' as const, recovery_codes }
  })
  if (!done) throw wrongCode('wrong')
  await door.db.tenant(NOBODY, (tx) => forgetAttempts(tx, bucket))
  return done
}

/** Changes the password. All sessions end; this browser goes on under a new token. @throws Refused as `startEnrolment`, PASSWORD_* */
export async function changePassword(
  door: Door,
  holder: SessionHolder,
  input: { readonly current: string; readonly password: string },
  from: Whence,
): Promise<SignedIn> {
  if (holder.stage !== 'open') throw new Refused('SIGN_IN_FIRST', 'expected somebody who is signed in', { status: 401 })
  await throttleProof(door, holder)
  const person = await inTenant(door, holder, (tx) => mustFind(tx, holder.user_id))
  checkPassword(input.password, [person.name, person.email])
  await provePassword(door, holder, person, input.current)
  const kept = await sealPassword(input.password)
  const token = await inTenant(door, holder, async (tx) => {
    await savePassword(tx, holder.user_id, kept)
    await endSessionsOf(tx, holder.user_id, 'password')
    return await openSession(tx, holder.user_id, 'open', from)
  })
  return { token, stage: 'open' }
}

async function proveAgain(door: Door, holder: SessionHolder, again: Again): Promise<void> {
  await throttleProof(door, holder)
  const person = await inTenant(door, holder, (tx) => mustFind(tx, holder.user_id))
  await provePassword(door, holder, person, again.password ?? '')
  if (!person.has_second_factor) return
  const proof: Proof = { code: again.code ?? '' }
  const fault = await inTenant(door, holder, (tx) => proveSecondFactor(tx, holder.user_id, proof))
  if (fault) throw wrongCode(fault)
}

async function provePassword(door: Door, holder: SessionHolder, person: Factors, password: string): Promise<void> {
  if (await verifyPassword(password, person.password)) return
  await inTenant(door, holder, (tx) => recordRefusal(tx, holder.user_id, 'password', 'wrong'))
  throw new Refused('WRONG_CREDENTIALS', 'the present password is wrong', { status: 401 })
}

const inTenant = <T>(door: Door, holder: SessionHolder, work: (tx: Tx) => Promise<T>): Promise<T> =>
  door.db.tenant({ org: holder.org_id, actor: holder.user_id }, work)
