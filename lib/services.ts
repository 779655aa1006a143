// SPDX-License-Identifier: Apache-2.0
import type { Blobs } from './blobs.ts'
import type { Config } from './config.ts'
import type { Database, Tx } from './db.ts'
import type { Inbox } from './inbox.ts'
import type pg from 'pg'
import type { Jobs } from './jobs.ts'
import type { Logger } from './log.ts'
import type { Clock } from './time.ts'

/** What long-lived work (doors, workers, the sequencer) holds: opened once per process, closed in reverse. */
export interface Services {
  readonly config: Config
  /** Pool of the role assay_app: row-level security always applies. */
  readonly db: Database
  readonly clock: Clock
  readonly blobs: Blobs
  /** Received files that wait for a command. */
  readonly inbox: Inbox
  readonly jobs: Jobs
  /** Assay's own database as a monitoring role sees it: settings and roles, no tables. */
  readonly monitor: pg.PoolConfig
  readonly log: Logger
}

/** A transaction for background work of a tenant. */
export const asSystem = <T>(services: Services, org: string, work: (tx: Tx) => Promise<T>): Promise<T> =>
  services.db.tenant({ org, actor: 'system' }, work)
