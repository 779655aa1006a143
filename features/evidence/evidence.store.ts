// SPDX-License-Identifier: Apache-2.0
import type { CaptureNote, Collected as CollectedWith, Producer } from '../../catalog/collected.ts'
import type { Kind } from '../../catalog/kind.ts'
import { digestRows } from '../../catalog/row-digests.ts'
import { sql, type Tx } from '../../lib/db.ts'
import { newId } from '../../lib/ids.ts'
import { Refused } from '../../lib/refused.ts'
import type { Instant } from '../../lib/time.ts'
import { appendLeaf } from '../ledger/ledger.store.ts'
import type { Json } from '../ledger/statement.ts'
import { checkCollected, suspicion } from './evidence.ts'
import type { Kept } from './captures.store.ts'
import { recordFacts, retractFacts } from './facts.store.ts'

export { keepCaptures, type Kept } from './captures.store.ts'

/** A reading whose bytes are kept. */
type Collected = CollectedWith<CaptureNote>

export interface Recorded {
  readonly collection_id: string
  readonly source_id: number
  readonly manifest: string
  readonly begun: number
  readonly ended: number
  readonly suspect: string | undefined
}

/**
 * Records one reading: its row, captures, facts and ledger leaf, all in the caller's transaction; the one way in for
 * connectors, imports, uploads and people. Absence ends a fact only when the reading was complete and nothing about it
 * is suspect. The caller enqueues the job `judge` with the id it gets, in the same transaction.
 * @param supersedes the reading that this one corrects: what only that one said is no longer believed
 * @throws Refused as `checkCollected` does; ALREADY_SUPERSEDED, OTHER_SERIES, UNKNOWN_EVIDENCE about `supersedes`
 */
export async function recordCollection(
  tx: Tx,
  kind: Kind,
  source: { readonly kind: 'connection' | 'import' | 'person'; readonly ref: string; readonly name: string },
  collected: Collected,
  kept: Kept,
  supersedes?: string,
): Promise<Recorded> {
  checkCollected(collected, tx.now)
  const source_id = await sourceId(tx, source)
  // One recording of a stream at a time: two would each begin what the other has not ended.
  await tx.run(sql`
    select pg_advisory_xact_lock(hashtextextended(${`record:${tx.org}:${source_id}:${collected.stream}`}, 0))`)
  const mistaken = supersedes === undefined ? undefined : await correctable(tx, supersedes, source_id, collected.stream)
  const previous = await tx.maybe<{ collected: number }>(sql`
    select c.collected from collection c
    where c.org_id = ${tx.org} and c.source_id = ${source_id} and c.stream = ${collected.stream} and c.outcome = 'complete'
      and c.observed_at < ${collected.observed_at} and c.id is distinct from ${supersedes ?? null}
      and not exists (select from collection n where n.org_id = c.org_id and n.supersedes = c.id)
    order by c.observed_at desc limit 1`)
  const suspect = suspicion(collected, previous?.collected)
  const told = { rows: collected.rows, ...(collected.digests ?? digestRows(kind, collected.rows)) }
  const collection_id = newId('col', Date.parse(tx.now))
  const { manifest } = await appendLeaf(tx, {
    kind: supersedes ? 'supersede' : 'evidence',
    stream: `collection:${source.kind}:${source.ref}:${collected.stream}`,
    predicate: predicateOf(collection_id, source, collected, told.root, supersedes),
    files: collected.captures.map((capture, n) => ({
      name: `${n}-${capture.name}`,
      sha256: kept.captures[n]!.sha256, // keepCaptures made one entry a capture, in order
      size: kept.captures[n]!.size,
      media_type: capture.media_type,
    })),
    key: kept.key,
    at: collected.observed_at,
  })
  if (mistaken) await retractFacts(tx, { source_id, stream: collected.stream, kind, ...mistaken }, told)
  await saveCollection(tx, { collection_id, source_id, collected, root: told.root, manifest, suspect, supersedes })
  await saveCaptures(tx, collection_id, collected, kept)
  const readable = collected.outcome === 'complete' || collected.outcome === 'partial'
  const merged =
    readable && !suspect
      ? await recordFacts(
          tx,
          {
            source_id,
            stream: collected.stream,
            kind,
            collection_id,
            observed_at: collected.observed_at,
            absenceEnds: collected.outcome === 'complete',
          },
          told,
        )
      : { begun: 0, ended: 0 }
  return { collection_id, source_id, manifest, ...merged, suspect }
}

