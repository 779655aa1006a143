// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { Refused } from '../../lib/refused.ts'
import type { Instant, LocalDate } from '../../lib/time.ts'
import { appendLeaf, recordAudit } from '../ledger/ledger.store.ts'
import type { Scope } from './scope.ts'

export interface ScopeVersion {
  readonly n: number
  readonly document: Scope
  readonly effective_from: Instant
  readonly saved_by: string
  readonly recorded_at: Instant
  readonly approved_by: string | null
  readonly approved_at: Instant | null
  readonly manifest: string
}

/** The two clocks of a question. */
export interface At {
  readonly asOf: Instant
  readonly knownAt: Instant
}

/** Every version known at `knownAt`, newest first, each with its approval as known then. */
export async function listScopes(tx: Tx, knownAt: Instant): Promise<ScopeVersion[]> {
  return await tx.rows<ScopeVersion>(sql`
    select v.n, v.document, v.effective_from, v.saved_by, v.recorded_at, v.manifest,
      a.approved_by, a.recorded_at as approved_at
    from scope_version v
    left join scope_approval a on a.org_id = v.org_id and a.n = v.n and a.recorded_at <= ${knownAt}
    where v.org_id = ${tx.org} and v.recorded_at <= ${knownAt}
    order by v.n desc limit 1000`)
}

/**
 * The scope that counts: the newest approved version in effect at `asOf`, the first approved one for earlier days, and
 * before any approval the newest draft. `undefined` when nothing was saved.
 */
export async function scopeAt(tx: Tx, at: At): Promise<ScopeVersion | undefined> {
  return await tx.maybe<ScopeVersion>(sql`
    select v.n, v.document, v.effective_from, v.saved_by, v.recorded_at, v.manifest,
      a.approved_by, a.recorded_at as approved_at
    from scope_version v
    left join scope_approval a on a.org_id = v.org_id and a.n = v.n and a.recorded_at <= ${at.knownAt}
    where v.org_id = ${tx.org} and v.recorded_at <= ${at.knownAt}
    order by a.n is null,
      case when a.n is not null then v.effective_from > ${at.asOf} end,
      case when v.effective_from <= ${at.asOf} or a.n is null then -v.n else v.n end
    limit 1`)
}

/** The zone of the engagement's days now; UTC before anything is scoped. */
export async function engagementZone(tx: Tx): Promise<string> {
  return (await scopeAt(tx, { asOf: tx.now, knownAt: tx.now }))?.document.time_zone ?? 'UTC'
}

/** The scope that counts. @throws Refused NO_SCOPE */
export async function requireScope(at: At & { readonly tx: Tx }): Promise<ScopeVersion> {
  const scope = await scopeAt(at.tx, at)
  if (!scope) throw new Refused('NO_SCOPE', 'nothing is scoped yet; save a scope first', { status: 409 })
  return scope
}

/** The newest version's number; 0 when there is none. Locks out a second saver until the transaction ends. */
export async function lastScope(tx: Tx): Promise<number> {
  await tx.run(sql`select pg_advisory_xact_lock(hashtextextended(${`scope:${tx.org}`}, 0))`)
  const { n } = await tx.one<{ n: number }>(
    sql`select coalesce(max(n), 0) as n from scope_version where org_id = ${tx.org}`,
  )
  return n
}

/** Saves a version with its `state` leaf, which holds the whole document. */
export async function saveScope(
  tx: Tx,
  version: { readonly n: number; readonly document: Scope; readonly effective_from: Instant },
): Promise<void> {
  const { manifest } = await appendLeaf(tx, {
    kind: 'state',
    stream: 'scope',
    predicate: {
      record: 'scope',
      version: version.n,
      effective_from: version.effective_from,
      scope: JSON.parse(JSON.stringify(version.document)),
    },
  })
  await tx.run(sql`
    insert into scope_version (org_id, n, document, effective_from, saved_by, manifest)
    values (${tx.org}, ${version.n}, ${JSON.stringify(version.document)}::jsonb, ${version.effective_from}, ${tx.actor}, ${manifest})`)
  await recordAudit(tx, { event: 'scope.saved', subject: 'scope', details: { version: version.n } })
}

export async function saveScopeApproval(tx: Tx, version: ScopeVersion): Promise<void> {
  const { manifest } = await appendLeaf(tx, {
    kind: 'state',
    stream: 'scope',
    predicate: { record: 'scope-approval', version: version.n, scope_manifest: version.manifest },
  })
  await tx.run(sql`
    insert into scope_approval (org_id, n, approved_by, manifest)
    values (${tx.org}, ${version.n}, ${tx.actor}, ${manifest})`)
  await recordAudit(tx, { event: 'scope.approved', subject: 'scope', details: { version: version.n } })
}

/** Local days on which each control is known to have been performed: attestations and accepted evidence. */
export async function listPerformances(
  tx: Tx,
  knownAt: Instant,
  timeZone: string,
): Promise<{ control_id: string; day: LocalDate }[]> {
  return await tx.rows(sql`
    select control_id, period_to as day from attestation
    where org_id = ${tx.org} and outcome = 'performed' and recorded_at <= ${knownAt}
    union
    select l.control_id, coalesce(l.period_to, (c.observed_at at time zone ${timeZone})::date) as day
    from evidence_link l
    join collection c on c.org_id = l.org_id and c.id = l.collection_id
    where l.org_id = ${tx.org} and l.recorded_at <= ${knownAt}
      and (select d.state from evidence_decision d
        where d.org_id = l.org_id and d.link_id = l.id and d.recorded_at <= ${knownAt}
        order by d.n desc limit 1) = 'accepted'
    order by 1, 2 limit 20000`)
}

/** Gaps that are open now, for the length of the repairs. */
export async function countOpenGaps(tx: Tx, knownAt: Instant): Promise<number> {
  const { n } = await tx.one<{ n: number }>(sql`
    select count(*) as n from task t
    join lateral (
      select state from task_event e
      where e.org_id = t.org_id and e.task_id = t.id and e.recorded_at <= ${knownAt}
      order by e.n desc limit 1) e on true
    where t.org_id = ${tx.org} and t.type <> 'other' and e.state not in ('verified', 'closed', 'accepted')`)
  return n
}
