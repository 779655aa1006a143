// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { actions } from '../features/index.ts'
import { jobs } from '../features/jobs.ts'
import { guardLedgers, startSequencer } from '../features/ledger/sequencer.actions.ts'
import { diskBlobs } from '../lib/blobs.ts'
import { openCluster, type Cluster } from '../lib/cluster.ts'
import type { Config } from '../lib/config.ts'
import { Database } from '../lib/db.ts'
import { openInbox } from '../lib/inbox.ts'
import { startQueue, type Queue } from '../lib/jobs.ts'
import { instanceKey, lockFolder } from '../lib/lock.ts'
import type { Logger } from '../lib/log.ts'
import { migrate, readMigrations } from '../lib/migrate.ts'
import type { Services } from '../lib/services.ts'
import { openIdentity } from './auth.ts'
import { serveContent, serveFiles } from './files.ts'
import { serveEvents } from './events.ts'
import { serveHealth } from './health.ts'
import { openDoor } from './http.ts'
import { servePages } from './pages.ts'
import { ticksOf } from './ticks.ts'
import { receiveUploads } from './uploads.ts'
import { startWorker, type LedgerHealth } from './worker.ts'

export const VERSION = '0.1.0'
const root = join(import.meta.dirname, '..')

/** A server that runs: where it listens, what it stands on, and how it ends. */
export interface Server {
  readonly url: string
  readonly services: Services
  readonly cluster: Cluster
  readonly queue: Queue
  readonly app: FastifyInstance
  /** The one-time set-up token, while nobody has an account. */
  readonly setupToken: string | undefined
  stop(): Promise<void>
}

/** Things opened in order, closed in reverse; a failure half-way closes what was opened. */
class Opened {
  private readonly closers: (() => Promise<unknown>)[] = []
  onClose(close: () => Promise<unknown>): void {
    this.closers.push(close)
  }
  async close(): Promise<void> {
    for (let close = this.closers.pop(); close; close = this.closers.pop()) await close()
  }
}

/** Opens everything a process needs and starts to listen. @throws Refused when a setting, folder or database is not fit */
export async function startServer(config: Config, log: Logger): Promise<Server> {
  const opened = new Opened()
  try {
    return await open(config, log, opened)
  } catch (error) {
    await opened.close()
    throw error
  }
}

async function open(config: Config, log: Logger, opened: Opened): Promise<Server> {
  const lock = await lockFolder(config.dataDir)
  opened.onClose(() => lock.release())
  const kek = instanceKey(config.keyFile)
  const cluster = await openCluster(config, log)
  opened.onClose(() => cluster.stop())
  await migrate(cluster.connection('owner'), readMigrations(join(root, 'db/migrations')))
  const db = new Database(cluster.connection('assay_app'), { kek })
  opened.onClose(() => db.close())
  const queue = await startQueue({
    owner: cluster.connection('owner'),
    appRole: 'assay_app',
    names: Object.keys(jobs),
    log,
  })
  opened.onClose(() => queue.stop())
  const services: Services = {
    config,
    db,
    clock: () => new Date(),
    blobs: diskBlobs(join(config.dataDir, 'blobs')),
    inbox: openInbox(config.dataDir),
    jobs: queue,
    monitor: cluster.connection('assay_monitor'),
    log,
  }
  const ledger = config.role === 'web' ? () => IDLE : await startBackground(services, cluster, queue, kek, opened)
  const { app, setupToken } = await openDoors(services, cluster, queue, ledger, opened)
  const url = config.role === 'worker' ? '' : config.publicUrl
  return { url, services, cluster, queue, app, setupToken, stop: () => opened.close() }
}

const IDLE: LedgerHealth = { pending: 0, lagMs: 0, refused: undefined, lastTimestampAt: undefined }

/** The sequencer, the jobs and the ticks. The guard looks at every ledger before anything may be signed. */
async function startBackground(
  services: Services,
  cluster: Cluster,
  queue: Queue,
  kek: Buffer,
  opened: Opened,
): Promise<() => LedgerHealth> {
  const { config, log } = services
  const database = new Database(cluster.connection('assay_sequencer'), { kek })
  opened.onClose(() => database.close())
  await guardLedgers({ database, dataDir: config.dataDir, log })
  const sequencer = startSequencer({ database, dataDir: config.dataDir, log })
  opened.onClose(() => sequencer.stop())
  const worker = await startWorker(services, queue, ticksOf(services, database))
  opened.onClose(() => worker.stop())
  return () => sequencer.health()
}

async function openDoors(
  services: Services,
  cluster: Cluster,
  queue: Queue,
  ledger: () => LedgerHealth,
  opened: Opened,
): Promise<{ app: FastifyInstance; setupToken: string | undefined }> {
  const { config } = services
  const identity = openIdentity(services)
  const app = await openDoor({
    services,
    actions,
    version: VERSION,
    authenticate: identity.authenticate,
    denied: identity.denied,
  })
  opened.onClose(() => app.close())
  identity.serve(app)
  serveHealth(app, { services, queue, ledger })
  receiveUploads(app, services)
  serveFiles(app, services)
  await serveEvents(app, cluster.connection('assay_app'))
  await servePages(app, join(root, 'dist/web'))
  const content = await serveContent(services)
  opened.onClose(() => content.close())
  if (config.role !== 'worker') {
    await app.listen({ host: config.host, port: config.port })
    await content.listen({ host: config.host === '127.0.0.1' ? 'localhost' : config.host, port: config.contentPort })
  }
  return { app, setupToken: await identity.setupToken() }
}