/** The reading that is to be corrected, when it may be. */
async function correctable(
  tx: Tx,
  id: string,
  source_id: number,
  stream: string,
): Promise<{ collection_id: string; observed_at: Instant } | undefined> {
  const row = await tx.maybe<{
    source_id: number
    stream: string
    observed_at: Instant
    has_facts: boolean
    is_superseded: boolean
  }>(sql`
    select c.source_id, c.stream, c.observed_at, c.outcome in ('complete', 'partial') and c.suspect is null as has_facts,
      exists (select from collection n where n.org_id = c.org_id and n.supersedes = c.id) as is_superseded
    from collection c where c.org_id = ${tx.org} and c.id = ${id}`)
  if (!row) throw new Refused('UNKNOWN_EVIDENCE', `no evidence ${id}`, { status: 404, pointer: '/supersedes' })
  if (row.is_superseded)
    throw new Refused('ALREADY_SUPERSEDED', `${id} was corrected before; correct the correction`, {
      status: 409,
      pointer: '/supersedes',
    })
  if (row.source_id !== source_id || row.stream !== stream)
    throw new Refused(
      'OTHER_SERIES',
      `a correction belongs to the series and stream of what it corrects (${row.stream})`,
      {
        pointer: '/supersedes',
      },
    )
  return row.has_facts ? { collection_id: id, observed_at: row.observed_at } : undefined
}

function predicateOf(
  id: string,
  source: { kind: string; ref: string; name: string },
  collected: Collected,
  root: string,
  supersedes: string | undefined,
): Record<string, Json> {
  return {
    collection: id,
    connection: source.ref,
    stream: collected.stream,
    kind: collected.kind,
    collector: collectorOf(collected.producer),
    outcome: collected.outcome,
    ...(collected.why ? { why: collected.why } : {}),
    ...(collected.window ? { window: { ...collected.window } } : {}),
    observedAt: collected.observed_at,
    requests: collected.captures.map((capture) => ({ at: capture.captured_at, ...capture.request })),
    responses: collected.captures.map((capture) => ({ ...capture.response })),
    population: {
      rows: collected.rows.length,
      rootHash: root,
      listed: collected.listed,
      unreachable: collected.unreachable.length,
      ...(collected.census ? { census: { ...collected.census } } : {}),
      reconciliation: collected.reconciliation,
    },
    ...(supersedes ? { supersedes } : {}),
  }
}

/** The producer as the statement has it; JSON has no absent members. */
const collectorOf = ({ id, version, tool, prepared_by }: Producer): Json => ({
  id,
  version,
  ...(tool ? { tool: { name: tool.name, ...(tool.version ? { version: tool.version } : {}) } } : {}),
  ...(prepared_by ? { prepared_by } : {}),
})

async function sourceId(tx: Tx, source: { kind: string; ref: string; name: string }): Promise<number> {
  const found = await tx.maybe<{ id: number }>(sql`
    select id from source where org_id = ${tx.org} and kind = ${source.kind} and ref = ${source.ref}`)
  if (found) return found.id
  const made = await tx.one<{ id: number }>(sql`
    insert into source (org_id, kind, ref, name) values (${tx.org}, ${source.kind}, ${source.ref}, ${source.name})
    on conflict (org_id, kind, ref) do update set name = excluded.name
    returning id`)
  return made.id
}

async function saveCollection(
  tx: Tx,
  made: {
    collection_id: string
    source_id: number
    collected: Collected
    root: string
    manifest: string
    suspect: string | undefined
    supersedes: string | undefined
  },
): Promise<void> {
  const c = made.collected
  await tx.run(sql`
    insert into collection (org_id, id, source_id, stream, kind, kind_version, outcome, why, listed, collected, unreachable,
      census, reconciliation, window_from, window_to, observed_at, recorded_by, producer, remarks, rows_root, manifest,
      suspect, supersedes)
    values (${tx.org}, ${made.collection_id}, ${made.source_id}, ${c.stream}, ${c.kind}, ${c.kind_version}, ${c.outcome},
      ${c.why ?? null}, ${c.listed}, ${c.collected}, ${JSON.stringify(c.unreachable)},
      ${c.census ? JSON.stringify(c.census) : null}, ${c.reconciliation}, ${c.window?.from ?? null}, ${c.window?.to ?? null},
      ${c.observed_at}, ${tx.actor}, ${JSON.stringify(c.producer)}, ${JSON.stringify(c.remarks ?? [])}, ${made.root},
      ${made.manifest}, ${made.suspect ?? null}, ${made.supersedes ?? null})`)
}

async function saveCaptures(tx: Tx, collection_id: string, collected: Collected, kept: Kept): Promise<void> {
  if (collected.captures.length === 0) return
  const rows = collected.captures.map((capture, n) => ({
    n,
    name: capture.name,
    media_type: capture.media_type,
    size_bytes: kept.captures[n]!.size, // one entry a capture, in order
    sha256: kept.captures[n]!.sha256,
    blob: kept.captures[n]!.blob,
    captured_at: capture.captured_at,
    request: capture.request ?? {},
    response: capture.response ?? {},
  }))
  await tx.run(sql`
    insert into capture (org_id, collection_id, n, name, media_type, size_bytes, sha256, blob, captured_at, request, response)
    select ${tx.org}, ${collection_id}, n, name, media_type, size_bytes, sha256, blob, captured_at, request, response
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as c (n int, name text, media_type text, size_bytes bigint,
      sha256 text, blob text, captured_at timestamptz, request jsonb, response jsonb)`)
}
