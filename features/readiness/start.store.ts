// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { question, together } from '../../lib/together.ts'
import type { Instant, LocalDate } from '../../lib/time.ts'
import { appendLeaf, recordAudit } from '../ledger/ledger.store.ts'
import { AREA_KINDS, type Gate, type SourceAge } from './start.ts'

export interface StartDecision {
  readonly n: number
  readonly because: string
  readonly holes: readonly Pick<Gate, 'rule' | 'missing'>[]
  readonly decided_by: string
  readonly recorded_at: Instant
}

/** What sources have delivered, and the last decision to start that period with holes. In one statement. */
export const loadStart = (
  tx: Tx,
  of: { readonly period_from: LocalDate; readonly asOf: Instant; readonly knownAt: Instant },
): Promise<{ sources: SourceAge[]; decisions: StartDecision[] }> =>
  together(tx, {
    sources: question(['first_at', 'observed_at', 'failed_at'], (t) =>
      t.rows<SourceAge>(sql`
        select c.kind, s.name,
          min(c.observed_at) filter (where c.outcome = 'complete') as first_at,
          max(c.observed_at) filter (where c.outcome = 'complete') as observed_at,
          max(c.observed_at) filter (where c.outcome <> 'complete') as failed_at
        from collection c
        join source s on s.org_id = c.org_id and s.id = c.source_id
        left join connection n on n.org_id = s.org_id and s.kind = 'connection' and n.id = s.ref
        where c.org_id = ${t.org} and c.kind = any(${[...AREA_KINDS]}::text[]) and n.enabled is not false
          and c.observed_at <= ${of.asOf} and c.recorded_at <= ${of.knownAt}
        group by c.kind, s.id, s.name
        order by first_at nulls last, s.name limit 500`),
    ),
    decisions: question(['recorded_at'], (t) =>
      t.rows<StartDecision>(sql`
        select n, because, holes, decided_by, recorded_at from start_decision
        where org_id = ${t.org} and period_from = ${of.period_from} and recorded_at <= ${of.knownAt}
        order by n desc limit 1`),
    ),
  })

/** Records the decision with its `state` leaf. */
export async function saveStart(
  tx: Tx,
  decision: Pick<StartDecision, 'because' | 'holes'> & { readonly period_from: LocalDate },
): Promise<void> {
  await tx.run(sql`select pg_advisory_xact_lock(hashtextextended(${`start:${tx.org}`}, 0))`)
  const { n } = await tx.one<{ n: number }>(
    sql`select coalesce(max(n), 0) + 1 as n from start_decision where org_id = ${tx.org}`,
  )
  const { because, period_from } = decision
  const holes = decision.holes.map(({ rule, missing }) => ({ rule, missing: [...missing] }))
  const { manifest } = await appendLeaf(tx, {
    kind: 'state',
    stream: 'start',
    predicate: { record: 'start-with-holes', decision: n, period_from, because, holes },
  })
  await tx.run(sql`
    insert into start_decision (org_id, n, period_from, because, holes, decided_by, manifest)
    values (${tx.org}, ${n}, ${period_from}, ${because}, ${JSON.stringify(holes)}::jsonb, ${tx.actor}, ${manifest})`)
  await recordAudit(tx, { event: 'period.started-with-holes', subject: 'start', details: { version: n } })
}
