// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { newId } from '../../lib/ids.ts'
import type { Instant } from '../../lib/time.ts'
import { appendLeaf, recordAudit } from '../ledger/ledger.store.ts'
import type { LinkState } from './evidence.ts'

/** What a person attests. */
export interface AttestationDraft {
  readonly control_id: string
  readonly statement: string
  readonly outcome: 'performed' | 'not_performed' | 'no_occurrence'
  readonly period_from: string
  readonly period_to: string
  readonly collection_ids: readonly string[]
  readonly supersedes?: string | undefined
}

/** Saves an attestation with its `attest` leaf, which names the evidence it rests on by manifest. */
export async function saveAttestation(tx: Tx, draft: AttestationDraft, evidence: readonly string[]): Promise<string> {
  const id = newId('att', Date.parse(tx.now))
  const { manifest } = await appendLeaf(tx, {
    kind: 'attest',
    stream: `attestation:${draft.control_id}`,
    predicate: {
      attestation: id,
      control: draft.control_id,
      statement: draft.statement,
      outcome: draft.outcome,
      period: { from: draft.period_from, to: draft.period_to },
      evidence,
      ...(draft.supersedes ? { supersedes: draft.supersedes } : {}),
    },
  })
  await recordAudit(tx, {
    event: 'evidence.attested',
    subject: id,
    details: {
      control: draft.control_id,
      outcome: draft.outcome,
      period_from: draft.period_from,
      period_to: draft.period_to,
    },
  })
  await tx.run(sql`
    insert into attestation (org_id, id, control_id, statement, outcome, period_from, period_to, collection_ids, attested_by,
      supersedes, manifest)
    values (${tx.org}, ${id}, ${draft.control_id}, ${draft.statement}, ${draft.outcome}, ${draft.period_from}, ${draft.period_to},
      ${[...draft.collection_ids]}::text[], ${tx.actor}, ${draft.supersedes ?? null}, ${manifest})`)
  return id
}

export interface LinkDraft {
  readonly collection_id: string
  readonly control_id: string
  readonly slot: string
  readonly period_from?: string | undefined
  readonly period_to?: string | undefined
}

/** Puts evidence forward for a slot of a control, with its leaf. */
export async function saveLink(tx: Tx, draft: LinkDraft): Promise<string> {
  const id = newId('lnk', Date.parse(tx.now))
  const { manifest } = await appendLeaf(tx, {
    kind: 'state',
    stream: `link:${id}`,
    predicate: {
      link: id,
      state: 'submitted',
      collection: draft.collection_id,
      control: draft.control_id,
      slot: draft.slot,
      period: { from: draft.period_from ?? null, to: draft.period_to ?? null },
    },
  })
  await tx.run(sql`
    insert into evidence_link (org_id, id, collection_id, control_id, slot, period_from, period_to, linked_by, manifest)
    values (${tx.org}, ${id}, ${draft.collection_id}, ${draft.control_id}, ${draft.slot}, ${draft.period_from ?? null},
      ${draft.period_to ?? null}, ${tx.actor}, ${manifest})`)
  await recordAudit(tx, {
    event: 'evidence.linked',
    subject: draft.collection_id,
    details: { control: draft.control_id, id },
  })
  return id
}

export interface Decision {
  readonly link_id: string
  readonly state: 'accepted' | 'rejected' | 'withdrawn'
  readonly code?: string | undefined
  readonly because?: string | undefined
}

/** Two deciders of one link take turns: the second waits here and then sees what the first decided. */
export async function lockLink(tx: Tx, link_id: string): Promise<void> {
  await tx.run(sql`select pg_advisory_xact_lock(hashtextextended(${`${tx.org}:link:${link_id}`}, 0))`)
}

/** Adds a decision with its leaf; the ones before it stay. The caller holds `lockLink`. */
export async function saveDecision(tx: Tx, decision: Decision): Promise<void> {
  const { link_id, state, code = null, because = null } = decision
  const { manifest } = await appendLeaf(tx, {
    kind: 'state',
    stream: `link:${link_id}`,
    predicate: { link: link_id, state, code, because },
  })
  await tx.run(sql`
    insert into evidence_decision (org_id, link_id, n, state, code, because, decided_by, manifest)
    select ${tx.org}, ${link_id}, count(*), ${state}, ${code}, ${because}, ${tx.actor}, ${manifest}
    from evidence_decision where org_id = ${tx.org} and link_id = ${link_id}`)
  await recordAudit(tx, {
    event: `evidence.${state}`,
    subject: link_id,
    details: code === null ? {} : { reason: code },
  })
}

