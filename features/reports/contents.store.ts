// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { Refused } from '../../lib/refused.ts'
import { endOfDay, startOfDay, type Instant } from '../../lib/time.ts'
import { openCollector, orgKek, type SealedCollector, type SigningKey } from '../ledger/keys.store.ts'
import { scopeAt } from '../system/system.store.ts'
import { RECORDS_MOST, type Oddity, type RecordLine, type Wanted } from './bundle.ts'

/** The wanted days as moments, in the time zone of the engagement; UTC before anything is scoped. */
async function spanOf(tx: Tx, { from, to }: Wanted): Promise<{ from: Instant | null; to: Instant | null }> {
  const scope = await scopeAt(tx, { asOf: tx.now, knownAt: tx.now })
  const zone = scope?.document.time_zone ?? 'UTC'
  return {
    from: from === undefined ? null : startOfDay(from, zone),
    to: to === undefined ? null : endOfDay(to, zone),
  }
}

/**
 * Which controls a reading is evidence for: by links that were not rejected or withdrawn, by attestations that rest on
 * it, and by checks that judged it.
 */
const speaks = (tx: Tx): ReturnType<typeof sql> => sql`
  select u.id, array_agg(distinct u.control_id) as controls from (
    select l.collection_id as id, l.control_id from evidence_link l
    left join lateral (
      select d.state from evidence_decision d
      where d.org_id = l.org_id and d.link_id = l.id order by d.n desc limit 1) d on true
    where l.org_id = ${tx.org} and coalesce(d.state, 'submitted') not in ('rejected', 'withdrawn')
    union all
    select c.id, a.control_id from attestation a, unnest(a.collection_ids) c (id) where a.org_id = ${tx.org}
    union all
    select r.collection_id, k.control_id from check_run r
    join check_control k on k.org_id = r.org_id and k.check_version_id = r.check_version_id
    where r.org_id = ${tx.org}) u
  group by u.id`

/**
 * The readings and attestations a bundle is to hold, of those whose leaf is below `size`.
 * @throws Refused TOO_MUCH_TO_EXPORT
 */
export async function readLines(tx: Tx, wanted: Wanted, size: number): Promise<RecordLine[]> {
  const { controls = null, collections = null } = wanted
  const { from, to } = await spanOf(tx, wanted)
  const rows = await tx.rows<RecordLine>(sql`
    with speaks as (${speaks(tx)}), record as (
      select c.id, coalesce(p.controls, '{}') as controls, s.name as source, c.stream, c.kind, c.outcome, c.why, c.listed,
        c.collected, jsonb_array_length(c.unreachable) as unreachable, coalesce(c.window_from, c.observed_at) as begins,
        c.observed_at, c.recorded_at, c.suspect,
        (select n.id from collection n where n.org_id = c.org_id and n.supersedes = c.id limit 1) as superseded_by, c.manifest
      from collection c
      join source s on s.org_id = c.org_id and s.id = c.source_id
      left join speaks p on p.id = c.id
      where c.org_id = ${tx.org}
      union all
      select a.id, array[a.control_id], 'Attestation', a.outcome, 'attestation', 'complete', null, 1, 1, 0,
        a.period_from::timestamp at time zone 'UTC', a.period_to::timestamp at time zone 'UTC', a.recorded_at, null,
        (select n.id from attestation n where n.org_id = a.org_id and n.supersedes = a.id limit 1), a.manifest
      from attestation a where a.org_id = ${tx.org}
    )
    select r.id, r.controls, coalesce((
        select min(k collate "C") from unnest(r.controls) k
        where ${controls}::text[] is null or k = any(${controls}::text[])), 'unassigned') as control,
      r.source, r.stream, r.kind, r.outcome, r.why, r.listed, r.collected, r.unreachable, r.observed_at, r.recorded_at,
      r.suspect, r.superseded_by, r.manifest, f.idx as index, m.erased_by, m.lost_at is not null as is_lost,
      (select max(t.gen_time) from ledger_timestamp t
        join ledger_leaf tl on tl.org_id = t.org_id and tl.manifest = t.manifest
        where t.org_id = ${tx.org} and tl.idx < m.anchor_size) as made_after,
      (select min(t.gen_time) from ledger_timestamp t
        where t.org_id = ${tx.org} and t.size > f.idx and t.size <= ${size}) as existed_before
    from record r
    join ledger_leaf f on f.org_id = ${tx.org} and f.manifest = r.manifest and f.idx < ${size}
    join ledger_manifest m on m.org_id = ${tx.org} and m.sha256 = r.manifest
    where (${controls}::text[] is null or r.controls && ${controls}::text[])
      and (${collections}::text[] is null or r.id = any(${collections}::text[]))
      and (${from}::timestamptz is null or r.observed_at >= ${from})
      and (${to}::timestamptz is null or r.begins < ${to})
    limit ${RECORDS_MOST + 1}`)
  if (rows.length > RECORDS_MOST)
    throw new Refused('TOO_MUCH_TO_EXPORT', `expected at most ${RECORDS_MOST} records; choose controls or days`)
  return rows.map((row) => ({ ...row, controls: row.controls.toSorted() }))
}

