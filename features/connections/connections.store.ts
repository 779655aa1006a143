// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import type { ProbeResult } from '../../catalog/connector.ts'
import { sql, type Tx } from '../../lib/db.ts'
import { Refused } from '../../lib/refused.ts'
import { decrypt, encrypt } from '../../lib/sealing.ts'
import type { Instant } from '../../lib/time.ts'
import { canonicalJson } from '../../proof/canonical-json.ts'
import { orgKek } from '../ledger/keys.store.ts'
import { appendLeaf, recordAudit } from '../ledger/ledger.store.ts'

export interface ConnectionRow {
  readonly id: string
  readonly connector: string
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
  readonly secret_names: readonly string[]
  readonly every_hours: number
  readonly enabled: boolean
  readonly disabled_because: string | null
  readonly tenant_id: string | null
  readonly tenant_name: string | null
  readonly created_at: Instant
  readonly created_by: string
  readonly next_run_at: Instant | null
}

const CONNECTION = sql`
  id, connector, name, config, secret_names, every_hours, enabled, disabled_because, tenant_id, tenant_name, created_at,
  created_by, next_run_at`

export type Secrets = Readonly<Record<string, string>>

export interface ConnectionDraft {
  readonly id: string
  readonly connector: string
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
  readonly secrets: Secrets
  readonly every_hours: number
}

/** @throws Refused UNKNOWN_CONNECTION */
export async function findConnection(tx: Tx, id: string): Promise<ConnectionRow> {
  const row = await tx.maybe<ConnectionRow>(
    sql`select ${CONNECTION} from connection where org_id = ${tx.org} and id = ${id}`,
  )
  return row ?? unknown(id)
}

/** The same, held until the transaction ends, so that two people cannot change it at once. */
export async function lockConnection(tx: Tx, id: string): Promise<ConnectionRow> {
  const row = await tx.maybe<ConnectionRow>(
    sql`select ${CONNECTION} from connection where org_id = ${tx.org} and id = ${id} for update`,
  )
  return row ?? unknown(id)
}

function unknown(id: string): never {
  throw new Refused('UNKNOWN_CONNECTION', `there is no connection ${id.slice(0, 60)}`, { status: 404, pointer: '/id' })
}

export async function createConnection(tx: Tx, draft: ConnectionDraft): Promise<void> {
  await refuseTakenName(tx, draft.name, draft.id)
  const secrets = await seal(tx, draft.id, draft.secrets)
  await tx.run(sql`
    insert into connection (org_id, id, connector, name, config, secrets, secret_names, every_hours, created_by, next_run_at)
    values (${tx.org}, ${draft.id}, ${draft.connector}, ${draft.name}, ${JSON.stringify(draft.config)}, ${secrets},
      ${Object.keys(draft.secrets).toSorted()}::text[], ${draft.every_hours}, ${tx.actor}, ${tx.now})`)
  await recordConfig(tx, draft, true, 'connection.created')
}

/** Changes a connection; secrets that are not given stay. */
export async function updateConnection(tx: Tx, draft: ConnectionDraft, enabled: boolean): Promise<void> {
  await refuseTakenName(tx, draft.name, draft.id)
  const secrets = await seal(tx, draft.id, draft.secrets)
  await tx.run(sql`
    update connection
    set name = ${draft.name}, config = ${JSON.stringify(draft.config)}, secrets = ${secrets},
      secret_names = ${Object.keys(draft.secrets).toSorted()}::text[], every_hours = ${draft.every_hours}, next_run_at = ${tx.now}
    where org_id = ${tx.org} and id = ${draft.id}`)
  await recordConfig(tx, draft, enabled, 'connection.updated')
}

async function refuseTakenName(tx: Tx, name: string, id: string): Promise<void> {
  const taken = await tx.maybe<{ id: string }>(
    sql`select id from connection where org_id = ${tx.org} and name = ${name} and id <> ${id}`,
  )
  if (taken)
    throw new Refused('NAME_TAKEN', `there is a connection named "${name}" already; choose another name`, {
      status: 409,
      pointer: '/name',
    })
}

export async function setEnabled(tx: Tx, row: ConnectionRow, enabled: boolean, because: string | null): Promise<void> {
  await tx.run(sql`
    update connection
    set enabled = ${enabled}, disabled_because = ${because}, next_run_at = case when ${enabled} then ${tx.now}::timestamptz end
    where org_id = ${tx.org} and id = ${row.id}`)
  const event = enabled ? 'connection.switched-on' : 'connection.switched-off'
  await recordConfig(tx, row, enabled, event, because)
}

/** What is read, how often, and whether at all is itself evidence: a schedule that was loosened shows. */
async function recordConfig(
  tx: Tx,
  row: Pick<ConnectionRow, 'id' | 'connector' | 'config' | 'every_hours'>,
  enabled: boolean,
  event: string,
  because: string | null = null,
): Promise<void> {
  await appendLeaf(tx, {
    kind: 'config',
    stream: `connection:${row.id}`,
    predicate: {
      connection: row.id,
      connector: row.connector,
      configSha256: createHash('sha256').update(canonicalJson(row.config)).digest('hex'),
      everyHours: row.every_hours,
      enabled,
      ...(because === null ? {} : { because }),
    },
  })
  await recordAudit(tx, { event, subject: row.id, details: { kind: row.connector } })
}

