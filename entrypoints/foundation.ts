// SPDX-License-Identifier: Apache-2.0
import { accessSync, constants, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openCluster, type Cluster } from '../lib/cluster.ts'
import type { Config } from '../lib/config.ts'
import { readInstanceKey } from '../lib/instance-key.ts'
import { lockFolder } from '../lib/lock.ts'
import type { Logger } from '../lib/log.ts'
import { migrate, readMigrations } from '../lib/migrate.ts'
import { Refused } from '../lib/refused.ts'

/** Things opened in order, closed in reverse; a failure half-way closes what was opened. */
export class Opened {
  private readonly closers: (() => Promise<unknown>)[] = []
  onClose(close: () => Promise<unknown>): void {
    this.closers.push(close)
  }
  async close(): Promise<void> {
    for (let close = this.closers.pop(); close; close = this.closers.pop()) await close()
  }
}

/** What a server stands on: the folder is ours, the database is up and of this version. Knows no operation. */
export interface Foundation {
  /** The instance's key; nothing when there is none yet. */
  readonly known: Buffer | undefined
  readonly cluster: Cluster
  readonly opened: Opened
}

/** What a process does with a folder, each done by one process at a time. */
const PARTS: Readonly<Record<Config['role'], readonly string[]>> = {
  all: ['', 'web', 'worker'],
  web: ['web'],
  worker: ['worker'],
}

/** @throws Refused when the folder is in use or not fit, or the database is */
export async function openFoundation(config: Config, log: Logger): Promise<Foundation> {
  const opened = new Opened()
  try {
    demandFolder(config.dataDir)
    for (const part of PARTS[config.role]) {
      const lock = await lockFolder(config.dataDir, part)
      opened.onClose(() => lock.release())
    }
    const known = readInstanceKey(config.keyFile)
    const cluster = await openCluster(config, log)
    opened.onClose(() => cluster.stop())
    await migrate(cluster.connection('owner'), readMigrations(join(import.meta.dirname, '..', 'db/migrations')))
    return { known, cluster, opened }
  } catch (error) {
    await opened.close()
    throw error
  }
}

/** @throws Refused DATA_FOLDER when there is no such folder to write to and none can be made */
function demandFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    const why = error.code === 'EEXIST' || error.code === 'ENOTDIR' ? 'a file is in its place' : error.message
    throw new Refused('DATA_FOLDER', `expected a folder to write to at ${folder} (ASSAY_DATA): ${why}`)
  }
}
