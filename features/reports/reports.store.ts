// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { publish } from '../../lib/events.ts'
import { newId } from '../../lib/ids.ts'
import type { Instant } from '../../lib/time.ts'
import { appendLeaf, recordAudit } from '../ledger/ledger.store.ts'
import { selectionText, type Selection } from './bundle.ts'

export type BundleState = 'queued' | 'running' | 'done' | 'refused' | 'failed'

export interface BundleRow {
  readonly id: string
  readonly selection: Selection
  readonly wanted_size: number
  readonly state: BundleState
  readonly code: string | null
  readonly because: string | null
  readonly size_bytes: number | null
  readonly sha256: string | null
  readonly log_size: number | null
  readonly item_count: number | null
  readonly exception_count: number | null
  readonly requested_by: string
  readonly requested_at: Instant
  readonly finished_at: Instant | null
  readonly manifest: string | null
}

const COLUMNS = sql.raw(`id, selection, wanted_size, state, code, because, size_bytes, sha256, log_size, item_count,
  exception_count, requested_by, requested_at, finished_at, manifest`)

/** Notes that a bundle is wanted, over all that the ledger was told until now. Audited: evidence is to leave. */
export async function requestBundle(tx: Tx, selection: Selection): Promise<BundleRow> {
  const row = await tx.one<BundleRow>(sql`
    insert into bundle (org_id, id, selection, wanted_size, state, requested_by)
    select ${tx.org}, ${newId('bdl', Date.parse(tx.now))}, ${JSON.stringify(selection)}::jsonb,
      g.size + (select count(*) from ledger_pending p where p.org_id = g.org_id), 'queued', ${tx.actor}
    from ledger_log g where g.org_id = ${tx.org}
    returning ${COLUMNS}`)
  await recordAudit(tx, {
    event: 'bundle.requested',
    subject: row.id,
    details: { period_from: selection.period_from ?? null, period_to: selection.period_to ?? null },
  })
  await publish(tx, 'bundle', { id: row.id, state: row.state })
  return row
}

/** Takes a bundle for work. `undefined` when it has come to its end before: a job may be run twice. */
export const takeBundle = async (tx: Tx, id: string): Promise<BundleRow | undefined> =>
  await tx.maybe<BundleRow>(sql`
    update bundle set state = 'running', code = null, because = null, finished_at = null
    where org_id = ${tx.org} and id = ${id} and state in ('queued', 'running', 'failed')
    returning ${COLUMNS}`)

/** A zip that is durable in the data folder. */
export interface MadeBundle {
  readonly sha256: string
  readonly size_bytes: number
  readonly log_size: number
  readonly item_count: number
  readonly exception_count: number
}

/** Ends a bundle with its `export` leaf, which names the zip. Does nothing when another run of the job was first. */
export async function finishBundle(tx: Tx, { id, selection }: BundleRow, made: MadeBundle): Promise<void> {
  const open = await tx.maybe(sql`
    select 1 from bundle where org_id = ${tx.org} and id = ${id} and state = 'running' for update`)
  if (!open) return
  const { manifest } = await appendLeaf(tx, {
    kind: 'export',
    stream: 'exports',
    predicate: {
      bundle: id,
      selection: selectionText(selection),
      items: made.item_count,
      exceptions: made.exception_count,
      log: { size: made.log_size },
    },
    files: [{ name: `${id}.zip`, sha256: made.sha256, size: made.size_bytes, media_type: 'application/zip' }],
  })
  await tx.run(sql`
    update bundle set state = 'done', finished_at = recorded_now(), size_bytes = ${made.size_bytes}, sha256 = ${made.sha256},
      log_size = ${made.log_size}, item_count = ${made.item_count}, exception_count = ${made.exception_count},
      manifest = ${manifest}
    where org_id = ${tx.org} and id = ${id}`)
  await recordAudit(tx, {
    event: 'bundle.exported',
    subject: id,
    details: { sha256: made.sha256, count: made.item_count, bytes: made.size_bytes },
  })
  await publish(tx, 'bundle', { id, state: 'done' })
}

/** Ends a bundle without a file. */
export async function endBundle(
  tx: Tx,
  id: string,
  end: { readonly state: 'refused' | 'failed'; readonly code: string; readonly because: string },
): Promise<void> {
  const ended = await tx.run(sql`
    update bundle set state = ${end.state}, code = ${end.code}, because = ${end.because}, finished_at = recorded_now()
    where org_id = ${tx.org} and id = ${id} and state in ('queued', 'running')`)
  if (ended === 0) return
  await recordAudit(tx, { event: 'bundle.ended', subject: id, details: { state: end.state, reason: end.code } })
  await publish(tx, 'bundle', { id, state: end.state, code: end.code })
}

export const getBundle = async (tx: Tx, id: string): Promise<BundleRow | undefined> =>
  await tx.maybe<BundleRow>(sql`select ${COLUMNS} from bundle where org_id = ${tx.org} and id = ${id}`)

/** Bundles, newest first. Asks for one row more than the page. */
export const listBundles = async (
  tx: Tx,
  knownAt: Instant,
  limit: number,
  after?: readonly [Instant, string],
): Promise<BundleRow[]> =>
  await tx.rows<BundleRow>(sql`
    select ${COLUMNS} from bundle
    where org_id = ${tx.org} and requested_at <= ${knownAt}
      and (${after === undefined} or (requested_at, id) < (${after?.[0] ?? null}::timestamptz, ${after?.[1] ?? null}))
    order by requested_at desc, id desc
    limit ${limit + 1}`)