export interface LinkRow {
  readonly id: string
  readonly collection_id: string
  readonly control_id: string
  readonly slot: string
  readonly period_from: string | null
  readonly period_to: string | null
  readonly linked_by: string
  readonly recorded_at: Instant
  readonly state: LinkState
  readonly code: string | null
  readonly because: string | null
  readonly decided_by: string | null
  readonly decided_at: Instant | null
  readonly observed_at: Instant
  readonly source_name: string
  readonly stream: string
  readonly kind: string
  /** Who recorded the evidence, and who prepared it by hand, if anybody. */
  readonly recorded_by: string
  readonly prepared_by: string | null
  readonly superseded_by: string | null
}

/** Evidence put forward for controls, each with the decision that held at `knownAt`. */
export async function listLinks(
  tx: Tx,
  filter: {
    readonly id?: string | undefined
    readonly control?: string | undefined
    readonly collection?: string | undefined
  },
  knownAt: Instant,
): Promise<LinkRow[]> {
  return await tx.rows<LinkRow>(sql`
    select l.id, l.collection_id, l.control_id, l.slot, l.period_from, l.period_to, l.linked_by, l.recorded_at,
      coalesce(d.state, 'submitted') as state, d.code, d.because, d.decided_by, d.recorded_at as decided_at,
      c.observed_at, s.name as source_name, c.stream, c.kind, c.recorded_by, c.producer ->> 'prepared_by' as prepared_by,
      (select x.id from collection x where x.org_id = c.org_id and x.supersedes = c.id and x.recorded_at <= ${knownAt})
        as superseded_by
    from evidence_link l
    join collection c on c.org_id = l.org_id and c.id = l.collection_id
    join source s on s.org_id = c.org_id and s.id = c.source_id
    left join lateral (
      select state, code, because, decided_by, recorded_at from evidence_decision d
      where d.org_id = l.org_id and d.link_id = l.id and d.recorded_at <= ${knownAt}
      order by n desc limit 1) d on true
    where l.org_id = ${tx.org} and l.recorded_at <= ${knownAt}
      and (${filter.id ?? null}::text is null or l.id = ${filter.id ?? null})
      and (${filter.control ?? null}::text is null or l.control_id = ${filter.control ?? null})
      and (${filter.collection ?? null}::text is null or l.collection_id = ${filter.collection ?? null})
    order by l.recorded_at desc, l.id desc limit 5000`)
}

export interface AttestationRow {
  readonly id: string
  readonly control_id: string
  readonly statement: string
  readonly outcome: 'performed' | 'not_performed' | 'no_occurrence'
  readonly period_from: string
  readonly period_to: string
  readonly collection_ids: readonly string[]
  readonly attested_by: string
  readonly recorded_at: Instant
  readonly supersedes: string | null
  readonly manifest: string
}

/** An attestation, replaced or not. */
export async function getAttestation(
  tx: Tx,
  id: string,
): Promise<{ id: string; control_id: string; superseded_by: string | null } | undefined> {
  return await tx.maybe(sql`
    select a.id, a.control_id,
      (select n.id from attestation n where n.org_id = a.org_id and n.supersedes = a.id) as superseded_by
    from attestation a where a.org_id = ${tx.org} and a.id = ${id}`)
}

/** Attestations as known at `knownAt`, without those that a later one replaced. */
export async function listAttestations(
  tx: Tx,
  control: string | undefined,
  knownAt: Instant,
): Promise<AttestationRow[]> {
  return await tx.rows<AttestationRow>(sql`
    select id, control_id, statement, outcome, period_from, period_to, collection_ids, attested_by, recorded_at, supersedes, manifest
    from attestation a
    where org_id = ${tx.org} and recorded_at <= ${knownAt} and (${control ?? null}::text is null or control_id = ${control ?? null})
      and not exists (
        select from attestation n where n.org_id = a.org_id and n.supersedes = a.id and n.recorded_at <= ${knownAt})
    order by recorded_at desc, id desc limit 5000`)
}
