// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { sql, type Tx } from '../../lib/db.ts'
import { newId } from '../../lib/ids.ts'
import type { Instant } from '../../lib/time.ts'
import { appendLeaf, recordAudit } from '../ledger/ledger.store.ts'
import type { Wanted } from './bundle.ts'

export interface BundleRow {
  readonly id: string
  readonly name: string
  readonly wanted: Wanted
  readonly wanted_size: number
  readonly state: 'queued' | 'running' | 'done' | 'failed'
  readonly because: string | null
  readonly requested_by: string
  readonly requested_at: Instant
  readonly finished_at: Instant | null
  readonly size_bytes: number | null
  readonly sha256: string | null
  readonly records: number | null
  readonly tree_size: number | null
  readonly manifest: string | null
}

const columns = sql`id, name, wanted, wanted_size, state, because, requested_by, requested_at, finished_at, size_bytes, sha256, records,
  tree_size, manifest`

/** Notes that a bundle is wanted, over all that the ledger was told until now. Audited: evidence is to leave. */
export async function saveBundle(tx: Tx, name: string, wanted: Wanted): Promise<string> {
  const id = newId('bdl', Date.parse(tx.now))
  await tx.run(sql`
    insert into bundle (org_id, id, name, wanted, wanted_size, state, requested_by)
    select ${tx.org}, ${id}, ${name}, ${JSON.stringify(wanted)}::jsonb,
      g.size + (select count(*) from ledger_pending p where p.org_id = g.org_id), 'queued', ${tx.actor}
    from ledger_log g where g.org_id = ${tx.org}`)
  await recordAudit(tx, {
    event: 'bundle.requested',
    subject: id,
    details: { period_from: wanted.from ?? null, period_to: wanted.to ?? null, count: wanted.controls?.length ?? null },
  })
  return id
}

export const findBundle = async (tx: Tx, id: string): Promise<BundleRow | undefined> =>
  await tx.maybe(sql`select ${columns} from bundle where org_id = ${tx.org} and id = ${id}`)

export const listBundles = async (tx: Tx, limit: number, after?: readonly [Instant, string]): Promise<BundleRow[]> =>
  await tx.rows(sql`
    select ${columns} from bundle
    where org_id = ${tx.org}
      and (${after === undefined} or (requested_at, id) < (${after?.[0] ?? null}::timestamptz, ${after?.[1] ?? null}))
    order by requested_at desc, id desc limit ${limit + 1}`)

/** Takes a bundle for work. `undefined` when it is done: a job may be run twice, and a failed one again. */
export const takeBundle = async (tx: Tx, id: string): Promise<BundleRow | undefined> =>
  await tx.maybe(sql`
    update bundle set state = 'running', because = null, finished_at = null
    where org_id = ${tx.org} and id = ${id} and state <> 'done' returning ${columns}`)

export interface Made {
  readonly size_bytes: number
  readonly sha256: string
  readonly records: number
  readonly tree_size: number
}

/** Ends an export: the bytes are on disk, and an `export` leaf commits to them. Another run of the job may have been first. */
export async function finishBundle(tx: Tx, id: string, made: Made): Promise<void> {
  const running = await tx.maybe(sql`
    select 1 from bundle where org_id = ${tx.org} and id = ${id} and state = 'running' for update`)
  if (!running) return
  const { manifest } = await appendLeaf(tx, {
    kind: 'export',
    stream: 'bundles',
    predicate: { bundle: id, sha256: made.sha256, size: made.size_bytes, records: made.records, tree: made.tree_size },
  })
  await tx.run(sql`
    update bundle set state = 'done', finished_at = ${tx.now}, size_bytes = ${made.size_bytes}, sha256 = ${made.sha256},
      records = ${made.records}, tree_size = ${made.tree_size}, manifest = ${manifest}
    where org_id = ${tx.org} and id = ${id}`)
  await recordAudit(tx, {
    event: 'bundle.exported',
    subject: id,
    details: { sha256: made.sha256, bytes: made.size_bytes, count: made.records },
  })
}

export const failBundle = async (tx: Tx, id: string, because: string): Promise<number> =>
  await tx.run(sql`
    update bundle set state = 'failed', because = ${because}, finished_at = ${tx.now}
    where org_id = ${tx.org} and id = ${id} and state in ('queued', 'running')`)

/** Where a made bundle lies. */
export const bundlePath = (dataDir: string, org: string, id: string): string =>
  join(dataDir, 'bundles', org, `${id}.zip`)

/** A bundle that can be fetched. */
export async function bundleFile(
  tx: Tx,
  dataDir: string,
  id: string,
): Promise<{ path: string; name: string; size_bytes: number; sha256: string } | undefined> {
  const row = await findBundle(tx, id)
  if (row?.state !== 'done' || row.sha256 === null || row.size_bytes === null) return undefined
  return {
    path: bundlePath(dataDir, tx.org, id),
    name: `${row.name}.zip`,
    size_bytes: row.size_bytes,
    sha256: row.sha256,
  }
}
