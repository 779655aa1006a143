// SPDX-License-Identifier: Apache-2.0
import { tenantOf, type Actor } from '../../lib/action.ts'
import type { Tx } from '../../lib/db.ts'
import { Refused } from '../../lib/refused.ts'
import type { Services } from '../../lib/services.ts'
import { recordAudit } from '../ledger/ledger.store.ts'
import { parseKey } from './api-keys.ts'
import {
  countAttempt,
  findAccounts,
  findKey,
  findSession,
  forgetAttempts,
  isNew,
  NOBODY,
  type AccountRef,
  type Limit,
  type SessionHolder,
  type Stage,
} from './doors.store.ts'
import {
  countRecoveryCodes,
  findFactors,
  recordRefusal,
  savePassword,
  sealPassword,
  spendRecoveryCode,
  spendStep,
  totpSecret,
  type Factors,
} from './factors.store.ts'
import { touchKey } from './keys.store.ts'
import { isOutdated, verifyPassword } from './passwords.ts'
import { getOrganization } from './people.store.ts'
import { needsSecondFactor } from './roles.ts'
import { readRecoveryCode, stepOf } from './second-factor.ts'
import { endSession, openSession, touchSession, type Whence } from './sessions.store.ts'

/** What signing in needs of a server. */
export type Door = Pick<Services, 'db' | 'log'>

/** The cookie's new token, and how far its holder is. */
export interface SignedIn {
  readonly token: string
  readonly stage: Stage
}

export const LIMITS = {
  address: { most: 60, minutes: 15 },
  account: { most: 10, minutes: 15 },
  setup: { most: 10, minutes: 15 },
  denied: { most: 60, minutes: 1 },
} as const satisfies Record<string, Limit>

/** A refused sign-in is answered no sooner than this, so that what it did for a known account does not show. */
const REFUSED_AFTER_MS = 250

/** Counts a try. @throws Refused TOO_MANY_TRIES; `first` runs for the first try too many only. */
export async function throttle(
  door: Door,
  bucket: string,
  limit: Limit,
  first: () => Promise<void> = async () => undefined,
): Promise<void> {
  const { n, wait_s } = await door.db.tenant(NOBODY, (tx) => countAttempt(tx, bucket, limit))
  if (wait_s === 0) return
  if (n === limit.most + 1) await first()
  throw new Refused('TOO_MANY_TRIES', `expected at most ${limit.most} tries in ${limit.minutes} minutes, wait`, {
    status: 429,
    retry_after_s: wait_s,
  })
}

/** How far somebody is whose password was right. */
export const stageOf = (person: Pick<Factors, 'has_second_factor' | 'roles'>): Stage =>
  person.has_second_factor ? 'second-factor' : needsSecondFactor(person.roles) ? 'enrol' : 'open'

/**
 * The first step: address and password. A person of several organisations with the same password is asked which one.
 * Unknown address, wrong password and disabled account are one answer after the same work.
 * @throws Refused WRONG_CREDENTIALS, TOO_MANY_TRIES
 */
export async function signIn(
  door: Door,
  input: { readonly email: string; readonly password: string; readonly organization?: string | undefined },
  from: Whence,
): Promise<SignedIn | { readonly organizations: readonly { id: string; name: string }[] }> {
  const began = performance.now()
  const email = input.email.trim().toLowerCase()
  const bucket = `sign-in:${email}:${from.address}`
  await throttle(door, `sign-in:${from.address}`, LIMITS.address)
  const refs = await door.db.tenant(NOBODY, (tx) => findAccounts(tx, email), 'read')
  await throttle(door, bucket, LIMITS.account, () => recordForAll(door, refs, 'limit'))
  const matching = await matchingAccounts(door, refs, input.password)
  const chosen = matching.filter(({ ref }) => input.organization === undefined || ref.org_id === input.organization)
  const [match] = chosen
  if (!match) {
    await recordForAll(door, refs, 'wrong')
    if (refs.length === 0) door.log.warn({ address: from.address }, 'sign-in with an unknown address')
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, began + REFUSED_AFTER_MS - performance.now())))
    throw new Refused('WRONG_CREDENTIALS', 'the address or the password is wrong', { status: 401 })
  }
  await door.db.tenant(NOBODY, (tx) => forgetAttempts(tx, bucket))
  if (chosen.length > 1) return { organizations: await organizationsOf(door, chosen) }
  const { ref, person } = match
  const stage = stageOf(person)
  const fresh = isOutdated(person.password ?? '') ? await sealPassword(input.password) : undefined
  const token = await door.db.tenant({ org: ref.org_id, actor: ref.user_id }, async (tx) => {
    if (fresh !== undefined) await savePassword(tx, ref.user_id, fresh, true)
    return await openSession(tx, ref.user_id, stage, from)
  })
  return { token, stage }
}

