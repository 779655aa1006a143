// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { openCluster } from '../lib/cluster.ts'
import type { Config } from '../lib/config.ts'
import { lockFolder } from '../lib/lock.ts'
import { createLogger } from '../lib/log.ts'
import { migrate, readMigrations } from '../lib/migrate.ts'
import type { LocalDate } from '../lib/time.ts'
import { addDays } from '../lib/time.ts'
import { openStage } from './stage.ts'
import { connectSystems } from './systems.ts'
import { DAYS, firstDay, liveDay } from './story.ts'

/**
 * Lives the ninety days of the story in an empty data folder, the last of them `today`, and closes it again.
 * @param lived told after each day
 * @param options.systems whether git and PostgreSQL are read every day too, which takes most of the time
 */
export async function live(
  config: Config,
  today: LocalDate,
  lived: (day: number) => void,
  options: { readonly systems?: boolean } = {},
): Promise<void> {
  const log = createLogger({ level: 'error' })
  const lock = await lockFolder(config.dataDir)
  const cluster = await openCluster(config, log)
  try {
    await migrate(cluster.connection('owner'), readMigrations(join(import.meta.dirname, '../db/migrations')))
    const stage = openStage({ config, cluster, log, firstDay: addDays(today, 1 - DAYS) })
    const cast = await firstDay(stage)
    const systems = options.systems === false ? undefined : await connectSystems(stage, cast.ada)
    for (let day = 0; day < DAYS; day++) {
      await liveDay(stage, cast, day)
      await systems?.live(day)
      lived(day + 1)
    }
    await stage.close()
  } finally {
    await cluster.stop()
    await lock.release()
  }
}
