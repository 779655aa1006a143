// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander'
import type pg from 'pg'
import { rescue, type Rescue } from '../features/people/rescue.actions.ts'
import { openCluster } from '../lib/cluster.ts'
import { loadConfig, type Config } from '../lib/config.ts'
import { Database } from '../lib/db.ts'
import { readInstanceKey } from '../lib/instance-key.ts'
import { createLogger } from '../lib/log.ts'
import { Refused } from '../lib/refused.ts'
import { readRunning } from '../lib/running.ts'
import { RecordedTime } from '../lib/recorded-time.ts'
import type { Clock } from '../lib/time.ts'
import { goOnFromRecords } from './held-time.ts'

/** `assay rescue <address>`: lets somebody in again whom nobody else could; only for whoever reads the data folder. */
export function addRescueCommand(program: Command, told: (work: () => Promise<void>) => Promise<void>): void {
  program
    .command('rescue <address>')
    .description('Remove the authenticator of a person who lost it and print a link for a new password.')
    .action((address: string) =>
      told(async () => {
        const config = loadConfig(process.env)
        const kek = readInstanceKey(config.keyFile)
        if (!kek) throw new Refused('KEY_MISSING', `expected the key of this instance in ${config.keyFile}`)
        const connection = await connectionsOf(config)
        const links = await rescueOnHeldTime(connection, kek, address)
        process.stdout.write(`${describe(links, config.publicUrl, address)}\n`)
      }),
    )
}

/** Settings of a connection for a database role. */
type Connections = (role: 'assay_app' | 'assay_sequencer') => pg.PoolConfig

/**
 * Rescues by the time that the server goes by: when the clock stands behind the newest record, time goes on from there, or
 * the link would have ended before it began.
 * @param clock the database's when absent; tests give their own
 */
export async function rescueOnHeldTime(
  connection: Connections,
  kek: Buffer,
  address: string,
  clock?: Clock,
): Promise<Rescue[]> {
  const time = new RecordedTime((warning) => process.stderr.write(`${warning}\n`))
  const options = { kek, time, ...(clock && { movedClock: clock }) }
  const sequencing = new Database(connection('assay_sequencer'), options)
  const db = new Database(connection('assay_app'), options)
  try {
    await goOnFromRecords(time, sequencing)
    return await rescue(db, address)
  } finally {
    await db.close()
    await sequencing.close()
  }
}

async function connectionsOf(config: Config): Promise<Connections> {
  if (config.databaseUrl === undefined) {
    const { owner } = readRunning(config.dataDir)
    return (role) => ({ ...owner, user: role })
  }
  const cluster = await openCluster(config, createLogger({ level: config.logLevel }))
  return (role) => cluster.connection(role)
}

function describe(
  links: readonly { organization: string; path: string; expires_at: string }[],
  publicUrl: string,
  address: string,
): string {
  if (links.length === 0)
    throw new Refused('NOT_FOUND', `expected the address of somebody who may sign in, nobody has ${address}`)
  return links
    .map(
      ({ organization, path, expires_at }) => `${organization}: ${publicUrl}${path}\n  opens once, until ${expires_at}`,
    )
    .join('\n')
}
