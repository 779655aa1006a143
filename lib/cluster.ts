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
    const { rows } = await client.query<{ n: string }>("select current_setting('server_version_num') as n")
    const version = Number(rows[0]?.n)
    if (version < OLDEST)
      throw new Refused('DATABASE_TOO_OLD', `expected PostgreSQL 15 or newer, got ${Math.floor(version / 10_000)}`)
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
