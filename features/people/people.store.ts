// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { newId } from '../../lib/ids.ts'
import { Refused } from '../../lib/refused.ts'
import type { Instant } from '../../lib/time.ts'
import { openLedger, recordAudit } from '../ledger/ledger.store.ts'
import { sideOf, type AccountSide, type PersonRole } from './roles.ts'

export interface PersonRow {
  readonly id: string
  /** Null once the person was erased. */
  readonly name: string | null
  readonly email: string | null
  readonly side: AccountSide
  readonly roles: readonly PersonRole[]
  readonly state: 'active' | 'disabled'
  readonly has_second_factor: boolean
  readonly created_at: Instant
  readonly seen_at: Instant | null
}

const PERSON = sql`
  a.id, p.name, p.email, a.side, case when a.disabled_at is null then 'active' else 'disabled' end as state,
  a.totp_secret is not null as has_second_factor, a.created_at,
  array(select r.role from account_role r
    where r.org_id = a.org_id and r.user_id = a.id and r.revoked_at is null order by r.role) as roles,
  (select max(s.seen_at) from session s where s.org_id = a.org_id and s.user_id = a.id and s.stage = 'open') as seen_at
  from account a left join person p on p.org_id = a.org_id and p.user_id = a.id`

/** Everybody of the organisation, in the order in which they joined. Asks for one row more than the page. */
export const listPeople = (tx: Tx, limit: number, after?: string): Promise<PersonRow[]> =>
  tx.rows<PersonRow>(sql`
    select ${PERSON}
    where a.org_id = ${tx.org} and a.id > ${after ?? ''}
    order by a.id limit ${limit + 1}`)

/** @throws Refused NOT_FOUND */
export async function getPerson(tx: Tx, id: string): Promise<PersonRow> {
  const row = await tx.maybe<PersonRow>(sql`select ${PERSON} where a.org_id = ${tx.org} and a.id = ${id}`)
  if (!row)
    throw new Refused('NOT_FOUND', `nobody here has the id ${id.slice(0, 40)}`, { status: 404, pointer: '/person' })
  return row
}

/** Makes changes to people of one organisation take turns, so that two cannot each remove the other as the last of a role. */
export async function takeTurns(tx: Tx): Promise<void> {
  await tx.run(sql`select pg_advisory_xact_lock(hashtextextended(${`people:${tx.org}`}, 0))`)
}

/** How many people who may sign in hold a role now. */
export async function countHolders(tx: Tx, role: PersonRole): Promise<number> {
  const { n } = await tx.one<{ n: number }>(sql`
    select count(*)::int as n from account_role r
    join account a on a.org_id = r.org_id and a.id = r.user_id and a.disabled_at is null
    where r.org_id = ${tx.org} and r.role = ${role} and r.revoked_at is null`)
  return n
}

/**
 * Who runs the programme: a compliance manager, else an administrator, who may sign in; `first` when several do, then the
 * one who joined first. `undefined` when there is none.
 */
export async function findLead(tx: Tx, first: string): Promise<string | undefined> {
  const row = await tx.maybe<{ id: string }>(sql`
    select a.id from account a
    join account_role r on r.org_id = a.org_id and r.user_id = a.id and r.revoked_at is null
    where a.org_id = ${tx.org} and a.disabled_at is null and r.role in ('compliance_manager', 'so_admin')
    order by r.role <> 'compliance_manager', a.id <> ${first}, a.id limit 1`)
  return row?.id
}

export interface Newcomer {
  readonly id: string
  readonly name: string
  /** In lower case. */
  readonly email: string
  readonly roles: readonly PersonRole[]
  /** In PHC form. */
  readonly password: string
}

/** Whether somebody of the organisation has this address, given in lower case. */
export const hasEmail = async (tx: Tx, email: string): Promise<boolean> =>
  (await tx.maybe(sql`select from person where org_id = ${tx.org} and email = ${email}`)) !== undefined

