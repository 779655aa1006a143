// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { mergeIntervals, type IntervalTable, type Merged } from '../../lib/intervals.ts'
import type { Instant } from '../../lib/time.ts'
import { isMuch } from '../evidence/staging.store.ts'
import { appendLeaves } from '../ledger/ledger.store.ts'
import type { Verdict } from '../../catalog/check.ts'
import type { Stream } from './judging.store.ts'
import type { Counts, Reading } from './monitoring.ts'
import type { CheckVersion } from './versions.store.ts'

/** What one check found on one reading; recorded each time, even when it confirms what was known. */
export interface RunDraft {
  readonly version: Pick<CheckVersion, 'id' | 'check_id' | 'version' | 'sha256' | 'manifest'>
  readonly stream: Stream | undefined
  readonly state: 'judged' | 'partial' | 'inconclusive'
  readonly because: string | null
  readonly counts: Counts
  readonly covers_from: Instant
  readonly fresh_until: Instant
  /** RFC 6962 root over the verdicts in the order of their subjects' keys, hex. */
  readonly root: string
}

/**
 * Writes the runs of some checks on one reading, each with its leaf. Gives their ids in the order given.
 * @param at the moment that was judged: that of the reading, or a later one of the same run of its connection
 */
export async function saveRuns(tx: Tx, reading: Reading, at: Instant, drafts: readonly RunDraft[]): Promise<number[]> {
  const leaves = await appendLeaves(
    tx,
    drafts.map((draft) => ({
      kind: 'evidence' as const,
      stream: `check-run:${draft.version.check_id}`,
      predicate: {
        check: draft.version.check_id,
        version: draft.version.version,
        checkSha256: draft.version.sha256,
        checkManifest: draft.version.manifest,
        collection: reading.id,
        collectionManifest: reading.manifest,
        at,
        state: draft.state,
        ...(draft.because === null ? {} : { because: draft.because }),
        counts: { ...draft.counts },
        outcomes: { rows: draft.counts.subjects, rootHash: draft.root },
        freshUntil: draft.fresh_until,
      },
      at,
    })),
  )
  const rows = drafts.map((draft, i) => ({
    check_version_id: draft.version.id,
    source_id: draft.stream?.source_id ?? null,
    stream: draft.stream?.stream ?? null,
    state: draft.state,
    because: draft.because,
    counts: draft.counts,
    covers_from: draft.covers_from,
    fresh_until: draft.fresh_until,
    root: draft.root,
    manifest: leaves[i]!.manifest, // one leaf a draft, in order
  }))
  const made = await tx.rows<{ id: number; check_version_id: number }>(sql`
    insert into check_run (org_id, check_version_id, collection_id, source_id, stream, at, state, because, counts, covers_from,
      fresh_until, root, manifest)
    select ${tx.org}, check_version_id, ${reading.id}, source_id, stream, ${at}, state, because, counts,
      covers_from, fresh_until, root, manifest
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (check_version_id bigint, source_id bigint, stream text,
      state text, because text, counts jsonb, covers_from timestamptz, fresh_until timestamptz, root text, manifest text)
    returning id, check_version_id`)
  const ids = new Map(made.map((row) => [row.check_version_id, row.id]))
  return drafts.map((draft) => ids.get(draft.version.id)!) // each draft made its row
}

/** Verdicts of one check on subjects, in columns. */
export interface OutcomeColumns {
  readonly subjects: readonly number[]
  readonly statuses: readonly Verdict[]
  readonly because: readonly (string | null)[]
  /** Of events: when they happened, and since when Assay believes the fact that was judged. */
  readonly happened: readonly Instant[] | undefined
  readonly known: readonly Instant[] | undefined
}

/** What one check found, and the run that found it. */
export interface Found {
  readonly version: number
  readonly run: number
  readonly columns: OutcomeColumns
}

export interface OutcomeMerge {
  readonly found: readonly Found[]
  readonly stream: Stream | undefined
  readonly kind: string
  readonly at: Instant
  /** The next judgement that speaks about the same subjects; null when this is the newest. */
  readonly until: Instant | null
  /** Whether a subject without a verdict has none any more; false for a partial reading. */
  readonly absenceEnds: boolean
}

const OUTCOME: IntervalTable = {
  table: 'outcome',
  columns: ['check_version_id', 'status', 'because', 'event', 'run_id'],
  value: ['status', 'because'],
  key: ['check_version_id', 'subject_id'],
}