/** Secrets travel under the organisation's key, with the name of the connection they belong to. */
async function seal(tx: Tx, id: string, secrets: Secrets): Promise<Buffer | null> {
  if (Object.keys(secrets).length === 0) return null
  return encrypt(await orgKek(tx), Buffer.from(JSON.stringify({ connection: id, secrets })))
}

/** Opens the secrets of a connection; for the worker that reads, just before it does. @throws Refused DAMAGED */
export async function openSecrets(tx: Tx, id: string): Promise<Secrets> {
  const { secrets } = await tx.one<{ secrets: Buffer | null }>(
    sql`select secrets from connection where org_id = ${tx.org} and id = ${id}`,
  )
  if (secrets === null) return {}
  const opened = JSON.parse(decrypt(await orgKek(tx), secrets).toString('utf8')) as {
    connection: string
    secrets: Record<string, string>
  }
  if (opened.connection !== id)
    throw new Refused('DAMAGED', 'the secrets of this connection belong to another one', { status: 409 })
  return opened.secrets
}

export interface ConnectionState extends ConnectionRow {
  readonly last_run: {
    readonly id: string
    readonly state: 'queued' | 'running' | 'done' | 'failed'
    readonly requested_at: Instant
    readonly finished_at: Instant | null
    readonly because: string | null
  } | null
  readonly last_read: { readonly finished_at: Instant; readonly whole: boolean } | null
  /** Failed runs since the last one that read something. */
  readonly failures: number
}

/** Connections by name with how their runs went. Asks for one more than the page. */
export async function listConnections(
  tx: Tx,
  at: { readonly knownAt: Instant },
  limit: number,
  after?: readonly [string, string],
): Promise<ConnectionState[]> {
  return await tx.rows<ConnectionState>(sql`
    ${states(tx.org, at.knownAt)}
      and (${after?.[0] ?? null}::text is null or (c.name, c.id) > (${after?.[0] ?? null}, ${after?.[1] ?? null}))
    order by c.name, c.id limit ${limit + 1}`)
}

/** @throws Refused UNKNOWN_CONNECTION */
export async function findState(tx: Tx, id: string, knownAt: Instant): Promise<ConnectionState> {
  return (await tx.maybe<ConnectionState>(sql`${states(tx.org, knownAt)} and c.id = ${id}`)) ?? unknown(id)
}

const states = (org: string, knownAt: Instant) => sql`
    select c.id, c.connector, c.name, c.config, c.secret_names, c.every_hours, c.enabled, c.disabled_because, c.tenant_id,
      c.tenant_name, c.created_at, c.created_by, c.next_run_at, l.last_run, r.last_read, (
        select count(*)::int from run f
        where f.org_id = c.org_id and f.connection_id = c.id and f.state = 'failed' and f.requested_at <= ${knownAt}
          and f.requested_at > coalesce(r.requested_at, '-infinity')) as failures
    from connection c
    left join lateral (
      select json_build_object('id', n.id, 'state', n.state, 'requested_at', ${utc('n.requested_at')},
        'finished_at', ${utc('n.finished_at')}, 'because', n.because) as last_run
      from run n
      where n.org_id = c.org_id and n.connection_id = c.id and n.requested_at <= ${knownAt}
      order by n.requested_at desc, n.id desc limit 1) l on true
    left join lateral (
      select d.requested_at, json_build_object('finished_at', ${utc('d.finished_at')}, 'whole', not exists (
        select from jsonb_to_recordset(d.streams) as s (outcome text, suspect text)
        where s.outcome <> 'complete' or s.suspect is not null)) as last_read
      from run d
      where d.org_id = c.org_id and d.connection_id = c.id and d.state = 'done' and d.requested_at <= ${knownAt}
      order by d.requested_at desc, d.id desc limit 1) r on true
    where c.org_id = ${org} and c.created_at <= ${knownAt}`

function utc(column: string): ReturnType<typeof sql> {
  return sql.raw(`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`)
}

export async function saveProbe(tx: Tx, id: string, results: readonly ProbeResult[]): Promise<void> {
  await tx.run(sql`
    insert into probe (org_id, connection_id, results) values (${tx.org}, ${id}, ${JSON.stringify(results)})`)
  await recordAudit(tx, {
    event: 'connection.probed',
    subject: id,
    details: { count: results.filter(({ state }) => state !== 'granted').length },
  })
}

export async function lastProbe(
  tx: Tx,
  id: string,
  knownAt: Instant,
): Promise<{ readonly at: Instant; readonly results: readonly ProbeResult[] } | undefined> {
  return await tx.maybe(sql`
    select at, results from probe
    where org_id = ${tx.org} and connection_id = ${id} and at <= ${knownAt}
    order by n desc limit 1`)
}
