// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DAYS, firstDay, liveDay, OWNER } from '../demo/story.ts'
import { openStage, TIME_ZONE } from '../demo/stage.ts'
import { openCluster } from '../lib/cluster.ts'
import { loadConfig, type Config } from '../lib/config.ts'
import { lockFolder } from '../lib/lock.ts'
import { createLogger } from '../lib/log.ts'
import { migrate, readMigrations } from '../lib/migrate.ts'
import { addDays, localDate } from '../lib/time.ts'

/**
 * `npm run demo`: lives ninety days of a small company, ending today, in a data folder of its own, and then starts the
 * server on it. A folder that has been lived in is only started.
 */
async function main(): Promise<void> {
  const config = loadConfig(process.env)
  if (!existsSync(join(config.dataDir, 'postgres', 'PG_VERSION'))) await live(config)
  process.stdout.write(`\nSign in as ${OWNER.email} with the password ${OWNER.password}\n`)
  process.stdout.write('and enrol an authenticator; the sign-in page shows how.\n\n')
  await import('./main.ts')
}

async function live(config: Config): Promise<void> {
  const log = createLogger({ level: 'warn' })
  const lock = await lockFolder(config.dataDir)
  const cluster = await openCluster(config, log)
  try {
    await migrate(cluster.connection('owner'), readMigrations(join(import.meta.dirname, '../db/migrations')))
    const today = localDate(new Date(), TIME_ZONE)
    const stage = openStage({ config, cluster, log, firstDay: addDays(today, 1 - DAYS) })
    const cast = await firstDay(stage)
    for (let day = 0; day < DAYS - 1; day++) {
      await liveDay(stage, cast, day)
      process.stdout.write(`\rLiving ${DAYS} days of a small company: day ${day + 1}`)
    }
    process.stdout.write('\n')
    await stage.close()
  } finally {
    await cluster.stop()
    await lock.release()
  }
}

await main()