interface Match {
  readonly ref: AccountRef
  readonly person: Factors
}

async function matchingAccounts(door: Door, refs: readonly AccountRef[], password: string): Promise<Match[]> {
  const matching: Match[] = []
  if (refs.length === 0) await verifyPassword(password, null)
  for (const ref of refs) {
    const person = await door.db.tenant(
      { org: ref.org_id, actor: ref.user_id },
      (tx) => findFactors(tx, ref.user_id),
      'read',
    )
    if ((await verifyPassword(password, person?.password ?? null)) && person) matching.push({ ref, person })
  }
  return matching
}

async function recordForAll(door: Door, refs: readonly AccountRef[], reason: 'wrong' | 'limit'): Promise<void> {
  for (const { org_id, user_id } of refs)
    await door.db.tenant({ org: org_id, actor: 'anonymous' }, (tx) => recordRefusal(tx, user_id, 'password', reason))
}

const organizationsOf = (door: Door, matches: readonly Match[]): Promise<{ id: string; name: string }[]> =>
  Promise.all(
    matches.map(({ ref }) => door.db.tenant({ org: ref.org_id, actor: ref.user_id }, getOrganization, 'read')),
  )

/** A code of the authenticator, or a recovery code. */
export type Proof = { readonly code: string } | { readonly recovery_code: string }

/**
 * Takes a proof of the second factor, once, and counts it; run in the transaction of what the proof is for.
 * Undefined when it is good, else why not, of which the ledger is told.
 */
export async function proveSecondFactor(tx: Tx, user_id: string, proof: Proof): Promise<'wrong' | 'used' | undefined> {
  if ('recovery_code' in proof) {
    const code = readRecoveryCode(proof.recovery_code)
    if (code !== undefined && (await spendRecoveryCode(tx, user_id, code))) return undefined
    await recordRefusal(tx, user_id, 'recovery-code', 'wrong')
    return 'wrong'
  }
  const secret = await totpSecret(tx, user_id, 'in-force')
  const step = secret && stepAt(tx, secret, proof.code)
  if (step !== undefined && (await spendStep(tx, user_id, step))) return undefined
  const reason = step === undefined ? 'wrong' : 'used'
  await recordRefusal(tx, user_id, 'totp', reason)
  return reason
}

/** The step that a code proves. Devices keep their own time, so the clock is believed first, wherever records are. */
export const stepAt = (tx: Tx, secret: Buffer, code: string): number | undefined =>
  stepOf(secret, code, new Date(tx.clock)) ?? stepOf(secret, code, new Date(tx.now))

/** @param pointer the field that holds the code */
export const wrongCode = (reason: 'wrong' | 'used', pointer: '/code' | '/recovery_code' = '/code'): Refused =>
  reason === 'used'
    ? new Refused('CODE_USED', 'this code was used already; wait for the next one', { status: 401, pointer })
    : new Refused('WRONG_CODE', 'the code is wrong, or the clock of the device is off by more than half a minute', {
        status: 401,
        pointer,
      })

/** The second step. Opens a new session in the place of the waiting one. @throws Refused WRONG_CODE, CODE_USED, TOO_MANY_TRIES */
export async function secondFactor(door: Door, holder: SessionHolder, proof: Proof, from: Whence): Promise<SignedIn> {
  if (holder.stage !== 'second-factor')
    throw new Refused('NOT_ASKED', 'no second factor is asked for now', { status: 409 })
  const bucket = await throttleProof(door, holder)
  const done = await door.db.tenant(tenantOf(actorOfSession(holder)), async (tx) => {
    const fault = await proveSecondFactor(tx, holder.user_id, proof)
    if (fault) return fault
    await endSession(tx, { id: holder.session_id, user_id: holder.user_id }, 'next-step')
    return { token: await openSession(tx, holder.user_id, 'open', from) }
  })
  if (typeof done === 'string') throw wrongCode(done, 'code' in proof ? '/code' : '/recovery_code')
  await door.db.tenant(NOBODY, (tx) => forgetAttempts(tx, bucket))
  return { token: done.token, stage: 'open' }
}

