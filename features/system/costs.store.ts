// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import type { Instant } from '../../lib/time.ts'
import { appendLeaf, recordAudit } from '../ledger/ledger.store.ts'
import type { CostKind, OwnCost } from './plan.ts'

/** What management reckons with instead of the planning figures, as known at `knownAt`; at most one of each kind. */
export const listOwnCosts = (tx: Tx, knownAt: Instant): Promise<OwnCost[]> =>
  tx.rows<OwnCost>(sql`
    select * from (
      select distinct on (what) what, usd_from, usd_to, source from cost_figure
      where org_id = ${tx.org} and recorded_at <= ${knownAt}
      order by what, n desc) newest
    where usd_from is not null`)

/** Saves a figure with its `state` leaf; without amounts the planning figure counts again. */
export async function saveCost(
  tx: Tx,
  figure: {
    readonly what: CostKind
    readonly usd_from: number | null
    readonly usd_to: number | null
    readonly source: string
  },
): Promise<void> {
  await tx.run(sql`select pg_advisory_xact_lock(hashtextextended(${`cost:${tx.org}`}, 0))`)
  const { n } = await tx.one<{ n: number }>(
    sql`select coalesce(max(n), 0) + 1 as n from cost_figure where org_id = ${tx.org}`,
  )
  const { what, usd_from, usd_to, source } = figure
  const { manifest } = await appendLeaf(tx, {
    kind: 'state',
    stream: `cost:${what}`,
    predicate: { record: 'cost-figure', figure: n, what, usd_from, usd_to, source },
  })
  await tx.run(sql`
    insert into cost_figure (org_id, n, what, usd_from, usd_to, source, saved_by, manifest)
    values (${tx.org}, ${n}, ${what}, ${usd_from}, ${usd_to}, ${source}, ${tx.actor}, ${manifest})`)
  await recordAudit(tx, { event: 'cost.saved', subject: what, details: { version: n } })
}
