// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { sql, type Tx } from '../../lib/db.ts'
import { newId } from '../../lib/ids.ts'
import type { Instant } from '../../lib/time.ts'
import { appendLeaf } from '../ledger/ledger.store.ts'
import type { RecordLine, Wanted } from './bundle.ts'

export interface BundleRow {
  readonly id: string
  readonly name: string
  readonly wanted: Wanted
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

const columns = sql`id, name, wanted, state, because, requested_by, requested_at, finished_at, size_bytes, sha256, records,
  tree_size, manifest`

export async function saveBundle(tx: Tx, name: string, wanted: Wanted): Promise<string> {
  const id = newId('bdl', Date.parse(tx.now))
  await tx.run(sql`
    insert into bundle (org_id, id, name, wanted, state, requested_by)
    values (${tx.org}, ${id}, ${name}, ${JSON.stringify(wanted)}::jsonb, 'queued', ${tx.actor})`)
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

export const markRunning = async (tx: Tx, id: string): Promise<number> =>
  await tx.run(sql`
    update bundle set state = 'running' where org_id = ${tx.org} and id = ${id} and state in ('queued', 'running')`)

export interface Made {
  readonly size_bytes: number
  readonly sha256: string
  readonly records: number
  readonly tree_size: number
}

/** Ends an export: the bytes are on disk, and an `export` leaf commits to them. */
export async function finishBundle(tx: Tx, id: string, made: Made): Promise<void> {
  const { manifest } = await appendLeaf(tx, {
    kind: 'export',
    stream: 'bundles',
    predicate: { bundle: id, sha256: made.sha256, size: made.size_bytes, records: made.records, tree: made.tree_size },
  })
  await tx.run(sql`
    update bundle set state = 'done', finished_at = ${tx.now}, size_bytes = ${made.size_bytes}, sha256 = ${made.sha256},
      records = ${made.records}, tree_size = ${made.tree_size}, manifest = ${manifest}
    where org_id = ${tx.org} and id = ${id} and state = 'running'`)
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

/** The readings a bundle is to hold, each under one control that it was put forward for; only leaves below `size`. */
export const readLines = async (tx: Tx, wanted: Wanted, size: number): Promise<RecordLine[]> =>
  await tx.rows(sql`
    select c.id, coalesce(l.control_id, 'unassigned') as control, s.name as source, c.stream, c.kind, c.outcome, c.why,
      c.listed, c.collected, jsonb_array_length(c.unreachable) as unreachable, c.observed_at, c.recorded_at, c.suspect,
      (select n.id from collection n where n.org_id = c.org_id and n.supersedes = c.id limit 1) as superseded_by,
      c.manifest, f.idx as index
    from collection c
    join source s on s.org_id = c.org_id and s.id = c.source_id
    join ledger_leaf f on f.org_id = c.org_id and f.manifest = c.manifest and f.idx < ${size}
    left join lateral (
      select control_id from evidence_link l
      where l.org_id = c.org_id and l.collection_id = c.id
        and (${wanted.controls ?? null}::text[] is null or l.control_id = any(${wanted.controls ?? null}::text[]))
      order by l.control_id limit 1) l on true
    where c.org_id = ${tx.org}
      and (${wanted.collections ?? null}::text[] is null or c.id = any(${wanted.collections ?? null}::text[]))
      and (${wanted.from ?? null}::date is null or c.observed_at >= ${wanted.from ?? null}::date)
      and (${wanted.to ?? null}::date is null or c.observed_at < ${wanted.to ?? null}::date + 1)
      and (${wanted.controls ?? null}::text[] is null or l.control_id is not null or exists (
        select from check_run r
        join check_control k on k.org_id = r.org_id and k.check_version_id = r.check_version_id
        where r.org_id = c.org_id and r.collection_id = c.id and k.control_id = any(${wanted.controls ?? null}::text[])))
    order by c.id`)

/** Attestations in the same shape: a person's word is a record like any other. */
export const readAttestations = async (tx: Tx, wanted: Wanted, size: number): Promise<RecordLine[]> =>
  await tx.rows(sql`
    select a.id, a.control_id as control, 'Attestation' as source, a.outcome as stream, 'attestation' as kind,
      'complete' as outcome, null as why, 1 as listed, 1 as collected, 0 as unreachable,
      a.period_to::timestamptz as observed_at, a.recorded_at, null as suspect,
      (select n.id from attestation n where n.org_id = a.org_id and n.supersedes = a.id limit 1) as superseded_by,
      a.manifest, f.idx as index
    from attestation a
    join ledger_leaf f on f.org_id = a.org_id and f.manifest = a.manifest and f.idx < ${size}
    where a.org_id = ${tx.org} and ${wanted.collections === undefined}
      and (${wanted.controls ?? null}::text[] is null or a.control_id = any(${wanted.controls ?? null}::text[]))
      and (${wanted.from ?? null}::date is null or a.period_to >= ${wanted.from ?? null}::date)
      and (${wanted.to ?? null}::date is null or a.period_from <= ${wanted.to ?? null}::date)
    order by a.id`)

export const organizationName = async (tx: Tx): Promise<string> =>
  (await tx.one<{ name: string }>(sql`select name from organization where org_id = ${tx.org}`)).name

export interface StampRow {
  readonly size: number
  readonly authority: string
  readonly token: Buffer
}

/** Time-stamps of trees up to a size: the newest, and for each record the first that covers it. */
export const readStamps = async (
  tx: Tx,
  size: number,
  indexes: readonly number[],
  newest: number,
): Promise<StampRow[]> =>
  await tx.rows(sql`
    with needed as (
      select distinct (
        select t.size from ledger_timestamp t
        where t.org_id = ${tx.org} and t.size > i.idx and t.size <= ${size} order by t.size limit 1) as size
      from unnest(${[...indexes]}::bigint[]) i (idx)
      union
      (select t.size from ledger_timestamp t where t.org_id = ${tx.org} and t.size <= ${size} order by t.size desc limit ${newest})
    )
    select t.size, t.authority, t.token from ledger_timestamp t join needed n on n.size = t.size
    where t.org_id = ${tx.org} order by t.size, t.authority`)
