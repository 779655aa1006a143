// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'

/** A file of a reading, as it lies in the blob store, and the sealed key that opens it. */
export interface StoredFile {
  /** Id of the reading. */
  readonly evidence: string
  readonly n: number
  readonly name: string
  readonly blob: string
  readonly sealed_key: Buffer | null
}

/** Files of readings that were not erased, in the order of their ids; those behind a place. */
export const readStoredFiles = async (
  tx: Tx,
  after: { readonly evidence: string; readonly n: number } | undefined,
  limit: number,
): Promise<StoredFile[]> =>
  await tx.rows(sql`
    select a.collection_id as evidence, a.n, a.name, a.blob, m.sealed_key
    from capture a
    join collection c on c.org_id = a.org_id and c.id = a.collection_id
    join ledger_manifest m on m.org_id = c.org_id and m.sha256 = c.manifest
    where a.org_id = ${tx.org} and m.erased_by is null
      and (a.collection_id, a.n) > (${after?.evidence ?? ''}, ${after?.n ?? -1}::int)
    order by a.collection_id, a.n
    limit ${limit}`)

/** How many files there are to look at. */
export const countStoredFiles = async (tx: Tx): Promise<number> =>
  (
    await tx.one<{ count: number }>(sql`
      select count(*)::int as count
      from capture a
      join collection c on c.org_id = a.org_id and c.id = a.collection_id
      join ledger_manifest m on m.org_id = c.org_id and m.sha256 = c.manifest
      where a.org_id = ${tx.org} and m.erased_by is null`)
  ).count
