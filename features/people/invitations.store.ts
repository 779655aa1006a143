// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { newId } from '../../lib/ids.ts'
import { Refused } from '../../lib/refused.ts'
import { DAY_MS, instant, type Instant } from '../../lib/time.ts'
import { newToken, tokenHash } from '../../lib/tokens.ts'
import { recordAudit } from '../ledger/ledger.store.ts'
import type { PersonRole } from './roles.ts'

export const INVITATION_DAYS = 7

/** A link that is given out once. Its token is in the fragment, which browsers never send. */
export interface Link {
  readonly id: string
  readonly path: string
  readonly expires_at: Instant
}

/** Invites somebody to join. */
export async function invite(
  tx: Tx,
  guest: { readonly name: string; readonly email: string; readonly roles: readonly PersonRole[] },
): Promise<Link> {
  const link = await saveLink(tx, { purpose: 'join', user_id: null, ...guest })
  for (const role of guest.roles)
    await recordAudit(tx, {
      event: 'invitation.made',
      subject: link.id,
      details: { role, expires_at: link.expires_at },
    })
  return link
}

/** Lets somebody who forgot it set a new password. Their second factor stays. */
export async function offerPassword(tx: Tx, user_id: string): Promise<Link> {
  await tx.run(sql`
    update invitation set revoked_at = ${tx.now}
    where org_id = ${tx.org} and user_id = ${user_id} and purpose = 'password' and used_at is null and revoked_at is null`)
  const link = await saveLink(tx, { purpose: 'password', user_id, name: null, email: null, roles: [] })
  await recordAudit(tx, {
    event: 'password.reset-offered',
    subject: user_id,
    details: { id: link.id, expires_at: link.expires_at },
  })
  return link
}

async function saveLink(
  tx: Tx,
  row: {
    readonly purpose: 'join' | 'password'
    readonly user_id: string | null
    readonly name: string | null
    readonly email: string | null
    readonly roles: readonly PersonRole[]
  },
): Promise<Link> {
  const token = newToken()
  const id = newId('inv', Date.parse(tx.now))
  const expires_at = instant(Date.parse(tx.now) + INVITATION_DAYS * DAY_MS)
  await tx.run(sql`
    insert into invitation (org_id, id, token_sha256, purpose, user_id, name, email, roles, invited_by, expires_at)
    values (${tx.org}, ${id}, ${tokenHash(token)}, ${row.purpose}, ${row.user_id}, ${row.name}, ${row.email},
      ${[...row.roles]}::text[], ${tx.actor}, ${expires_at})`)
  return { id, path: `/invitation#${token}`, expires_at }
}

export interface Invitation {
  readonly id: string
  readonly purpose: 'join' | 'password'
  readonly user_id: string | null
  readonly name: string | null
  readonly email: string | null
  readonly roles: readonly PersonRole[]
  readonly invited_by: string
}

/** Spends an invitation: whoever comes second finds it used. @throws Refused INVITATION_LINK */
export async function takeInvitation(tx: Tx, token: string): Promise<Invitation> {
  const row = await tx.maybe<Invitation>(sql`
    update invitation i set used_at = ${tx.now}, name = null, email = null
    from (select org_id, id, name, email from invitation where org_id = ${tx.org} and token_sha256 = ${tokenHash(token)} for update) o
    where i.org_id = o.org_id and i.id = o.id and i.used_at is null and i.revoked_at is null and i.expires_at > recorded_now()
    returning i.id, i.purpose, i.user_id, o.name, o.email, i.roles, i.invited_by`)
  if (!row) throw deadLink()
  await recordAudit(tx, { event: 'invitation.used', subject: row.id })
  return row
}

export const deadLink = (): Refused =>
  new Refused(
    'INVITATION_LINK',
    `expected a link that is not older than ${INVITATION_DAYS} days and was not used or withdrawn; ask for another`,
    { status: 403, pointer: '/token' },
  )

/** What the page of an invitation shows before it is accepted. */
export const peekInvitation = (
  tx: Tx,
  id: string,
): Promise<{ purpose: 'join' | 'password'; name: string | null; email: string | null } | undefined> =>
  tx.maybe(sql`
    select i.purpose, coalesce(i.name, p.name) as name, coalesce(i.email, p.email) as email
    from invitation i left join person p on p.org_id = i.org_id and p.user_id = i.user_id
    where i.org_id = ${tx.org} and i.id = ${id}`)

/** Names the account that came of an invitation. */
export async function linkInvitation(tx: Tx, id: string, user_id: string): Promise<void> {
  await tx.run(sql`update invitation set user_id = ${user_id} where org_id = ${tx.org} and id = ${id}`)
}

export interface InvitationRow {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly roles: readonly PersonRole[]
  readonly invited_by: string
  readonly created_at: Instant
  readonly expires_at: Instant
}

/** Invitations to join that are still open, newest first. */
export const listInvitations = (tx: Tx): Promise<InvitationRow[]> =>
  tx.rows<InvitationRow>(sql`
    select id, name, email, roles, invited_by, created_at, expires_at from invitation
    where org_id = ${tx.org} and purpose = 'join' and used_at is null and revoked_at is null and expires_at > recorded_now()
    order by created_at desc, id desc limit 500`)

/** @throws Refused NOT_FOUND */
export async function revokeInvitation(tx: Tx, id: string): Promise<void> {
  const revoked = await tx.run(sql`
    update invitation set revoked_at = ${tx.now}, name = null, email = null
    where org_id = ${tx.org} and id = ${id} and used_at is null and revoked_at is null`)
  if (revoked === 0)
    throw new Refused('NOT_FOUND', `no open invitation has the id ${id.slice(0, 40)}`, {
      status: 404,
      pointer: '/invitation',
    })
  await recordAudit(tx, { event: 'invitation.revoked', subject: id })
}
