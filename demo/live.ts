// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openCluster } from '../lib/cluster.ts'
import type { Config } from '../lib/config.ts'
import { lockFolder } from '../lib/lock.ts'
import { createLogger, type Logger } from '../lib/log.ts'
import { migrate, readMigrations } from '../lib/migrate.ts'
import { Refused } from '../lib/refused.ts'
import { addDays, type Instant, type LocalDate } from '../lib/time.ts'
import { repositoryOf } from './repository.ts'
import { openStage, type Stage } from './stage.ts'
import { connectSystems } from './systems.ts'
import { DAYS, firstDay, liveDay } from './story.ts'

/** A file of the data folder: empty while the story is being lived, then the moment at which it ended. */
const STORY = 'demo-story'

/** Whether a story was begun in a data folder and not lived to its end. */
export const isUnfinished = (config: Pick<Config, 'dataDir'>): boolean =>
  existsSync(join(config.dataDir, STORY)) && livedUntil(config) === undefined

/** When the story of a data folder ended; undefined when none was lived to its end there. */
export function livedUntil({ dataDir }: Pick<Config, 'dataDir'>): Instant | undefined {
  const file = join(dataDir, STORY)
  const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
  return text === '' ? undefined : text
}

export interface LivingOptions {
  /** Whether git and PostgreSQL are read every day too, which takes most of the time. */
  readonly systems?: boolean
  /** Ends the story after the day that is being lived; the next try begins anew. */
  readonly signal?: AbortSignal
}

/**
 * Lives the ninety days of the story in an empty data folder, the last of them `today`, and closes it again. What an
 * earlier try left unfinished is thrown away. Gives whether it came to its end.
 * @param lived told after each day
 * @throws Refused FOLDER_NOT_EMPTY when there is something else in the folder
 */
export async function live(
  config: Config,
  today: LocalDate,
  lived: (day: number) => void,
  options: LivingOptions = {},
): Promise<boolean> {
  const log = createLogger({ level: 'error' })
  const lock = await lockFolder(config.dataDir)
  try {
    await makeEmpty(config, log)
    writeFileSync(join(config.dataDir, STORY), '')
    const ended = await liveAll(config, log, today, { ...options, lived })
    if (ended !== undefined) writeFileSync(join(config.dataDir, STORY), `${ended}\n`)
    return ended !== undefined
  } finally {
    await lock.release()
  }
}

async function liveAll(
  config: Config,
  log: Logger,
  today: LocalDate,
  { systems: reads, signal, lived }: LivingOptions & { readonly lived: (day: number) => void },
): Promise<Instant | undefined> {
  const cluster = await openCluster(config, log)
  let stage: Stage | undefined
  try {
    await migrate(cluster.connection('owner'), readMigrations(join(import.meta.dirname, '../db/migrations')))
    stage = openStage({ config, cluster, log, firstDay: addDays(today, 1 - DAYS) })
    const cast = await firstDay(stage)
    const systems = reads === false ? undefined : await connectSystems(stage, cast.ada)
    for (let day = 0; day < DAYS; day++) {
      if (signal?.aborted === true) return undefined
      await liveDay(stage, cast, day)
      await systems?.live(day)
      lived(day + 1)
    }
    return stage.now()
  } finally {
    await stage?.close()
    await cluster.stop()
  }
}

/** Only what this story itself left unfinished is removed, after a database that survived its server was stopped. */
async function makeEmpty(config: Config, log: Logger): Promise<void> {
  const { dataDir } = config
  const found = readdirSync(dataDir)
  if (found.length === 0) return
  if (!isUnfinished(config))
    throw new Refused('FOLDER_NOT_EMPTY', `expected an empty folder to live the story in, got ${dataDir}`)
  if (existsSync(join(dataDir, 'postgres', 'PG_VERSION'))) await (await openCluster(config, log)).stop()
  for (const name of found) rmSync(join(dataDir, name), { recursive: true, force: true })
  for (const folder of Object.values(repositoryOf(dataDir))) rmSync(folder, { recursive: true, force: true })
}
