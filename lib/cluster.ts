// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import pg from 'pg'
import type { Config } from './config.ts'
import type { Logger } from './log.ts'
import { startPostgres, type Postgres } from './postgres.ts'
import { Refused } from './refused.ts'

/** Database roles (0001_foundation.sql, 0007_connections.sql). The owner migrates; nothing else runs as it. */
export type DatabaseRole = 'owner' | 'assay_app' | 'assay_sequencer' | 'assay_backup' | 'assay_monitor'

/** The database of this server, embedded or somebody's own. */
export interface Cluster {
  connection(role: DatabaseRole): pg.PoolConfig
  readonly embedded: Postgres | undefined
  stop(): Promise<void>
}

const OLDEST = 150_000
const ROLES = ['assay_app', 'assay_sequencer', 'assay_backup', 'assay_monitor', 'assay_door']

/** Starts the embedded PostgreSQL, or looks at the one that `DATABASE_URL` names. @throws Refused DATABASE_* */
export async function openCluster(config: Config, log: Logger): Promise<Cluster> {
  if (config.databaseUrl !== undefined) return await external(config.databaseUrl)
  const postgres = await startPostgres({ dataDir: join(config.dataDir, 'postgres'), log })
  return {
    embedded: postgres,
    connection: (role) => postgres.connection(role),
    stop: () => postgres.stop(),
  }
}

async function external(url: string): Promise<Cluster> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  try {
    await client.connect()
  } catch (error) {
    throw new Refused(
      'DATABASE_UNAVAILABLE',
      `DATABASE_URL does not answer: ${error instanceof Error ? error.message : String(error)}`,
      { status: 503 },
    )
  }
  try {
    await checkServer(client)
  } finally {
    await client.end()
  }
  return {
    embedded: undefined,
    // One login; every connection but the owner's gives its rights up at once and speaks as the narrower role.
    connection: (role) => ({
      connectionString: url,
      ...(role === 'owner' ? {} : { options: `-c role=${role}` }),
    }),
    stop: async () => undefined,
  }
}

interface ServerFacts {
  readonly version: number
  readonly is_standby: boolean
  readonly encoding: string
  readonly role: string
  readonly database: string
  readonly is_superuser: boolean
  readonly creates_roles: boolean
  /** Our roles that are not there yet. */
  readonly missing: readonly string[]
  /** Our roles that somebody else made and did not hand on. */
  readonly foreign: readonly string[]
  readonly owns_database: boolean
}

/** Refuses somebody's own server before anything is written to it. @throws Refused DATABASE_* naming what to change */
async function checkServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<ServerFacts>(
    `select current_setting('server_version_num')::int as version, pg_is_in_recovery() as is_standby,
       pg_encoding_to_char(d.encoding) as encoding, r.rolname as role, d.datname as database,
       r.rolsuper as is_superuser, r.rolcreaterole as creates_roles,
       array(select name from unnest($1::text[]) name where to_regrole(name) is null) as missing,
       array(select name from unnest($1::text[]) name
         where to_regrole(name) is not null and not pg_has_role(to_regrole(name), 'member')) as foreign,
       pg_has_role(n.nspowner, 'usage') and has_database_privilege(d.oid, 'create') as owns_database
     from pg_database d, pg_roles r, pg_namespace n
     where d.datname = current_database() and r.rolname = current_user and n.nspname = 'public'`,
    [ROLES],
  )
  const facts = rows[0]
  if (!facts)
    throw new Refused('DATABASE_RIGHTS', 'expected a schema "public" in the database of DATABASE_URL, got none')
  if (facts.version < OLDEST)
    throw new Refused('DATABASE_TOO_OLD', `expected PostgreSQL 15 or newer, got ${Math.floor(facts.version / 10_000)}`)
  if (facts.is_standby)
    throw new Refused('DATABASE_STANDBY', 'expected a PostgreSQL that takes writes, got a standby; name its primary')
  if (facts.encoding !== 'UTF8')
    throw new Refused('DATABASE_ENCODING', `expected a database in UTF8, got ${facts.encoding}; make another one`)
  const lacks = facts.is_superuser ? [] : lackingRights(facts)
  if (lacks.length > 0)
    throw new Refused(
      'DATABASE_RIGHTS',
      `the role ${facts.role} of DATABASE_URL lacks rights that Assay needs; let a superuser run: ${lacks.join(' ')}`,
    )
}

/** The statements that would give a role what it lacks. */
function lackingRights({ role, database, creates_roles, missing, foreign, owns_database }: ServerFacts): string[] {
  const owner = pg.escapeIdentifier(role)
  return [
    ...(owns_database ? [] : [`alter database ${pg.escapeIdentifier(database)} owner to ${owner};`]),
    ...(creates_roles || missing.length === 0 ? [] : [`alter role ${owner} createrole;`]),
    ...(foreign.length === 0 ? [] : [`grant ${foreign.join(', ')} to ${owner};`]),
  ]
}
