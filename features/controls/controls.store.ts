// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import type { Instant, LocalDate } from '../../lib/time.ts'
import { appendLeaves, recordAudit } from '../ledger/ledger.store.ts'
import type { Json } from '../ledger/statement.ts'
import type { ControlText, ControlVersion } from './control.ts'

/** Versions known at `knownAt`, oldest first within a control. */
export async function listControlVersions(tx: Tx, knownAt: Instant, control_id?: string): Promise<ControlVersion[]> {
  return await tx.rows<ControlVersion>(sql`
    select control_id, n, state, title, statement, owner_role, nature, frequency, is_key, policy_id, criteria, parameters,
      required_slots, effective_from, because, saved_by, recorded_at, manifest
    from control_version
    where org_id = ${tx.org} and recorded_at <= ${knownAt}
      and (${control_id ?? null}::text is null or control_id = ${control_id ?? null})
    order by control_id, n`)
}

/** Makes writers of controls take turns until the transaction ends. */
export async function lockControls(tx: Tx): Promise<void> {
  await tx.run(sql`select pg_advisory_xact_lock(hashtextextended(${`controls:${tx.org}`}, 0))`)
}

export interface VersionDraft extends ControlText {
  readonly control_id: string
  readonly n: number
  readonly state: 'in' | 'out'
  readonly effective_from: LocalDate
  readonly because: string
}

/** Saves versions, each with its `state` leaf, in seven statements however many there are. */
export async function saveControlVersions(tx: Tx, drafts: readonly VersionDraft[]): Promise<void> {
  if (drafts.length === 0) return
  const leaves = await appendLeaves(
    tx,
    drafts.map((draft) => ({
      kind: 'state' as const,
      stream: `control:${draft.control_id}`,
      predicate: { record: 'control-version', ...(JSON.parse(JSON.stringify(draft)) as Record<string, Json>) },
    })),
  )
  const rows = drafts.map((draft, i) => ({ ...draft, manifest: leaves[i]?.manifest }))
  await tx.run(sql`
    insert into control_version (org_id, control_id, n, state, title, statement, owner_role, nature, frequency, is_key,
      policy_id, criteria, parameters, required_slots, effective_from, because, saved_by, manifest)
    select ${tx.org}, r.control_id, r.n, r.state, r.title, r.statement, r.owner_role, r.nature, r.frequency, r.is_key,
      r.policy_id, array(select jsonb_array_elements_text(r.criteria)), r.parameters,
      array(select jsonb_array_elements_text(r.required_slots)), r.effective_from, r.because, ${tx.actor}, r.manifest
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) r (control_id text, n int, state text, title text,
      statement text, owner_role text, nature text, frequency text, is_key boolean, policy_id text, criteria jsonb,
      parameters jsonb, required_slots jsonb, effective_from date, because text, manifest text)`)
}

/** The trail of an act on controls, for people to search. */
export async function auditControls(
  tx: Tx,
  event: 'control.adopted' | 'control.updated' | 'control.excluded' | 'control.included' | 'control.assigned',
  control_ids: readonly string[],
  details: { readonly from?: LocalDate; readonly version?: number } = {},
): Promise<void> {
  const [only] = control_ids
  await recordAudit(tx, {
    event,
    subject: control_ids.length === 1 && only !== undefined ? only : 'controls',
    details: { count: control_ids.length, ...details },
  })
}

export interface OwnerRow {
  readonly control_id: string
  readonly n: number
  readonly owner: string | null
  readonly name: string | null
  /** False once the account was disabled. */
  readonly active: boolean
  readonly effective_from: LocalDate
}

/** Who answers for each control on a day, as known at `knownAt`. */
export async function listOwners(
  tx: Tx,
  at: { readonly day: LocalDate; readonly asOf: Instant; readonly knownAt: Instant },
): Promise<OwnerRow[]> {
  return await tx.rows<OwnerRow>(sql`
    select o.control_id, o.n, o.owner, o.effective_from, p.name,
      a.id is not null and (a.disabled_at is null or a.disabled_at > ${at.asOf}) as active
    from (
      select distinct on (control_id) control_id, n, owner, effective_from
      from control_owner
      where org_id = ${tx.org} and recorded_at <= ${at.knownAt} and effective_from <= ${at.day}
      order by control_id, n desc) o
    left join account a on a.org_id = ${tx.org} and a.id = o.owner
    left join person p on p.org_id = ${tx.org} and p.user_id = o.owner`)
}

/** Assignments of one control, newest first. */
export async function ownerHistory(
  tx: Tx,
  control_id: string,
  knownAt: Instant,
): Promise<{ n: number; owner: string | null; name: string | null; effective_from: LocalDate; assigned_by: string }[]> {
  return await tx.rows(sql`
    select o.n, o.owner, p.name, o.effective_from, o.assigned_by
    from control_owner o
    left join person p on p.org_id = o.org_id and p.user_id = o.owner
    where o.org_id = ${tx.org} and o.control_id = ${control_id} and o.recorded_at <= ${knownAt}
    order by o.n desc limit 200`)
}

/** Which of these people may own controls: accounts of management that are not disabled. */
export async function listPossibleOwners(tx: Tx, ids: readonly string[]): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(sql`
    select id from account
    where org_id = ${tx.org} and id = any(${[...ids]}::text[]) and side = 'management' and disabled_at is null`)
  return rows.map((row) => row.id)
}

export interface OwnerDraft {
  readonly control_id: string
  readonly owner: string | null
  readonly effective_from: LocalDate
}

/** Saves assignments, each with its `state` leaf. The caller holds `lockControls`. */
export async function saveOwners(tx: Tx, drafts: readonly OwnerDraft[]): Promise<void> {
  if (drafts.length === 0) return
  const leaves = await appendLeaves(
    tx,
    drafts.map((draft) => ({
      kind: 'state' as const,
      stream: `control:${draft.control_id}`,
      predicate: {
        record: 'control-owner',
        control_id: draft.control_id,
        owner: draft.owner,
        from: draft.effective_from,
      },
    })),
  )
  const rows = drafts.map((draft, i) => ({ ...draft, manifest: leaves[i]?.manifest }))
  await tx.run(sql`
    insert into control_owner (org_id, control_id, n, owner, effective_from, assigned_by, manifest)
    select ${tx.org}, r.control_id,
      1 + coalesce((select max(n) from control_owner o where o.org_id = ${tx.org} and o.control_id = r.control_id), 0),
      r.owner, r.effective_from, ${tx.actor}, r.manifest
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) r (control_id text, owner text, effective_from date, manifest text)`)
}