/** Counts a try at what only the person can know; for the whole account, because codes are short. */
export async function throttleProof(door: Door, holder: SessionHolder): Promise<string> {
  const bucket = `second-factor:${holder.org_id}:${holder.user_id}`
  await throttle(door, bucket, LIMITS.account, () =>
    door.db.tenant({ org: holder.org_id, actor: 'anonymous' }, (tx) =>
      recordRefusal(tx, holder.user_id, 'totp', 'limit'),
    ),
  )
  return bucket
}

export async function signOut(door: Door, holder: SessionHolder): Promise<void> {
  await door.db.tenant(tenantOf(actorOfSession(holder)), (tx) =>
    endSession(tx, { id: holder.session_id, user_id: holder.user_id }, 'sign-out'),
  )
}

/** The session of a cookie, at whatever stage. Asking does not keep it alive. */
export async function peekHolder(door: Door, token: string | undefined): Promise<SessionHolder | undefined> {
  if (token === undefined || !/^[A-Za-z0-9_-]{43}$/.test(token)) return undefined
  return await door.db.tenant(NOBODY, (tx) => findSession(tx, token), 'read')
}

/** The session of a cookie, at whatever stage; marks it as used. */
export async function holderOf(door: Door, token: string | undefined): Promise<SessionHolder | undefined> {
  const holder = await peekHolder(door, token)
  if (holder && !holder.is_seen)
    await door.db.tenant(tenantOf(actorOfSession(holder)), (tx) => touchSession(tx, holder.session_id))
  return holder
}

export const actorOfSession = (holder: SessionHolder): Actor => ({
  org: holder.org_id,
  id: holder.user_id,
  name: holder.name,
  roles: holder.roles,
})

/** Whom an API key speaks for. @throws Refused BAD_KEY */
export async function actorOfKey(door: Door, text: string): Promise<Actor> {
  const parts = parseKey(text)
  const holder = parts && (await door.db.tenant(NOBODY, (tx) => findKey(tx, parts.id, parts.secret), 'read'))
  if (!holder)
    throw new Refused('BAD_KEY', 'expected an API key that is whole, not expired and not revoked', { status: 401 })
  const actor: Actor = {
    org: holder.org_id,
    id: holder.user_id,
    via: holder.key_id,
    name: holder.name,
    roles: holder.roles,
    scopes: holder.scopes,
  }
  if (!holder.is_seen) await door.db.tenant(tenantOf(actor), (tx) => touchKey(tx, holder.key_id))
  return actor
}

/** Tells the ledger of a permission that was refused. @throws Refused TOO_MANY_TRIES when somebody keeps asking */
export async function recordDenied(door: Door, actor: Actor, operation: string): Promise<void> {
  await throttle(door, `denied:${actor.org}:${actor.id}`, LIMITS.denied)
  await door.db.tenant(tenantOf(actor), (tx) => recordAudit(tx, { event: 'permission.denied', details: { operation } }))
}

/** What a page needs before it knows anything. */
export interface AuthState {
  /** Whether nobody has an account yet. */
  readonly setup: boolean
  readonly session: {
    readonly stage: Stage
    readonly user: { readonly id: string; readonly name: string; readonly email: string }
    readonly organization: { readonly id: string; readonly name: string }
    readonly side: string
    readonly roles: readonly string[]
    readonly second_factor: {
      readonly required: boolean
      readonly enrolled: boolean
      readonly recovery_codes_left: number
    }
  } | null
}

export async function authState(door: Door, holder: SessionHolder | undefined): Promise<AuthState> {
  if (!holder) return { setup: await door.db.tenant(NOBODY, isNew, 'read'), session: null }
  return await door.db.tenant(
    tenantOf(actorOfSession(holder)),
    async (tx) => {
      const person = await findFactors(tx, holder.user_id)
      if (!person) return { setup: false, session: null }
      return {
        setup: false,
        session: {
          stage: holder.stage,
          user: { id: holder.user_id, name: person.name, email: person.email },
          organization: await getOrganization(tx),
          side: holder.side,
          roles: holder.roles,
          second_factor: {
            required: needsSecondFactor(holder.roles),
            enrolled: person.has_second_factor,
            recovery_codes_left: await countRecoveryCodes(tx, holder.user_id),
          },
        },
      }
    },
    'read',
  )
}
