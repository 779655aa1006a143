// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import type { Instant } from '../../lib/time.ts'
import { appendLeaf, recordAudit } from '../ledger/ledger.store.ts'
import type { DecisionState } from './criteria.ts'

export interface DecisionRow {
  readonly criterion_id: string
  readonly n: number
  readonly state: DecisionState
  readonly rationale: string
  readonly decided_by: string
  readonly recorded_at: Instant
}

/** The last decision on each criterion as known at `knownAt`. */
export async function listDecisions(tx: Tx, knownAt: Instant): Promise<DecisionRow[]> {
  return await tx.rows<DecisionRow>(sql`
    select distinct on (criterion_id) criterion_id, n, state, rationale, decided_by, recorded_at
    from criterion_decision
    where org_id = ${tx.org} and recorded_at <= ${knownAt}
    order by criterion_id, n desc`)
}

/** The last decision on one criterion; locks out a second decider until the transaction ends. */
export async function lastDecision(tx: Tx, criterion_id: string): Promise<DecisionRow | undefined> {
  await tx.run(sql`select pg_advisory_xact_lock(hashtextextended(${`criterion:${tx.org}:${criterion_id}`}, 0))`)
  return await tx.maybe<DecisionRow>(sql`
    select criterion_id, n, state, rationale, decided_by, recorded_at
    from criterion_decision
    where org_id = ${tx.org} and criterion_id = ${criterion_id}
    order by n desc limit 1`)
}

export async function saveDecision(
  tx: Tx,
  decision: Pick<DecisionRow, 'criterion_id' | 'n' | 'state' | 'rationale'>,
): Promise<void> {
  const { criterion_id, n, state, rationale } = decision
  const { manifest } = await appendLeaf(tx, {
    kind: 'state',
    stream: `criterion:${criterion_id}`,
    predicate: { record: 'criterion-relevance', criterion: criterion_id, decision: n, state, rationale },
  })
  await tx.run(sql`
    insert into criterion_decision (org_id, criterion_id, n, state, rationale, decided_by, manifest)
    values (${tx.org}, ${criterion_id}, ${n}, ${state}, ${rationale}, ${tx.actor}, ${manifest})`)
  await recordAudit(tx, { event: `criterion.${state}-not-relevant`, subject: criterion_id, details: { version: n } })
}
