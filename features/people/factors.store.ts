// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto'
import { sql, type Tx } from '../../lib/db.ts'
import { decrypt, encrypt } from '../../lib/sealing.ts'
import { tokenHash } from '../../lib/tokens.ts'
import { recordAudit } from '../ledger/ledger.store.ts'
import { hashPassword } from './passwords.ts'
import type { PersonRole } from './roles.ts'
import { recoveryCode, RECOVERY_CODES } from './second-factor.ts'

/** What somebody signs in with. */
export interface Factors {
  readonly user_id: string
  readonly name: string
  readonly email: string
  readonly roles: readonly PersonRole[]
  readonly password: string | null
  readonly has_second_factor: boolean
}

/** Factors of a person who may sign in. */
export const findFactors = (tx: Tx, user_id: string): Promise<Factors | undefined> =>
  tx.maybe<Factors>(sql`
    select a.id as user_id, p.name, p.email, a.password, a.totp_secret is not null as has_second_factor,
      array(select r.role from account_role r
        where r.org_id = a.org_id and r.user_id = a.id and r.revoked_at is null order by r.role) as roles
    from account a join person p on p.org_id = a.org_id and p.user_id = a.id
    where a.org_id = ${tx.org} and a.id = ${user_id} and a.disabled_at is null`)

/** A password as it is kept. */
export const sealPassword = (password: string): Promise<string> => hashPassword(password, randomBytes(16))

/** Keeps a new hash; `isSame` when the password is the old one under today's cost, of which nothing has to be told. */
export async function savePassword(tx: Tx, user_id: string, kept: string, isSame = false): Promise<void> {
  await tx.run(sql`
    update account set password = ${kept}, password_changed_at = case when ${isSame} then password_changed_at else ${tx.now} end
    where org_id = ${tx.org} and id = ${user_id}`)
  if (!isSame) await recordAudit(tx, { event: 'password.changed', subject: user_id })
}

/** Makes a secret that waits for its first code, in the place of any other that waits. */
export async function startTotp(tx: Tx, user_id: string): Promise<Buffer> {
  const secret = randomBytes(20)
  await tx.run(sql`
    update account set totp_pending = ${encrypt(tx.kek, secret)} where org_id = ${tx.org} and id = ${user_id}`)
  await recordAudit(tx, { event: 'second-factor.started', subject: user_id })
  return secret
}

/** The authenticator's secret: the one in force, or the one that waits. Locks the account's row. */
export async function totpSecret(tx: Tx, user_id: string, which: 'in-force' | 'pending'): Promise<Buffer | undefined> {
  const row = await tx.maybe<{ sealed: Buffer | null }>(sql`
    select ${which === 'pending' ? sql`totp_pending` : sql`totp_secret`} as sealed
    from account where org_id = ${tx.org} and id = ${user_id} for update`)
  return row?.sealed ? decrypt(tx.kek, row.sealed) : undefined
}

/** Takes a step of the clock, once: false when it, or a later one, was taken before. Decided by the statement itself. */
export async function spendStep(tx: Tx, user_id: string, step: number): Promise<boolean> {
  return (
    (await tx.run(sql`
      update account set totp_last_step = ${step}
      where org_id = ${tx.org} and id = ${user_id} and totp_last_step < ${step}`)) === 1
  )
}

/** Marks the step of an authenticator's first code as taken; its secret is new, so no earlier step can have been. */
export async function setStep(tx: Tx, user_id: string, step: number): Promise<void> {
  await tx.run(sql`update account set totp_last_step = ${step} where org_id = ${tx.org} and id = ${user_id}`)
}

/** Puts the waiting secret in force and gives ten new recovery codes, the only time they are seen. */
export async function confirmTotp(tx: Tx, user_id: string): Promise<string[]> {
  await tx.run(sql`
    update account set totp_secret = totp_pending, totp_pending = null
    where org_id = ${tx.org} and id = ${user_id} and totp_pending is not null`)
  const codes = Array.from({ length: RECOVERY_CODES }, () => recoveryCode(randomBytes(10)))
  await tx.run(sql`delete from recovery_code where org_id = ${tx.org} and user_id = ${user_id}`)
  await tx.run(sql`
    insert into recovery_code (org_id, user_id, code_sha256)
    select ${tx.org}, ${user_id}, code from unnest(${codes.map((code) => codeHash(user_id, code))}::bytea[]) code`)
  await recordAudit(tx, { event: 'second-factor.enrolled', subject: user_id, details: { method: 'totp' } })
  return codes
}

/** Spends a recovery code, once. */
export async function spendRecoveryCode(tx: Tx, user_id: string, code: string): Promise<boolean> {
  return (
    (await tx.run(sql`
      update recovery_code set used_at = ${tx.now}
      where org_id = ${tx.org} and user_id = ${user_id} and code_sha256 = ${codeHash(user_id, code)} and used_at is null`)) ===
    1
  )
}

export async function countRecoveryCodes(tx: Tx, user_id: string): Promise<number> {
  const { n } = await tx.one<{ n: number }>(sql`
    select count(*)::int as n from recovery_code
    where org_id = ${tx.org} and user_id = ${user_id} and used_at is null`)
  return n
}

/** Takes the second factor away, for somebody who lost it; the next sign-in enrols another. */
export async function removeSecondFactor(tx: Tx, user_id: string): Promise<void> {
  await tx.run(sql`
    update account set totp_secret = null, totp_pending = null where org_id = ${tx.org} and id = ${user_id}`)
  await tx.run(sql`delete from recovery_code where org_id = ${tx.org} and user_id = ${user_id}`)
  await recordAudit(tx, { event: 'second-factor.removed', subject: user_id })
}

/** Tells the ledger of a step of signing in that failed; nobody is signed in, so the actor is `anonymous`. */
export async function recordRefusal(
  tx: Tx,
  user_id: string,
  method: 'password' | 'totp' | 'recovery-code',
  reason: 'wrong' | 'used' | 'limit',
): Promise<void> {
  await recordAudit(tx, { event: 'sign-in.refused', subject: user_id, details: { method, reason } })
}

const codeHash = (user_id: string, code: string): Buffer => tokenHash(`${user_id}:${code}`)
