// SPDX-License-Identifier: Apache-2.0
import type { Census, ReadOutcome } from '../catalog/collected.ts'
import { kindOf } from '../catalog/kinds/registry.ts'
import { keepCaptures, recordCollection } from '../features/evidence/evidence.store.ts'
import { judgeJob } from '../features/monitoring/judging.actions.ts'
import { sql } from '../lib/db.ts'
import type { Instant } from '../lib/time.ts'
import type { World } from './world.ts'

export interface ReadingDraft {
  readonly kind: string
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  /** When the source was looked at; now when absent. */
  readonly at?: Instant
  readonly source?: string
  readonly stream?: string
  readonly outcome?: ReadOutcome
  readonly why?: string
  readonly unreachable?: readonly { readonly subject: string; readonly because: string }[]
  readonly census?: Census
  readonly window?: { readonly from: Instant; readonly to: Instant }
  readonly supersedes?: string
  /** The connection that brings it; a file when absent. */
  readonly connection?: string
  /** Files that came along, by name. */
  readonly files?: Readonly<Record<string, Uint8Array>>
}

/** Records a reading as a connector would and judges it as the worker would. Gives the id of the collection. */
export async function givenReading(
  world: World,
  draft: ReadingDraft,
  options: { readonly judge?: boolean } = {},
): Promise<string> {
  const kind = kindOf(draft.kind)
  const at = draft.at ?? world.clock().toISOString()
  const rows = draft.rows.map((body, i) => {
    const parsed = kind.schema.parse(body)
    return { key: kind.key(parsed), label: kind.label(parsed), body: parsed, capture: 0, pointer: `/${i}` }
  })
  const unreachable = draft.unreachable ?? []
  const bytes = new TextEncoder().encode(JSON.stringify(draft.rows))
  const collected = {
    stream: draft.stream ?? draft.kind,
    kind: draft.kind,
    kind_version: kind.version,
    outcome: draft.outcome ?? 'complete',
    ...(draft.why === undefined ? {} : { why: draft.why }),
    listed: rows.length + unreachable.length,
    collected: rows.length,
    unreachable,
    ...(draft.census ? { census: draft.census } : {}),
    reconciliation: draft.census ? ('equal' as const) : ('no-census' as const),
    ...(draft.window ? { window: draft.window } : {}),
    observed_at: at,
    captures: [
      { name: 'rows.json', media_type: 'application/json', bytes, captured_at: at },
      ...Object.entries(draft.files ?? {}).map(([name, file]) => ({
        ...{ name, media_type: 'application/octet-stream', bytes: file, captured_at: at },
      })),
    ],
    rows,
    producer: { id: 'test', version: '1' },
  }
  const kept = await keepCaptures(world.blobs, world.org, collected)
  const ref = draft.source ?? 'a source'
  const { collection_id } = await world.tenant((tx) =>
    recordCollection(
      tx,
      kind,
      draft.connection === undefined
        ? { kind: 'import', ref, name: ref }
        : { kind: 'connection', ref: draft.connection, name: ref },
      collected,
      kept,
      draft.supersedes,
    ),
  )
  if (options.judge !== false) await givenJudged(world, collection_id)
  return collection_id
}

/** Runs the job `judge` on a collection. */
export const givenJudged = (world: World, collection_id: string): Promise<void> =>
  judgeJob(world)({
    org: world.org,
    actor: 'system',
    input: { collection_id },
    id: 'job',
    signal: new AbortController().signal,
  })

export interface StandingOutcome {
  readonly label: string
  readonly status: string
  readonly because: string | null
}

/** What stands now for a check, by the subject's label. */
export const outcomesOf = (world: World, check: string): Promise<StandingOutcome[]> =>
  world.tenant((tx) =>
    tx.rows<StandingOutcome>(sql`
      select u.label, t.status, t.because
      from outcome t
      join check_version v on v.org_id = t.org_id and v.id = t.check_version_id and v.effective_to is null
      join subject u on u.org_id = t.org_id and u.id = t.subject_id
      where t.org_id = ${tx.org} and v.check_id = ${check} and t.valid_to is null and t.superseded_at is null
      order by u.label`),
  )

export const device = (id: string, body: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  id,
  owner_email: null,
  platform: 'macOS',
  os_version: '15',
  disk_encrypted: true,
  screen_lock: true,
  last_seen: '2026-03-01T08:00:00.000Z',
  ...body,
})

export const person = (id: string, body: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  id,
  name: id,
  email: `${id}@example.org`,
  type: 'employee',
  title: null,
  manager: null,
  started_on: '2024-01-01',
  ended_on: null,
  ...body,
})

export const account = (id: string, body: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  system: 'git',
  account: id,
  email: `${id}@example.org`,
  name: id,
  status: 'active',
  is_admin: false,
  mfa: true,
  last_sign_in: '2026-03-01T08:00:00.000Z',
  created_at: '2024-01-01T08:00:00.000Z',
  disabled_at: null,
  ...body,
})

export const change = (sha: string, body: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  repository: 'app',
  sha,
  branch: 'main',
  author_name: 'Ada',
  author_email: 'ada@example.org',
  committer_name: 'Grace',
  committer_email: 'grace@example.org',
  authored_at: '2026-03-01T08:00:00.000Z',
  landed_at: '2026-03-01T09:00:00.000Z',
  is_merge: false,
  is_direct: false,
  title: sha,
  reviewers: ['Grace <grace@example.org>'],
  change_request: null,
  signature: 'none',
  files_changed: 1,
  lines_added: 1,
  lines_removed: 0,
  ...body,
})

export const server = (name: string, body: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  server: name,
  version: '18.4',
  version_number: 180004,
  in_recovery: false,
  ssl: true,
  ssl_min_protocol: 'TLSv1.2',
  password_encryption: 'scram-sha-256',
  log_connections: true,
  log_disconnections: true,
  log_statement: 'ddl',
  data_checksums: true,
  wal_level: 'replica',
  archive_mode: 'on',
  listen_addresses: 'localhost',
  shared_preload_libraries: [],
  extensions: [],
  ...body,
})
