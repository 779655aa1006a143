// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto'
import type { Role } from '../../lib/action.ts'
import { sql, type Tenant, type Tx } from '../../lib/db.ts'
import { Refused } from '../../lib/refused.ts'
import { tokenHash } from '../../lib/tokens.ts'
import type { AccountSide, PersonRole } from './roles.ts'

/** Who a transaction speaks for before anybody is known: no tenant, so it sees no row; only the door_* functions answer. */
export const NOBODY: Tenant = { org: '', actor: 'anonymous' }

export type Stage = 'second-factor' | 'enrol' | 'open'

export interface SessionHolder {
  readonly org_id: string
  readonly session_id: string
  readonly user_id: string
  readonly name: string
  readonly side: AccountSide
  readonly roles: readonly PersonRole[]
  readonly stage: Stage
  /** Whether it was seen within the last minute, so that not every request writes. */
  readonly is_seen: boolean
}

/** The living session of a cookie's token. */
export const findSession = (tx: Tx, token: string): Promise<SessionHolder | undefined> =>
  tx.maybe<SessionHolder>(sql`select * from door_session(${tokenHash(token)})`)

export interface KeyHolder {
  readonly org_id: string
  readonly key_id: string
  readonly user_id: string
  readonly name: string
  readonly roles: readonly Role[]
  readonly scopes: readonly string[]
  readonly is_seen: boolean
}

/** The living API key of an id and its secret. */
export const findKey = (tx: Tx, id: string, secret: string): Promise<KeyHolder | undefined> =>
  tx.maybe<KeyHolder>(sql`select * from door_key(${id}, ${tokenHash(secret)})`)

export interface AccountRef {
  readonly org_id: string
  readonly user_id: string
}

/** Accounts that an address may sign in to, oldest first, five at most. */
export const findAccounts = (tx: Tx, email: string): Promise<AccountRef[]> =>
  tx.rows<AccountRef>(sql`select org_id, user_id from door_accounts(${email})`)

/** The open invitation of a link's token. */
export const findInvitation = (tx: Tx, token: string): Promise<{ org_id: string; id: string } | undefined> =>
  tx.maybe(sql`select org_id, id from door_invitation(${tokenHash(token)})`)

/** Tenant and actor of a download ticket that is still good. */
export const findTicket = (tx: Tx, token: string): Promise<{ org_id: string; actor: string } | undefined> =>
  tx.maybe(sql`select org_id, actor from door_ticket(${tokenHash(token)})`)

/** Whether nobody has an account yet. */
export const isNew = async (tx: Tx): Promise<boolean> =>
  (await tx.one<{ is_new: boolean }>(sql`select door_is_new() as is_new`)).is_new

/** Puts a set-up link in the place of any earlier one; false when somebody has an account already. */
export const offerSetup = async (tx: Tx, token: string): Promise<boolean> =>
  (await tx.one<{ offered: boolean }>(sql`select door_offer_setup(${tokenHash(token)}) as offered`)).offered

/** Spends the set-up link. @throws Refused SETUP_LINK */
export async function takeSetup(tx: Tx, token: string): Promise<void> {
  const { taken } = await tx.one<{ taken: boolean }>(sql`select door_take_setup(${tokenHash(token)}) as taken`)
  if (!taken)
    throw new Refused(
      'SETUP_LINK',
      'expected the set-up link that the server printed at its last start; this one was used, replaced or mistyped',
      { status: 403, pointer: '/token' },
    )
}

/** How many tries a bucket allows within how many minutes. */
export interface Limit {
  readonly most: number
  readonly minutes: number
}

const bucketHash = (bucket: string): Buffer => hash('sha256', bucket, 'buffer')

/**
 * Counts one try. `wait_s` is 0 when it may go on. Must commit whatever comes of the try, so it needs its own transaction.
 * @param bucket what is tried and by whom; only its hash is kept
 */
export const countAttempt = (tx: Tx, bucket: string, limit: Limit): Promise<{ n: number; wait_s: number }> =>
  tx.one(sql`
    select n, wait_s from door_attempt(${bucketHash(bucket)}, ${limit.most}, make_interval(mins => ${limit.minutes}))`)

/** Forgets the tries of a bucket after a success. */
export async function forgetAttempts(tx: Tx, bucket: string): Promise<void> {
  await tx.run(sql`select door_forget_attempts(${bucketHash(bucket)})`)
}
