// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { newId } from '../../lib/ids.ts'
import { HOUR_MS, instant, type Instant } from '../../lib/time.ts'
import { newToken, tokenHash } from '../../lib/tokens.ts'
import { recordAudit } from '../ledger/ledger.store.ts'
import type { Stage } from './doors.store.ts'

/** A session ends this long after its beginning, however busy it is; idle ones end sooner (door_session). */
export const SESSION_HOURS = 12
const KEPT_DAYS = 30

/** Where a request came from; personal data, so only in rows that are removed. */
export interface Whence {
  readonly address: string
  readonly agent: string
}

/**
 * Opens a session and gives the token of its cookie. Every step of signing in opens a new one, so a token that was
 * planted or seen before the step is worth nothing after it.
 */
export async function openSession(tx: Tx, user_id: string, stage: Stage, from: Whence): Promise<string> {
  const token = newToken()
  const id = newId('ses', Date.parse(tx.now))
  await tx.run(sql`
    delete from session
    where org_id = ${tx.org} and user_id = ${user_id} and created_at < recorded_now() - make_interval(days => ${KEPT_DAYS})`)
  await tx.run(sql`
    insert into session (org_id, id, user_id, token_sha256, stage, expires_at, address, agent)
    values (${tx.org}, ${id}, ${user_id}, ${tokenHash(token)}, ${stage},
      ${instant(Date.parse(tx.now) + SESSION_HOURS * HOUR_MS)}, ${from.address}, ${from.agent.slice(0, 300)})`)
  await recordAudit(tx, { event: 'session.opened', subject: user_id, details: { id, state: stage } })
  return token
}

/** Marks a session as used now; recorded at most once a minute by the caller. */
export async function touchSession(tx: Tx, id: string): Promise<void> {
  await tx.run(sql`update session set seen_at = recorded_now() where org_id = ${tx.org} and id = ${id}`)
}

export type EndedBecause = 'sign-out' | 'next-step' | 'revoked' | 'password' | 'second-factor' | 'roles' | 'disabled'

/** Ends one session; false when it was no living session of that person. */
export async function endSession(
  tx: Tx,
  session: { readonly id: string; readonly user_id: string },
  because: EndedBecause,
): Promise<boolean> {
  const ended = await tx.run(sql`
    update session set ended_at = ${tx.now}, ended_because = ${because}
    where org_id = ${tx.org} and id = ${session.id} and user_id = ${session.user_id} and ended_at is null`)
  if (ended > 0)
    await recordAudit(tx, {
      event: 'session.ended',
      subject: session.user_id,
      details: { id: session.id, reason: because },
    })
  return ended > 0
}

/** Ends all sessions of a person, of which one audit record tells. */
export async function endSessionsOf(tx: Tx, user_id: string, because: EndedBecause): Promise<void> {
  const count = await tx.run(sql`
    update session set ended_at = ${tx.now}, ended_because = ${because}
    where org_id = ${tx.org} and user_id = ${user_id} and ended_at is null`)
  if (count > 0)
    await recordAudit(tx, { event: 'session.ended-all', subject: user_id, details: { count, reason: because } })
}

export interface SessionRow {
  readonly id: string
  readonly created_at: Instant
  readonly seen_at: Instant
  readonly expires_at: Instant
  readonly address: string
  readonly agent: string
}

/** Living sessions of a person, newest first. */
export const listSessions = (tx: Tx, user_id: string): Promise<SessionRow[]> =>
  tx.rows<SessionRow>(sql`
    select id, created_at, seen_at, expires_at, address, agent from session
    where org_id = ${tx.org} and user_id = ${user_id} and ended_at is null and expires_at > recorded_now()
      and seen_at > recorded_now() - interval '30 minutes'
    order by created_at desc, id desc limit 100`)
