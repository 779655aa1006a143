// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { Refused } from '../../lib/refused.ts'
import { instant, type Instant } from '../../lib/time.ts'
import { newToken, tokenHash } from '../../lib/tokens.ts'
import { recordAudit } from '../ledger/ledger.store.ts'

export const TICKET_SECONDS = 60

/** One file that somebody may fetch. */
export interface Target {
  readonly kind: 'capture' | 'bundle'
  /** Id of the collection. */
  readonly ref: string
  /** Number of the capture in its collection. */
  readonly n: number
}

/** Gives the actor of the transaction the right to fetch a file once within a minute, on an origin without cookies. */
export async function makeTicket(tx: Tx, target: Target): Promise<{ token: string; expires_at: Instant }> {
  const token = newToken()
  const expires_at = instant(Date.parse(tx.now) + TICKET_SECONDS * 1000)
  await tx.run(sql`
    delete from ticket where org_id = ${tx.org} and expires_at < recorded_now() - interval '1 day'`)
  await tx.run(sql`
    insert into ticket (org_id, token_sha256, actor, kind, ref, n, expires_at)
    values (${tx.org}, ${tokenHash(token)}, ${tx.actor}, ${target.kind}, ${target.ref}, ${target.n}, ${expires_at})`)
  return { token, expires_at }
}

/** Spends a ticket and records the download. @throws Refused TICKET */
export async function takeTicket(tx: Tx, token: string): Promise<Target> {
  const target = await tx.maybe<Target>(sql`
    update ticket set used_at = ${tx.now}
    where org_id = ${tx.org} and token_sha256 = ${tokenHash(token)} and used_at is null and expires_at > recorded_now()
    returning kind, ref, n`)
  if (!target) throw deadTicket()
  await recordAudit(tx, {
    event: 'file.downloaded',
    subject: target.ref,
    details: { kind: target.kind, id: String(target.n) },
  })
  return target
}

export const deadTicket = (): Refused =>
  new Refused('TICKET', `a download link works once, within ${TICKET_SECONDS} seconds; ask for another in Assay`, {
    status: 404,
  })
