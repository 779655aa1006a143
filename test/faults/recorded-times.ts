// SPDX-License-Identifier: Apache-2.0
import type pg from 'pg'

/** When each leaf of the ledgers was recorded, in the order of the leaves. */
export const recordedTimes = async (owner: pg.Pool | pg.Client): Promise<string[]> =>
  (
    await owner.query<{ at: string }>(
      `select m.recorded_at as at from ledger_leaf l join ledger_manifest m on m.org_id = l.org_id and m.sha256 = l.manifest
       order by l.org_id, l.idx`,
    )
  ).rows.map(({ at }) => new Date(at).toISOString())
