// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { newId } from '../../lib/ids.ts'
import { Refused } from '../../lib/refused.ts'
import type { Instant } from '../../lib/time.ts'
import { newToken, tokenHash } from '../../lib/tokens.ts'
import { recordAudit } from '../ledger/ledger.store.ts'
import { formatKey } from './api-keys.ts'

export interface KeyDraft {
  readonly user_id: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly expires_at: Instant
}

/** Makes a key; its text is never seen again. */
export async function makeKey(tx: Tx, draft: KeyDraft): Promise<{ id: string; key: string }> {
  const secret = newToken()
  const id = newId('key', Date.parse(tx.now))
  await tx.run(sql`
    insert into api_key (org_id, id, user_id, name, secret_sha256, scopes, expires_at)
    values (${tx.org}, ${id}, ${draft.user_id}, ${draft.name}, ${tokenHash(secret)}, ${[...draft.scopes]}::text[], ${draft.expires_at})`)
  await recordAudit(tx, {
    event: 'key.made',
    subject: id,
    details: { expires_at: draft.expires_at, count: draft.scopes.length, scope: draft.scopes.join(' ').slice(0, 200) },
  })
  return { id, key: formatKey(id, secret) }
}

export interface KeyRow {
  readonly id: string
  readonly user_id: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly created_at: Instant
  readonly expires_at: Instant
  readonly seen_at: Instant | null
  readonly revoked_at: Instant | null
}

/** Keys, newest first: all of the organisation, or of one person. */
export const listKeys = (tx: Tx, user_id?: string): Promise<KeyRow[]> =>
  tx.rows<KeyRow>(sql`
    select id, user_id, name, scopes, created_at, expires_at, seen_at, revoked_at from api_key
    where org_id = ${tx.org} and (${user_id ?? null}::text is null or user_id = ${user_id ?? null})
    order by created_at desc, id desc limit 500`)

/** @throws Refused NOT_FOUND when there is no such key, or it is of somebody else than `user_id` */
export async function revokeKey(tx: Tx, id: string, user_id?: string): Promise<void> {
  const revoked = await tx.run(sql`
    update api_key set revoked_at = coalesce(revoked_at, ${tx.now}), revoked_by = coalesce(revoked_by, ${tx.actor})
    where org_id = ${tx.org} and id = ${id} and (${user_id ?? null}::text is null or user_id = ${user_id ?? null})`)
  if (revoked === 0)
    throw new Refused('NOT_FOUND', `no key has the id ${id.slice(0, 40)}`, { status: 404, pointer: '/key' })
  await recordAudit(tx, { event: 'key.revoked', subject: id })
}

/** Revokes every key of a person that still works: whoever is let in again makes new ones. */
export async function revokeKeysOf(tx: Tx, user_id: string): Promise<void> {
  const revoked = await tx.rows<{ id: string }>(sql`
    update api_key set revoked_at = ${tx.now}, revoked_by = ${tx.actor}
    where org_id = ${tx.org} and user_id = ${user_id} and revoked_at is null
    returning id`)
  for (const { id } of revoked) await recordAudit(tx, { event: 'key.revoked', subject: id })
}

/** Marks a key as used now; recorded at most once a minute by the caller. */
export async function touchKey(tx: Tx, id: string): Promise<void> {
  await tx.run(sql`update api_key set seen_at = recorded_now() where org_id = ${tx.org} and id = ${id}`)
}
