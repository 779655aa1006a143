// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { newId } from '../../lib/ids.ts'
import type { Instant } from '../../lib/time.ts'
import { appendLeaf, recordAudit } from '../ledger/ledger.store.ts'

export interface RequestDraft {
  readonly check_id: string
  /** One subject; all subjects of the check when absent. */
  readonly subject_id: number | undefined
  readonly because: string
  readonly compensating_control: string
  /** From the moment of its approval when absent. */
  readonly valid_from: Instant | undefined
  readonly valid_to: Instant
}

/** Saves what the actor asks for, with its leaf. The words stay out of the audit trail. */
export async function saveRequest(tx: Tx, draft: RequestDraft): Promise<string> {
  const id = newId('exr', Date.parse(tx.now))
  const { manifest } = await appendLeaf(tx, {
    kind: 'state',
    stream: `exception:${draft.check_id}`,
    predicate: {
      request: id,
      check: draft.check_id,
      subject: draft.subject_id ?? null,
      because: draft.because,
      compensatingControl: draft.compensating_control,
      validFrom: draft.valid_from ?? null,
      validTo: draft.valid_to,
      requestedBy: tx.actor,
    },
  })
  await tx.run(sql`
    insert into exception_request (org_id, id, check_id, subject_id, because, compensating_control, valid_from, valid_to,
      requested_by, manifest)
    values (${tx.org}, ${id}, ${draft.check_id}, ${draft.subject_id ?? null}, ${draft.because}, ${draft.compensating_control},
      ${draft.valid_from ?? null}, ${draft.valid_to}, ${tx.actor}, ${manifest})`)
  await recordAudit(tx, { event: 'check.exception.asked', subject: id, details: { to: draft.valid_to } })
  return id
}

export interface RequestRow {
  readonly id: string
  readonly check_id: string
  readonly subject_id: number | null
  readonly subject: string | null
  readonly because: string
  readonly compensating_control: string
  readonly valid_from: Instant | null
  readonly valid_to: Instant
  readonly requested_by: string
  readonly recorded_at: Instant
  readonly decided_at: Instant | null
  readonly decided_by: string | null
  readonly exception_id: string | null
  readonly refused_because: string | null
  readonly manifest: string
}

/** The request with others who decide locked out. */
export async function takeRequest(tx: Tx, id: string): Promise<Omit<RequestRow, 'subject'> | undefined> {
  return await tx.maybe(sql`
    select id, check_id, subject_id, because, compensating_control, valid_from, valid_to, requested_by, recorded_at, decided_at,
      decided_by, exception_id, refused_because, manifest
    from exception_request where org_id = ${tx.org} and id = ${id} for update`)
}

/** The exception that the actor made of a request. */
export async function approveRequest(tx: Tx, id: string, exception_id: string): Promise<void> {
  await tx.run(sql`
    update exception_request set decided_at = recorded_now(), decided_by = ${tx.actor}, exception_id = ${exception_id}
    where org_id = ${tx.org} and id = ${id}`)
}

/** Refuses a request as the actor, with its leaf. */
export async function refuseRequest(
  tx: Tx,
  request: { readonly id: string; readonly check_id: string },
  because: string,
): Promise<void> {
  await appendLeaf(tx, {
    kind: 'state',
    stream: `exception:${request.check_id}`,
    predicate: { request: request.id, check: request.check_id, refusedBy: tx.actor, because },
  })
  await tx.run(sql`
    update exception_request set decided_at = recorded_now(), decided_by = ${tx.actor}, refused_because = ${because}
    where org_id = ${tx.org} and id = ${request.id}`)
  await recordAudit(tx, { event: 'check.exception.refused', subject: request.id })
}

/** Requests as known at a moment, newest first. Asks for one more than the page. */
export async function listRequests(
  tx: Tx,
  filter: { readonly check_id?: string | undefined; readonly waiting?: boolean | undefined },
  knownAt: Instant,
  limit: number,
  after?: readonly [Instant, string],
): Promise<RequestRow[]> {
  return await tx.rows<RequestRow>(sql`
    select * from (
      select e.id, e.check_id, e.subject_id, u.label as subject, e.because, e.compensating_control, e.valid_from, e.valid_to,
        e.requested_by, e.recorded_at, e.manifest,
        case when e.decided_at <= ${knownAt} then e.decided_at end as decided_at,
        case when e.decided_at <= ${knownAt} then e.decided_by end as decided_by,
        case when e.decided_at <= ${knownAt} then e.exception_id end as exception_id,
        case when e.decided_at <= ${knownAt} then e.refused_because end as refused_because
      from exception_request e left join subject u on u.org_id = e.org_id and u.id = e.subject_id
      where e.org_id = ${tx.org} and e.recorded_at <= ${knownAt}
        and (${filter.check_id ?? null}::text is null or e.check_id = ${filter.check_id ?? null})) x
    where (${filter.waiting ?? null}::boolean is null or (decided_at is null) = ${filter.waiting ?? null})
      and (${after === undefined} or (recorded_at, id) < (${after?.[0] ?? null}::timestamptz, ${after?.[1] ?? null}))
    order by recorded_at desc, id desc
    limit ${limit + 1}`)
}
