// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { newId } from '../../lib/ids.ts'
import type { Instant } from '../../lib/time.ts'
import { recordAudit } from '../ledger/ledger.store.ts'

export type ImportState = 'queued' | 'running' | 'done' | 'refused' | 'failed'

/** A file that was handed over to be read, and what became of it. */
export interface ImportRow {
  readonly id: string
  readonly upload: string
  readonly name: string
  readonly size_bytes: number
  readonly sha256: string
  readonly format: string
  readonly series: string
  /** What the person said about the file: `ImportOptions` of the operation. */
  readonly options: unknown
  readonly state: ImportState
  readonly code: string | null
  readonly because: string | null
  readonly collection_ids: readonly string[]
  readonly requested_by: string
  readonly requested_at: Instant
  readonly finished_at: Instant | null
}

export type ImportDraft = Pick<ImportRow, 'upload' | 'name' | 'size_bytes' | 'sha256' | 'format' | 'series'> & {
  readonly options: Readonly<Record<string, unknown>>
}

const COLUMNS = sql.raw(`id, upload, name, size_bytes, sha256, format, series, options, state, code, because,
  collection_ids, requested_by, requested_at, finished_at`)

export async function startImport(tx: Tx, draft: ImportDraft): Promise<ImportRow> {
  return await tx.one<ImportRow>(sql`
    insert into file_import (org_id, id, upload, name, size_bytes, sha256, format, series, options, state, requested_by)
    values (${tx.org}, ${newId('imp', Date.parse(tx.now))}, ${draft.upload}, ${draft.name}, ${draft.size_bytes},
      ${draft.sha256}, ${draft.format}, ${draft.series}, ${JSON.stringify(draft.options)}, 'queued', ${tx.actor})
    returning ${COLUMNS}`)
}

/** Takes an import for work. `undefined` when it has come to its end before: a job may be run twice. */
export async function takeImport(tx: Tx, id: string): Promise<ImportRow | undefined> {
  return await tx.maybe<ImportRow>(sql`
    update file_import set state = 'running', code = null, because = null, finished_at = null
    where org_id = ${tx.org} and id = ${id} and state in ('queued', 'running', 'failed')
    returning ${COLUMNS}`)
}

/** Ends an import in the transaction that records what it held, with its audit event. False when it had ended before. */
export async function finishImport(
  tx: Tx,
  id: string,
  end:
    | { readonly state: 'done'; readonly collection_ids: readonly string[] }
    | { readonly state: 'refused' | 'failed'; readonly code: string; readonly because: string },
): Promise<boolean> {
  const ended = await tx.run(sql`
    update file_import
    set state = ${end.state}, finished_at = recorded_now(), code = ${end.state === 'done' ? null : end.code},
      because = ${end.state === 'done' ? null : end.because},
      collection_ids = ${end.state === 'done' ? [...end.collection_ids] : []}::text[]
    where org_id = ${tx.org} and id = ${id} and state in ('queued', 'running')`)
  if (ended === 0) return false
  await recordAudit(tx, {
    event: 'evidence.imported',
    subject: id,
    details:
      end.state === 'done'
        ? { state: end.state, count: end.collection_ids.length }
        : { state: end.state, reason: end.code },
  })
  return true
}

export async function listImports(
  tx: Tx,
  filter: { readonly id?: string | undefined },
  limit: number,
  after?: readonly [Instant, string],
): Promise<ImportRow[]> {
  return await tx.rows<ImportRow>(sql`
    select ${COLUMNS} from file_import
    where org_id = ${tx.org} and (${filter.id ?? null}::text is null or id = ${filter.id ?? null})
      and (${after === undefined} or (requested_at, id) < (${after?.[0] ?? null}::timestamptz, ${after?.[1] ?? null}))
    order by requested_at desc, id desc
    limit ${limit + 1}`)
}

/** The reading that this very file already gave in this series, by the same version of the reader. */
export async function findSameFile(
  tx: Tx,
  file: { readonly sha256: string; readonly series: string; readonly producer: string; readonly version: string },
): Promise<{ id: string; stream: string }[]> {
  return await tx.rows(sql`
    select c.id, c.stream
    from capture a
    join collection c on c.org_id = a.org_id and c.id = a.collection_id
    join source s on s.org_id = c.org_id and s.id = c.source_id
    where a.org_id = ${tx.org} and a.sha256 = ${file.sha256} and s.kind = 'import' and s.ref = ${file.series}
      and c.producer ->> 'id' = ${file.producer} and c.producer ->> 'version' = ${file.version}
      and not exists (select from collection n where n.org_id = c.org_id and n.supersedes = c.id)
    limit 100`)
}
