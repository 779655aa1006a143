// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { Refused } from '../../lib/refused.ts'
import { startOfDay, endOfDay, type Instant } from '../../lib/time.ts'
import { orgKek, openCollector, type SealedCollector, type SigningKey } from '../ledger/keys.store.ts'
import { scopeAt } from '../system/system.store.ts'
import { ITEMS_MOST, type Exception, type Item, type Selection } from './bundle.ts'

/**
 * Items of evidence of a selection, of those that have their leaf below `size`. Which controls an item is evidence for
 * is said by links, by attestations that rest on it, and by checks that judged it; what was rejected or withdrawn counts
 * for no control and stays evidence. @throws Refused TOO_MUCH_SELECTED
 */
export async function listItems(tx: Tx, selection: Selection, size: number): Promise<Item[]> {
  const { controls = null, collections = null } = selection
  const { from, to } = await periodOf(tx, selection)
  const rows = await tx.rows<Item>(sql`
    with judged as (
      select l.collection_id as id, l.control_id from evidence_link l
      left join lateral (
        select d.state from evidence_decision d where d.org_id = l.org_id and d.link_id = l.id order by d.n desc limit 1) d on true
      where l.org_id = ${tx.org} and coalesce(d.state, 'submitted') not in ('rejected', 'withdrawn')
      union
      select u.id, a.control_id from attestation a, unnest(a.collection_ids) u (id) where a.org_id = ${tx.org}
      union
      select r.collection_id, k.control_id from check_run r
      join check_control k on k.org_id = r.org_id and k.check_version_id = r.check_version_id
      where r.org_id = ${tx.org}
    ), speaks as (
      select id, array_agg(control_id order by control_id collate "C") as controls from judged group by id
    ), item as (
      select 'reading' as type, c.id, coalesce(p.controls, '{}') as controls, c.kind, s.name as source, c.stream, c.outcome,
        c.why, c.suspect, coalesce(c.window_from, c.observed_at) as begins, c.observed_at, c.recorded_at, c.supersedes,
        (select n.id from collection n where n.org_id = c.org_id and n.supersedes = c.id limit 1) as superseded_by, c.manifest
      from collection c
      join source s on s.org_id = c.org_id and s.id = c.source_id
      left join speaks p on p.id = c.id
      where c.org_id = ${tx.org}
      union all
      select 'attestation', a.id, array[a.control_id], 'attestation', a.attested_by, a.control_id, a.outcome,
        null, null, a.period_from::timestamptz, a.period_to::timestamptz, a.recorded_at, a.supersedes,
        (select n.id from attestation n where n.org_id = a.org_id and n.supersedes = a.id limit 1), a.manifest
      from attestation a where a.org_id = ${tx.org}
    )
    select i.type, i.id, i.controls, i.kind, i.source, i.stream, i.outcome, i.why, i.suspect, i.observed_at, i.recorded_at,
      i.supersedes, i.superseded_by, i.manifest, l.idx as index, m.erased_by, m.lost_at is not null as is_lost
    from item i
    join ledger_leaf l on l.org_id = ${tx.org} and l.manifest = i.manifest and l.idx < ${size}
    join ledger_manifest m on m.org_id = ${tx.org} and m.sha256 = i.manifest
    where (${controls}::text[] is null or i.controls && ${controls}::text[])
      and (${collections}::text[] is null or i.id = any(${collections}::text[]))
      and (${from}::timestamptz is null or i.observed_at >= ${from})
      and (${to}::timestamptz is null or i.begins < ${to})
    order by coalesce(i.controls[1], '~') collate "C", i.id collate "C"
    limit ${ITEMS_MOST + 1}`)
  if (rows.length > ITEMS_MOST)
    throw new Refused('TOO_MUCH_SELECTED', `expected at most ${ITEMS_MOST} items; narrow the period or the controls`)
  return rows
}

/** The selected days as moments, in the time zone of the engagement; UTC before anything is scoped. */
async function periodOf(tx: Tx, { period_from, period_to }: Selection): Promise<{ from: Instant | null; to: Instant | null }> {
  const scope = await scopeAt(tx, { asOf: tx.now, knownAt: tx.now })
  const zone = scope?.document.time_zone ?? 'UTC'
  return {
    from: period_from === undefined ? null : startOfDay(period_from, zone),
    to: period_to === undefined ? null : endOfDay(period_to, zone),
  }
}

/** Ids of a selection that are none of this organisation's evidence. */
export const unknownItems = async (tx: Tx, ids: readonly string[]): Promise<string[]> =>
  (
    await tx.rows<{ id: string }>(sql`
      select u.id from unnest(${[...ids]}::text[]) u (id)
      where not exists (select from collection c where c.org_id = ${tx.org} and c.id = u.id)
        and not exists (select from attestation a where a.org_id = ${tx.org} and a.id = u.id)
      limit 10`)
  ).map(({ id }) => id)