/** A bigint as COPY takes it: its eight bytes. */
function bigint(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeInt32BE(Math.floor(value / 2 ** 32), 0)
  bytes.writeUInt32BE(value % 2 ** 32, 4)
  return bytes
}

function* rowsOf(found: readonly Found[]): Generator<(string | Buffer | null)[]> {
  for (const { version, run, columns } of found) {
    const [check, by] = [bigint(version), bigint(run)]
    for (const [n, subject] of columns.subjects.entries())
      yield [
        check,
        bigint(subject),
        columns.statuses[n]!, // columns of one length
        columns.because[n] ?? null,
        by,
        columns.happened?.[n] ?? null,
        columns.known?.[n] ?? null,
      ]
  }
}

async function stage(tx: Tx, found: readonly Found[]): Promise<void> {
  await tx.run(sql`
    create temporary table outcome_stage (
      check_version_id bigint, subject_id bigint, status text, because text, run_id bigint, happened_at text, known_at text,
      event boolean default false
    ) on commit drop`)
  const columns = ['check_version_id', 'subject_id', 'status', 'because', 'run_id', 'happened_at', 'known_at']
  await tx.copy('outcome_stage', columns, rowsOf(found))
  await tx.run(sql`analyze outcome_stage`)
}

/** Brings the verdicts of some checks at one moment into their history, writing only what changed. */
export async function mergeOutcomes(tx: Tx, merge: OutcomeMerge): Promise<Merged> {
  await stage(tx, merge.found)
  const scope = sql`t.check_version_id = any(${merge.found.map(({ version }) => version)}::bigint[]) and t.subject_id in (
    select id from subject where org_id = ${tx.org} and kind = ${merge.kind}
      and (${merge.stream?.source_id ?? null}::bigint is null
        or (source_id = ${merge.stream?.source_id ?? null} and stream = ${merge.stream?.stream ?? null})))`
  const merged = merge.found.some(({ columns }) => columns.happened !== undefined)
    ? await mergeEvents(tx, merge, scope)
    : await mergeIntervals(tx, OUTCOME, {
        stage: 'outcome_stage',
        scope,
        at: merge.at,
        until: merge.until,
        absenceEnds: merge.absenceEnds,
      })
  await tx.run(sql`drop table outcome_stage`)
  const rows = merge.found.reduce((sum, { columns }) => sum + columns.subjects.length, 0)
  if (isMuch(merged.begun + merged.ended, rows)) await tx.run(sql`select count_outcomes_anew()`)
  return merged
}

/**
 * The verdict on an event holds from the moment it happened. When the event is told differently, or is no longer
 * believed, the verdict was mistaken and is superseded; when only time has passed, it ends and another begins.
 */
async function mergeEvents(tx: Tx, merge: OutcomeMerge, scope: ReturnType<typeof sql>): Promise<Merged> {
  const same = sql`t.check_version_id = s.check_version_id and t.subject_id = s.subject_id`
  const ended = await tx.run(sql`
    with differs as (
      select t.check_version_id, t.subject_id, t.id,
        s.subject_id is null or s.known_at::timestamptz > t.recorded_at or t.valid_from >= ${merge.at} as mistaken
      from outcome t left join outcome_stage s on ${same}
      where t.org_id = ${tx.org} and t.valid_to is null and t.superseded_at is null and ${scope}
        and (s.subject_id is null or s.status <> t.status or s.because is distinct from t.because)
    )
    update outcome t
    set valid_to = case when not d.mistaken then ${merge.at}::timestamptz end,
        closed_at = case when not d.mistaken then recorded_now() end,
        superseded_at = case when d.mistaken then recorded_now() end
    from differs d
    where t.org_id = ${tx.org} and t.check_version_id = d.check_version_id and t.subject_id = d.subject_id and t.id = d.id`)
  const begun = await tx.run(sql`
    insert into outcome (org_id, subject_id, check_version_id, status, because, run_id, valid_from, event)
    select ${tx.org}, s.subject_id, s.check_version_id, s.status, s.because, s.run_id,
      case when earlier.is then ${merge.at}::timestamptz else s.happened_at::timestamptz end, not earlier.is
    from outcome_stage s
    cross join lateral (
      select exists (
        select from outcome t
        where t.org_id = ${tx.org} and ${same} and t.superseded_at is null and t.valid_to is not null) as is) earlier
    where not exists (
      select from outcome t
      where t.org_id = ${tx.org} and ${same} and t.valid_to is null and t.superseded_at is null)`)
  return { begun, ended }
}
