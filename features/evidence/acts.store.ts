// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { newId } from '../../lib/ids.ts'
import { appendLeaf, recordAudit } from '../ledger/ledger.store.ts'

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

export async function saveLink(tx: Tx, draft: LinkDraft): Promise<string> {
  const id = newId('lnk', Date.parse(tx.now))
  await tx.run(sql`
    insert into evidence_link (org_id, id, collection_id, control_id, slot, period_from, period_to, linked_by)
    values (${tx.org}, ${id}, ${draft.collection_id}, ${draft.control_id}, ${draft.slot}, ${draft.period_from ?? null},
      ${draft.period_to ?? null}, ${tx.actor})`)
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

/** Adds a decision; the ones before it stay. The row lock on the link makes two deciders take turns. */
export async function saveDecision(tx: Tx, decision: Decision): Promise<void> {
  const { n } = await tx.one<{ n: number }>(sql`
    select count(*)::int as n from evidence_decision where org_id = ${tx.org} and link_id = ${decision.link_id}`)
  await tx.run(sql`
    insert into evidence_decision (org_id, link_id, n, state, code, because, decided_by)
    values (${tx.org}, ${decision.link_id}, ${n}, ${decision.state}, ${decision.code ?? null}, ${decision.because ?? null}, ${tx.actor})`)
  await recordAudit(tx, {
    event: `evidence.${decision.state}`,
    subject: decision.link_id,
    details: decision.code ? { reason: decision.code } : {},
  })
}
