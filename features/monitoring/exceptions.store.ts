// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { newId } from '../../lib/ids.ts'
import type { Instant } from '../../lib/time.ts'
import { appendLeaf, recordAudit } from '../ledger/ledger.store.ts'

export interface ExceptionDraft {
  /** The request that the actor approves. */
  readonly request_id: string
  readonly check_id: string
  /** One subject; all subjects of the check when absent. */
  readonly subject_id: number | undefined
  readonly because: string
  readonly compensating_control: string
  readonly valid_from: Instant
  readonly valid_to: Instant
  readonly requested_by: string
}

/** Saves an exception that the actor approves, with its leaf. The words stay out of the audit trail. */
export async function saveException(tx: Tx, draft: ExceptionDraft): Promise<string> {
  const id = newId('exc', Date.parse(tx.now))
  const { manifest } = await appendLeaf(tx, {
    kind: 'state',
    stream: `exception:${draft.check_id}`,
    predicate: {
      exception: id,
      request: draft.request_id,
      check: draft.check_id,
      subject: draft.subject_id ?? null,
      because: draft.because,
      compensatingControl: draft.compensating_control,
      validFrom: draft.valid_from,
      validTo: draft.valid_to,
      requestedBy: draft.requested_by,
      approvedBy: tx.actor,
    },
  })
  await tx.run(sql`
    insert into exception (org_id, id, check_id, subject_id, because, compensating_control, valid_from, valid_to, requested_by,
      approved_by, manifest)
    values (${tx.org}, ${id}, ${draft.check_id}, ${draft.subject_id ?? null}, ${draft.because}, ${draft.compensating_control},
      ${draft.valid_from}, ${draft.valid_to}, ${draft.requested_by}, ${tx.actor}, ${manifest})`)
  await recordAudit(tx, {
    event: 'check.excepted',
    subject: id,
    details: { from: draft.valid_from, to: draft.valid_to },
  })
  return id
}

/** Ends an exception now. Gives false when it had been withdrawn before. */
export async function withdrawException(
  tx: Tx,
  exception: { readonly id: string; readonly check_id: string },
): Promise<boolean> {
  const changed = await tx.run(sql`
    update exception set withdrawn_at = recorded_now(), withdrawn_by = ${tx.actor}
    where org_id = ${tx.org} and id = ${exception.id} and withdrawn_at is null`)
  if (changed === 0) return false
  await appendLeaf(tx, {
    kind: 'state',
    stream: `exception:${exception.check_id}`,
    predicate: { exception: exception.id, check: exception.check_id, withdrawnBy: tx.actor },
  })
  await recordAudit(tx, { event: 'check.exception.withdrawn', subject: exception.id })
  return true
}

export interface ExceptionRow {
  readonly id: string
  readonly check_id: string
  readonly subject_id: number | null
  readonly subject: string | null
  readonly because: string
  readonly compensating_control: string
  readonly valid_from: Instant
  readonly valid_to: Instant
  readonly requested_by: string
  readonly approved_by: string
  readonly recorded_at: Instant
  readonly withdrawn_at: Instant | null
  readonly withdrawn_by: string | null
  readonly in_force: boolean
  readonly manifest: string
}

/** Exceptions as known at `knownAt`, newest first. Asks for one more than the page. */
export async function listExceptions(
  tx: Tx,
  filter: { readonly check_id?: string | undefined; readonly in_force?: boolean | undefined },
  at: { readonly asOf: Instant; readonly knownAt: Instant },
  limit: number,
  after?: readonly [Instant, string],
): Promise<ExceptionRow[]> {
  return await tx.rows<ExceptionRow>(sql`
    select * from (
      select e.id, e.check_id, e.subject_id, u.label as subject, e.because, e.compensating_control, e.valid_from, e.valid_to,
        e.requested_by, e.approved_by, e.recorded_at, e.manifest,
        case when e.withdrawn_at <= ${at.knownAt} then e.withdrawn_at end as withdrawn_at,
        case when e.withdrawn_at <= ${at.knownAt} then e.withdrawn_by end as withdrawn_by,
        e.valid_from <= ${at.asOf} and e.valid_to > ${at.asOf}
          and (e.withdrawn_at is null or e.withdrawn_at > least(${at.asOf}::timestamptz, ${at.knownAt}::timestamptz)) as in_force
      from exception e left join subject u on u.org_id = e.org_id and u.id = e.subject_id
      where e.org_id = ${tx.org} and e.recorded_at <= ${at.knownAt}
        and (${filter.check_id ?? null}::text is null or e.check_id = ${filter.check_id ?? null})) x
    where (${filter.in_force ?? null}::boolean is null or in_force = ${filter.in_force ?? null})
      and (${after === undefined} or (recorded_at, id) < (${after?.[0] ?? null}::timestamptz, ${after?.[1] ?? null}))
    order by recorded_at desc, id desc
    limit ${limit + 1}`)
}

export async function getException(tx: Tx, id: string): Promise<{ id: string; check_id: string } | undefined> {
  return await tx.maybe(sql`select id, check_id from exception where org_id = ${tx.org} and id = ${id}`)
}

/** Whether a failure on alias `t` (an outcome) of a check is excepted at a moment. */
export const isExcepted = (
  check_id: ReturnType<typeof sql>,
  at: { readonly asOf: Instant; readonly knownAt: Instant },
): ReturnType<typeof sql> => sql`
  exists (
    select from exception e
    where e.org_id = t.org_id and e.check_id = ${check_id} and (e.subject_id is null or e.subject_id = t.subject_id)
      and e.recorded_at <= ${at.knownAt} and e.valid_from <= ${at.asOf} and e.valid_to > ${at.asOf}
      and (e.withdrawn_at is null or e.withdrawn_at > least(${at.asOf}::timestamptz, ${at.knownAt}::timestamptz)))`
