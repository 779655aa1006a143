// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import type { Instant } from '../../lib/time.ts'

/** The newest moment at which anything was recorded, over all organisations; null before the first. Sequencer's role. */
export const newestRecord = async (tx: Tx): Promise<Instant | null> =>
  (
    await tx.one<{ at: Instant | null }>(sql`
      select greatest((select max(updated_at) from ledger_log), (
        select max(m.recorded_at) from ledger_pending p
        join ledger_manifest m on m.org_id = p.org_id and m.sha256 = p.manifest)) as at`)
  ).at
