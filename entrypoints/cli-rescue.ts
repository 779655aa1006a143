// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander'
import type pg from 'pg'
import { rescue } from '../features/people/rescue.actions.ts'
import { openCluster } from '../lib/cluster.ts'
import { loadConfig, type Config } from '../lib/config.ts'
import { Database } from '../lib/db.ts'
import { readInstanceKey } from '../lib/instance-key.ts'
import { createLogger } from '../lib/log.ts'
import { Refused } from '../lib/refused.ts'
import { readRunning } from '../lib/running.ts'

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
        const db = new Database(await connectionOf(config), { kek })
        try {
          process.stdout.write(`${describe(await rescue(db, address), config.publicUrl, address)}\n`)
        } finally {
          await db.close()
        }
      }),
    )
}

async function connectionOf(config: Config): Promise<pg.PoolConfig> {
  if (config.databaseUrl === undefined) return { ...readRunning(config.dataDir).owner, user: 'assay_app' }
  const cluster = await openCluster(config, createLogger({ level: config.logLevel }))
  return cluster.connection('assay_app')
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
