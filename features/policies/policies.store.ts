// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import type { Instant, LocalDate } from '../../lib/time.ts'
import { appendLeaf, recordAudit } from '../ledger/ledger.store.ts'

export interface PolicyVersion {
  readonly policy_id: string
  readonly n: number
  readonly version_label: string
  readonly collection_id: string | null
  readonly reference: string | null
  readonly sha256: string | null
  readonly effective_from: LocalDate
  readonly next_review: LocalDate
  readonly approved_by: string
  readonly recorded_at: Instant
  readonly manifest: string
}

/** Approved versions known at `knownAt`, newest first within a policy. */
export async function listPolicyVersions(tx: Tx, knownAt: Instant, policy_id?: string): Promise<PolicyVersion[]> {
  return await tx.rows<PolicyVersion>(sql`
    select policy_id, n, version_label, collection_id, reference, sha256, effective_from, next_review, approved_by,
      recorded_at, manifest
    from policy_version
    where org_id = ${tx.org} and recorded_at <= ${knownAt}
      and (${policy_id ?? null}::text is null or policy_id = ${policy_id ?? null})
    order by policy_id, n desc limit 5000`)
}

/** Who put a document into Assay; `undefined` when there is no such evidence. */
export async function documentOf(
  tx: Tx,
  collection_id: string,
): Promise<{ recorded_by: string; manifest: string } | undefined> {
  return await tx.maybe(sql`
    select recorded_by, manifest from collection where org_id = ${tx.org} and id = ${collection_id}`)
}

export type PolicyDraft = Omit<PolicyVersion, 'n' | 'approved_by' | 'recorded_at' | 'manifest'>

/** Saves an approved version with its `policy` leaf, which names the document by its hash. Gives its number. */
export async function savePolicyVersion(tx: Tx, draft: PolicyDraft, documentManifest: string | null): Promise<number> {
  await tx.run(sql`select pg_advisory_xact_lock(hashtextextended(${`policy:${tx.org}:${draft.policy_id}`}, 0))`)
  const { n } = await tx.one<{ n: number }>(sql`
    select coalesce(max(n), 0) + 1 as n from policy_version where org_id = ${tx.org} and policy_id = ${draft.policy_id}`)
  const { manifest } = await appendLeaf(tx, {
    kind: 'policy',
    stream: `policy:${draft.policy_id}`,
    predicate: { record: 'policy-approval', version: n, document_manifest: documentManifest, ...draft },
  })
  await tx.run(sql`
    insert into policy_version (org_id, policy_id, n, version_label, collection_id, reference, sha256, effective_from,
      next_review, approved_by, manifest)
    values (${tx.org}, ${draft.policy_id}, ${n}, ${draft.version_label}, ${draft.collection_id}, ${draft.reference},
      ${draft.sha256}, ${draft.effective_from}, ${draft.next_review}, ${tx.actor}, ${manifest})`)
  await recordAudit(tx, {
    event: 'policy.approved',
    subject: draft.policy_id,
    details: { version: n, from: draft.effective_from, due: draft.next_review },
  })
  return n
}

/** In-scope controls that need each policy on a day, as known at `knownAt`. */
export async function listNeeds(
  tx: Tx,
  day: LocalDate,
  knownAt: Instant,
): Promise<{ policy_id: string; control_id: string }[]> {
  return await tx.rows(sql`
    select policy_id, control_id from (
      select distinct on (control_id) control_id, policy_id, state
      from control_version
      where org_id = ${tx.org} and recorded_at <= ${knownAt} and effective_from <= ${day}
      order by control_id, n desc) v
    where state = 'in' order by policy_id, control_id limit 1000`)
}