/** Runs that were announced and gave nothing: what a bad result that was dropped would look like. */
export async function readRunsWithoutResult(tx: Tx, wanted: Wanted): Promise<Oddity[]> {
  const { from, to } = await spanOf(tx, wanted)
  const rows = await tx.rows<{ id: string; state: string; because: string | null; requested_at: Instant }>(sql`
    select id, state, because, requested_at from run
    where org_id = ${tx.org} and state <> 'done'
      and (${from}::timestamptz is null or requested_at >= ${from})
      and (${to}::timestamptz is null or requested_at < ${to})
    order by requested_at, id limit 10000`)
  return rows.map(({ id, state, because, requested_at }) => ({
    what: id,
    remark: `the run announced ${requested_at} gave no result: ${because ?? `it is ${state}`}`,
  }))
}

export interface AnnouncedKey {
  readonly manifest: string
  readonly index: number
  /** Of a `key` leaf that names no key of ours, nothing. */
  readonly id: string | null
  readonly purpose: 'log' | 'collector' | null
  readonly public: string | null
}

/** Every leaf below `size` that announces a key, in order. */
export const readAnnouncedKeys = async (tx: Tx, size: number): Promise<AnnouncedKey[]> =>
  await tx.rows(sql`
    select l.manifest, l.idx as index, k.id, k.purpose, k.public
    from ledger_leaf l
    left join ledger_key k on k.org_id = l.org_id and k.manifest = l.manifest
    where l.org_id = ${tx.org} and l.kind = 'key' and l.idx < ${size} order by l.idx`)

/** The collector's key that seals a bundle: the newest whose announcement its tree holds. */
export async function sealingKey(tx: Tx, size: number): Promise<SigningKey> {
  const row = await tx.one<SealedCollector>(sql`
    select k.id, k.public, s.sealed
    from ledger_key k
    join ledger_leaf l on l.org_id = k.org_id and l.manifest = k.manifest and l.idx < ${size}
    join ledger_secret s on s.org_id = k.org_id and s.id = k.id
    where k.org_id = ${tx.org} and k.purpose = 'collector' order by k.generation desc limit 1`)
  return openCollector(row, await orgKek(tx))
}

/**
 * The newest published tree that covers `wanted` leaves, a time-stamped one before others. `undefined` while there is
 * none.
 */
export const chooseTree = async (
  tx: Tx,
  wanted: number,
): Promise<{ readonly size: number; readonly is_stamped: boolean } | undefined> =>
  await tx.maybe(sql`
    select t.size, t.is_stamped from (
      select size, true as is_stamped from ledger_timestamp where org_id = ${tx.org}
      union all
      select published_size, false from ledger_log where org_id = ${tx.org}
    ) t
    where t.size >= greatest(${wanted}, 1) order by t.is_stamped desc, t.size desc limit 1`)

export interface StampRow {
  readonly size: number
  readonly authority: string
  readonly token: Buffer
  /** The checkpoint that was stamped, its exact text. */
  readonly note: string
}

/** Time-stamps of trees up to a size: the newest ones, and for each record the first that covers it. */
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
    select t.size, t.authority, t.token, c.note
    from ledger_timestamp t
    join needed n on n.size = t.size
    join ledger_checkpoint c on c.org_id = t.org_id and c.size = t.size
    where t.org_id = ${tx.org} order by t.size, t.authority`)

export const organizationName = async (tx: Tx): Promise<string> =>
  (await tx.one<{ name: string }>(sql`select name from organization where org_id = ${tx.org}`)).name

export interface LeafBytes {
  readonly manifest: string
  readonly index: number
  readonly leaf: Buffer
  /** Null once erased or lost. */
  readonly envelope: Buffer | null
}

/** Leaves with their statements, by manifest. */
export async function readLeaves(tx: Tx, manifests: readonly string[]): Promise<Map<string, LeafBytes>> {
  const rows = await tx.rows<LeafBytes>(sql`
    select l.manifest, l.idx as index, l.leaf, m.envelope
    from ledger_leaf l join ledger_manifest m on m.org_id = l.org_id and m.sha256 = l.manifest
    where l.org_id = ${tx.org} and l.manifest = any(${[...manifests]}::text[])`)
  return new Map(rows.map((row) => [row.manifest, row]))
}
