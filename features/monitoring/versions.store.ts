// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto'
import type { Check } from '../../catalog/check.ts'
import { libraryChecks } from '../../catalog/library.ts'
import { sql, type Tx } from '../../lib/db.ts'
import type { Jobs } from '../../lib/jobs.ts'
import { appendLeaves } from '../ledger/ledger.store.ts'
import type { Instant } from '../../lib/time.ts'

export interface CheckVersion {
  readonly id: number
  readonly check_id: string
  readonly version: number
  readonly sha256: string
  readonly kind: string
  readonly origin: 'catalog' | 'custom'
  readonly document: string
  readonly effective_from: Instant
  readonly effective_to: Instant | null
  readonly saved_by: string
  readonly manifest: string
}

const VERSION = sql`id, check_id, version, sha256, kind, origin, document, effective_from, effective_to, saved_by, manifest`

/** The checks that judge now, by id. */
export async function currentVersions(tx: Tx): Promise<CheckVersion[]> {
  return await tx.rows<CheckVersion>(sql`
    select ${VERSION} from check_version where org_id = ${tx.org} and effective_to is null order by check_id`)
}

/** Whether an organisation was given its checks yet; retired ones count. */
export async function hasChecks(tx: Tx): Promise<boolean> {
  const { has } = await tx.one<{ has: boolean }>(sql`
    select exists (select from check_version where org_id = ${tx.org}) as has`)
  return has
}

/** All versions of a check, newest first. */
export async function versionsOf(tx: Tx, check_id: string): Promise<CheckVersion[]> {
  return await tx.rows<CheckVersion>(sql`
    select ${VERSION} from check_version where org_id = ${tx.org} and check_id = ${check_id} order by version desc limit 200`)
}

export interface VersionDraft {
  readonly check: Check
  readonly text: string
  readonly origin: 'catalog' | 'custom'
}

/** Saves texts as the versions that judge from now on, each with its leaf, and ends the ones before. */
export async function saveVersions(tx: Tx, drafts: readonly VersionDraft[]): Promise<void> {
  if (drafts.length === 0) return
  const ids = drafts.map(({ check }) => check.id)
  const known = await tx.rows<{ check_id: string; version: number }>(sql`
    select check_id, max(version) as version from check_version
    where org_id = ${tx.org} and check_id = any(${ids}::text[]) group by check_id`)
  const last = new Map(known.map((row) => [row.check_id, row.version]))
  const rows = drafts.map(({ check, text, origin }) => ({
    check_id: check.id,
    version: (last.get(check.id) ?? 0) + 1,
    sha256: hash('sha256', text, 'hex'),
    title: check.title,
    kind: check.for,
    severity: check.severity,
    origin,
    document: text,
  }))
  const leaves = await appendLeaves(
    tx,
    rows.map((row) => ({
      kind: 'config' as const,
      stream: `check:${row.check_id}`,
      predicate: {
        check: row.check_id,
        version: row.version,
        sha256: row.sha256,
        origin: row.origin,
        document: row.document,
      },
    })),
  )
  await endVersions(tx, ids)
  const manifests = leaves.map((leaf) => leaf.manifest)
  await tx.run(sql`
    with made as (
      insert into check_version (org_id, check_id, version, sha256, title, kind, severity, origin, document, saved_by, manifest)
      select ${tx.org}, check_id, version, sha256, title, kind, severity, origin, document, ${tx.actor}, manifest
      from jsonb_to_recordset(${JSON.stringify(rows.map((row, i) => ({ ...row, manifest: manifests[i] })))}::jsonb)
        as r (check_id text, version int, sha256 text, title text, kind text, severity text, origin text, document text, manifest text)
      returning id, check_id
    )
    insert into check_control (org_id, check_version_id, control_id, strength, rationale)
    select ${tx.org}, made.id, c.control_id, c.strength, c.rationale
    from jsonb_to_recordset(${JSON.stringify(edgesOf(drafts))}::jsonb)
      as c (check_id text, control_id text, strength text, rationale text)
    join made on made.check_id = c.check_id`)
}

const edgesOf = (drafts: readonly VersionDraft[]): Record<string, string>[] =>
  drafts.flatMap(({ check }) =>
    check.controls.map(({ id, strength, rationale }) => ({ check_id: check.id, control_id: id, strength, rationale })),
  )

async function endVersions(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx.run(sql`
    update check_version set effective_to = recorded_now()
    where org_id = ${tx.org} and check_id = any(${[...ids]}::text[]) and effective_to is null`)
}

/** Ends a check: it judges no more, and what it found stays. */
export async function retireCheck(tx: Tx, version: CheckVersion, because: string): Promise<void> {
  await appendLeaves(tx, [
    {
      kind: 'config',
      stream: `check:${version.check_id}`,
      predicate: { check: version.check_id, version: version.version, sha256: version.sha256, retired: true, because },
    },
  ])
  await endVersions(tx, [version.check_id])
}

/**
 * Brings an organisation's checks to what the product ships: new checks are added, changed texts become new versions. A
 * check that the organisation replaced by its own text, or retired, is left alone. Runs when an organisation is made and
 * at every start; costs one statement when nothing changed.
 * @returns ids of the checks that were added or changed
 */
export async function syncCatalogChecks(tx: Tx, jobs: Pick<Jobs, 'enqueue'>): Promise<string[]> {
  await tx.run(sql`select pg_advisory_xact_lock(hashtextextended(${`checks:${tx.org}`}, 0))`)
  const newest = await tx.rows<{ check_id: string; sha256: string; origin: string; ended: boolean }>(sql`
    select distinct on (check_id) check_id, sha256, origin, effective_to is not null as ended
    from check_version where org_id = ${tx.org} order by check_id, version desc`)
  const known = new Map(newest.map((row) => [row.check_id, row]))
  const changed = libraryChecks().filter(({ check, sha256 }) => {
    const have = known.get(check.id)
    return have === undefined || (have.origin === 'catalog' && !have.ended && have.sha256 !== sha256)
  })
  await saveVersions(
    tx,
    changed.map(({ check, text }) => ({ check, text, origin: 'catalog' })),
  )
  await judgeAgain(tx, jobs, new Set(changed.map(({ check }) => check.for)))
  return changed.map(({ check }) => check.id)
}

/** Asks for a judgement of the newest usable reading of each stream of some kinds: a new check looks at once. */
export async function judgeAgain(tx: Tx, jobs: Pick<Jobs, 'enqueue'>, kinds: ReadonlySet<string>): Promise<void> {
  if (kinds.size === 0) return
  const readings = await tx.rows<{ id: string }>(sql`
    select distinct on (source_id, stream) id from collection c
    where org_id = ${tx.org} and kind = any(${[...kinds]}::text[]) and outcome in ('complete', 'partial') and suspect is null
      and not exists (select from collection n where n.org_id = c.org_id and n.supersedes = c.id)
    order by source_id, stream, observed_at desc, recorded_at desc`)
  for (const { id } of readings) await jobs.enqueue(tx, 'judge', { collection_id: id }, { key: id })
}

/** Every organisation that has a ledger; only the sequencer's role sees more than its own. */
export async function listOrganizations(tx: Tx): Promise<string[]> {
  const rows = await tx.rows<{ org_id: string }>(sql`select org_id from ledger_log order by org_id`)
  return rows.map((row) => row.org_id)
}