/** Makes an account with its person and roles. @throws Refused EMAIL_TAKEN, SIDES_APART */
export async function addPerson(tx: Tx, newcomer: Newcomer): Promise<void> {
  const { id, name, email, roles, password } = newcomer
  const side = sideOf(roles)
  if (await hasEmail(tx, email))
    throw new Refused('EMAIL_TAKEN', 'somebody of this organisation has this address already', {
      status: 409,
      pointer: '/email',
    })
  await tx.run(sql`
    insert into account (org_id, id, side, created_by, password, password_changed_at)
    values (${tx.org}, ${id}, ${side}, ${tx.actor}, ${password}, ${tx.now})`)
  await tx.run(sql`insert into person (org_id, user_id, name, email) values (${tx.org}, ${id}, ${name}, ${email})`)
  await recordAudit(tx, { event: 'person.joined', subject: id, details: { kind: side } })
  await grantRoles(tx, id, side, roles)
}

/** Grants roles, each with its audit record. */
export async function grantRoles(tx: Tx, id: string, side: AccountSide, roles: readonly PersonRole[]): Promise<void> {
  for (const role of roles) {
    await tx.run(sql`
      insert into account_role (org_id, user_id, side, role, granted_by)
      values (${tx.org}, ${id}, ${side}, ${role}, ${tx.actor})`)
    await recordAudit(tx, { event: 'role.granted', subject: id, details: { role } })
  }
}

/** Revokes roles, each with its audit record. */
export async function revokeRoles(tx: Tx, id: string, roles: readonly PersonRole[]): Promise<void> {
  for (const role of roles) {
    await tx.run(sql`
      update account_role set revoked_at = ${tx.now}, revoked_by = ${tx.actor}
      where org_id = ${tx.org} and user_id = ${id} and role = ${role} and revoked_at is null`)
    await recordAudit(tx, { event: 'role.revoked', subject: id, details: { role } })
  }
}

/** Shuts somebody out. */
export async function disableAccount(tx: Tx, id: string): Promise<void> {
  await tx.run(sql`
    update account set disabled_at = ${tx.now}, disabled_by = ${tx.actor} where org_id = ${tx.org} and id = ${id}`)
  await recordAudit(tx, { event: 'person.disabled', subject: id })
}

/** Lets somebody in again. */
export async function enableAccount(tx: Tx, id: string): Promise<void> {
  await tx.run(sql`update account set disabled_at = null, disabled_by = null where org_id = ${tx.org} and id = ${id}`)
  await recordAudit(tx, { event: 'person.enabled', subject: id })
}

/** Removes name, address and all that signs in; the pseudonym stays, because the ledger names it. */
export async function erasePerson(tx: Tx, id: string): Promise<void> {
  await tx.run(sql`delete from person where org_id = ${tx.org} and user_id = ${id}`)
  await tx.run(sql`delete from recovery_code where org_id = ${tx.org} and user_id = ${id}`)
  await tx.run(sql`delete from session where org_id = ${tx.org} and user_id = ${id}`)
  await tx.run(sql`
    update account set password = null, totp_secret = null, totp_pending = null where org_id = ${tx.org} and id = ${id}`)
  await recordAudit(tx, { event: 'person.erased', subject: id })
}

/** Makes the tenant of the transaction: its organisation row and its ledger. */
export async function foundOrganization(tx: Tx, name: string): Promise<void> {
  await tx.run(sql`insert into organization (org_id, name, created_at) values (${tx.org}, ${name}, ${tx.now})`)
  await openLedger(tx)
  await recordAudit(tx, { event: 'organization.created', subject: tx.org })
}

export const getOrganization = (tx: Tx): Promise<{ id: string; name: string }> =>
  tx.one(sql`select org_id as id, name from organization where org_id = ${tx.org}`)

export const newUserId = (at: number): string => newId('usr', at)
