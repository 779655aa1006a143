// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { actions } from '../features/index.ts'
import { lanes } from '../features/jobs.ts'
import { openCollector, type Collector } from '../features/evidence/orphans.actions.ts'
import { demandInstanceKey } from '../features/ledger/instance-key.store.ts'
import { guardLedgers, startSequencer } from '../features/ledger/sequencer.actions.ts'
import { unstampedSince } from '../features/ledger/sequencer.store.ts'
import { demandRoots } from '../features/ledger/stamping.actions.ts'
import { startWatch } from '../features/ledger/watching.actions.ts'
import { diskBlobs } from '../lib/blobs.ts'
import type { Cluster } from '../lib/cluster.ts'
import type { Config } from '../lib/config.ts'
import { Database } from '../lib/db.ts'
import { openInbox } from '../lib/inbox.ts'
import { keepInstanceKey, newInstanceKey } from '../lib/instance-key.ts'
import { startQueue, type Queue } from '../lib/jobs.ts'
import type { Logger } from '../lib/log.ts'
import { heldClock, RecordedTime } from '../lib/recorded-time.ts'
import type { Services } from '../lib/services.ts'
import { openSpace, type Space } from '../lib/space.ts'
import { openIdentity } from './auth.ts'
import { serveContent, serveFiles } from './files.ts'
import { serveEvents } from './events.ts'
import type { Foundation, Opened } from './foundation.ts'
import { serveHealth } from './health.ts'
import { goOnFromRecords } from './held-time.ts'
import { openDoor } from './http.ts'
import { listenOn } from './listening.ts'
import { servePages } from './pages.ts'
import { demandRoom } from './room.ts'
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

/** Opens everything else a process needs and starts to listen. @throws Refused when a key, folder or database is not fit */
export async function startServer(config: Config, log: Logger, foundation: Foundation): Promise<Server> {
  try {
    return await open(config, log, foundation)
  } catch (error) {
    await foundation.opened.close()
    throw error
  }
}

async function open(config: Config, log: Logger, { known, cluster, opened }: Foundation): Promise<Server> {
  await demandRoots(config.timestampAuthorities)
  const kek = known ?? newInstanceKey()
  const time = new RecordedTime((warning) => log.warn({ clock: warning }, 'the clock is not as it was'))
  const sequencing = new Database(cluster.connection('assay_sequencer'), { kek, time })
  opened.onClose(() => sequencing.close())
  const key = { file: config.keyFile, isNew: known === undefined }
  await sequencing.tenant({ org: '', actor: 'system' }, (tx) => demandInstanceKey(tx, key), 'read')
  if (!known) keepInstanceKey(config.keyFile, kek)
  await goOnFromRecords(time, sequencing)
  const db = new Database(cluster.connection('assay_app'), { kek, time })
  opened.onClose(() => db.close())
  const queue = await startQueue({ owner: cluster.connection('owner'), appRole: 'assay_app', lanes, log })
  opened.onClose(() => queue.stop())
  const services: Services = {
    config,
    db,
    clock: heldClock(time, () => new Date()),
    blobs: diskBlobs(join(config.dataDir, 'blobs')),
    inbox: openInbox(config.dataDir),
    jobs: queue,
    monitor: cluster.connection('assay_monitor'),
    log,
  }
  const space = openSpace(
    ['.', 'postgres', 'blobs', 'ledger', 'signer', 'inbox', 'bundles'].map((name) => join(config.dataDir, name)),
    config.minFreeMb,
  )
  const ground: Ground = { services, cluster, queue, sequencing, time, space, orphans: openCollector(services), opened }
  const ledger = config.role === 'web' ? watchBackground(ground) : await startBackground(ground)
  const { app, setupToken } = await openDoors(ground, ledger)
  const url = config.role === 'worker' ? '' : config.publicUrl
  return { url, services, cluster, queue, app, setupToken, stop: () => opened.close() }
}

/** What the parts of a server stand on. */
interface Ground {
  readonly services: Services
  readonly cluster: Cluster
  readonly queue: Queue
  /** Pool of the role assay_sequencer. */
  readonly sequencing: Database
  readonly time: RecordedTime
  readonly space: Space
  readonly orphans: Collector
  readonly opened: Opened
}

/** Another process does the work; whether it does is seen in the database. */
function watchBackground({ services, sequencing, opened }: Ground): () => LedgerHealth {
  const watch = startWatch(sequencing, services.log)
  opened.onClose(() => watch.stop())
  return () => watch.health()
}

/** The sequencer, the jobs and the ticks. The guard looks at every ledger before anything may be signed. */
async function startBackground(ground: Ground): Promise<() => LedgerHealth> {
  const { services, queue, sequencing, space, orphans, opened } = ground
  const ledger = { database: sequencing, dataDir: services.config.dataDir, log: services.log }
  await guardLedgers(ledger)
  const sequencer = startSequencer(ledger)
  opened.onClose(() => sequencer.stop())
  const worker = await startWorker(services, queue, space, ticksOf(services, sequencing, queue, orphans))
  opened.onClose(() => worker.stop())
  return () => sequencer.health()
}

async function openDoors(
  ground: Ground,
  ledger: () => LedgerHealth,
): Promise<{ app: FastifyInstance; setupToken: string | undefined }> {
  const { services, cluster, opened } = ground
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
  const system = { org: '', actor: 'system' }
  const unstamped = (): Promise<string | null> => ground.sequencing.tenant(system, unstampedSince, 'read')
  serveHealth(app, { ...ground, ledger, unstamped })
  demandRoom(app, ground.space)
  receiveUploads(app, services)
  serveFiles(app, services)
  await serveEvents(app, cluster.connection('assay_app'))
  await servePages(app, join(root, 'dist/web'))
  const content = await serveContent(services)
  opened.onClose(() => content.close())
  if (config.role !== 'worker') {
    await listenOn(app, { host: config.host, port: config.port }, 'HOST and PORT')
    const host = config.host === '127.0.0.1' ? 'localhost' : config.host
    await listenOn(content, { host, port: config.contentPort }, 'HOST and ASSAY_CONTENT_PORT')
  }
  return { app, setupToken: await identity.setupToken() }
}