/** Runs that were announced and gave nothing, of the period: what a dropped bad result would look like. */
export async function listRunsWithoutResult(tx: Tx, selection: Selection): Promise<Exception[]> {
  const { from, to } = await periodOf(tx, selection)
  return await tx.rows<Exception>(sql`
    select 'run without result' as what, r.id, '' as control, to_char(r.requested_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at,
      coalesce(r.because, 'it is still ' || r.state) as because
    from run r
    where r.org_id = ${tx.org} and r.state <> 'done'
      and (${from}::timestamptz is null or r.requested_at >= ${from}) and (${to}::timestamptz is null or r.requested_at < ${to})
    order by r.requested_at, r.id limit 10000`)
}

export interface LeafBytes {
  readonly manifest: string
  readonly index: number
  readonly leaf: Buffer
  /** Null once erased. */
  readonly envelope: Buffer | null
}

export const readLeaves = async (tx: Tx, manifests: readonly string[]): Promise<Map<string, LeafBytes>> => {
  const rows = await tx.rows<LeafBytes>(sql`
    select l.manifest, l.idx as index, l.leaf, m.envelope
    from ledger_leaf l join ledger_manifest m on m.org_id = l.org_id and m.sha256 = l.manifest
    where l.org_id = ${tx.org} and l.manifest = any(${[...manifests]}::text[])`)
  return new Map(rows.map((row) => [row.manifest, row]))
}

/** Leaves that announce keys, below `size`, in order. */
export const readKeyLeaves = async (tx: Tx, size: number): Promise<LeafBytes[]> =>
  await tx.rows(sql`
    select l.manifest, l.idx as index, l.leaf, m.envelope
    from ledger_leaf l join ledger_manifest m on m.org_id = l.org_id and m.sha256 = l.manifest
    where l.org_id = ${tx.org} and l.kind = 'key' and l.idx < ${size} order by l.idx`)

export interface CaptureBytes {
  readonly collection_id: string
  readonly n: number
  readonly blob: string
  readonly size_bytes: number
}

export const readCaptures = async (tx: Tx, collections: readonly string[]): Promise<CaptureBytes[]> =>
  await tx.rows(sql`
    select collection_id, n, blob, size_bytes from capture
    where org_id = ${tx.org} and collection_id = any(${[...collections]}::text[]) order by collection_id, n`)

export interface StoredStamp {
  readonly size: number
  readonly authority: string
  readonly token: Buffer
  readonly gen_time: Instant
  /** The checkpoint that was stamped, its exact text. */
  readonly note: string
}

/** Sizes of the trees that have a time-stamp, up to `size`, ascending. */
export const stampedSizes = async (tx: Tx, size: number): Promise<number[]> =>
  (
    await tx.rows<{ size: number }>(sql`
      select distinct size from ledger_timestamp where org_id = ${tx.org} and size <= ${size} order by size`)
  ).map((row) => row.size)

export const readStamps = async (tx: Tx, sizes: readonly number[]): Promise<StoredStamp[]> =>
  await tx.rows(sql`
    select t.size, t.authority, t.token, t.gen_time, c.note
    from ledger_timestamp t join ledger_checkpoint c on c.org_id = t.org_id and c.size = t.size
    where t.org_id = ${tx.org} and t.size = any(${[...sizes]}::bigint[]) order by t.size, t.authority`)

/** The newest tree that covers `wanted` leaves: stamped if there is one, else published. `undefined` while there is none. */
export const chooseTree = async (
  tx: Tx,
  wanted: number,
): Promise<{ readonly size: number; readonly is_stamped: boolean } | undefined> =>
  await tx.maybe(sql`
    select size, is_stamped from (
      select size, true as is_stamped from ledger_timestamp where org_id = ${tx.org}
      union all
      select published_size, false from ledger_log where org_id = ${tx.org}
    ) t
    where size >= ${wanted} and size > 0 order by is_stamped desc, size desc limit 1`)

/** The collector's key that signs a bundle: the newest whose announcement the tree holds. */
export async function sealingKey(tx: Tx, size: number): Promise<SigningKey> {
  const row = await tx.one<SealedCollector>(sql`
    select k.id, k.public, s.sealed
    from ledger_key k
    join ledger_leaf l on l.org_id = k.org_id and l.manifest = k.manifest and l.idx < ${size}
    join ledger_secret s on s.org_id = k.org_id and s.id = k.id
    where k.org_id = ${tx.org} and k.purpose = 'collector' order by k.generation desc limit 1`)
  return openCollector(row, await orgKek(tx))
}

export const organizationName = async (tx: Tx): Promise<string> =>
  (await tx.one<{ name: string }>(sql`select name from organization where org_id = ${tx.org}`)).name
