// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { Readable } from 'node:stream'
import pg from 'pg'
import { actions } from '../features/index.ts'
import { jobs } from '../features/jobs.ts'
import { openSequencer } from '../features/ledger/sequencer.actions.ts'
import { perform, type Action, type Actor, type Ctx, type Role } from '../lib/action.ts'
import { diskBlobs } from '../lib/blobs.ts'
import type { Cluster } from '../lib/cluster.ts'
import type { Config } from '../lib/config.ts'
import { Database } from '../lib/db.ts'
import { openInbox } from '../lib/inbox.ts'
import { instanceKey } from '../lib/instance-key.ts'
import type { JobData, Jobs } from '../lib/jobs.ts'
import type { Logger } from '../lib/log.ts'
import type { Services } from '../lib/services.ts'
import { addDays, startOfDay, type Instant, type LocalDate } from '../lib/time.ts'

type Actions = typeof actions
type Name = keyof Actions
type InputOf<N extends Name> = Actions[N] extends Action<infer I, infer _O> ? I['_zod']['input'] : never
type OutputOf<N extends Name> = Actions[N] extends Action<infer _I, infer O> ? O['_zod']['output'] : never

export const TIME_ZONE = 'Europe/Berlin'

/**
 * A server without doors that lives in another time: the real operations, jobs, database, blob store and ledger, under a
 * clock that only the story moves. Jobs run when the story says so, one after another.
 */
export interface Stage {
  readonly services: Services
  readonly firstDay: LocalDate
  /** Moves the clock to an hour of a day of the story; day 0 is the first. */
  at(day: number, hour?: number): void
  day(day: number): LocalDate
  now(): Instant
  /** Runs an operation as a person would through a door. */
  does<N extends Name>(who: Actor, name: N, input: InputOf<N>): Promise<OutputOf<N>>
  /** Puts a file into the inbox, as an upload does. */
  receives(who: Actor, name: string, content: string): Promise<string>
  /** Runs all waiting jobs, and those they make, and lets the ledger advance. */
  settles(): Promise<void>
  /** Does something to the database server as its owner, as an administrator with a terminal would. */
  administer(statements: readonly string[]): Promise<void>
  close(): Promise<void>
}

export function openStage(options: {
  readonly config: Config
  readonly cluster: Cluster
  readonly log: Logger
  readonly firstDay: LocalDate
}): Stage {
  const { config, cluster, log, firstDay } = options
  let at = Date.parse(startOfDay(firstDay, TIME_ZONE))
  const clock = (): Date => new Date(at)
  const kek = instanceKey(config.keyFile)
  const db = new Database(cluster.connection('assay_app'), { kek, movedClock: clock })
  const sequencing = new Database(cluster.connection('assay_sequencer'), { kek, movedClock: clock })
  const waiting: { name: string; data: JobData }[] = []
  const services: Services = {
    config,
    db,
    clock,
    blobs: diskBlobs(join(config.dataDir, 'blobs')),
    inbox: openInbox(config.dataDir),
    jobs: inMemory(waiting),
    monitor: cluster.connection('assay_monitor'),
    log,
  }
  const sequencer = openSequencer({ database: sequencing, dataDir: config.dataDir, log })
  const handlers = new Map(Object.entries(jobs).map(([name, make]) => [name, make(services)]))
  return {
    services,
    firstDay,
    at(day, hour = 9) {
      at = Date.parse(startOfDay(addDays(firstDay, day), TIME_ZONE)) + hour * 3_600_000
    },
    day: (day) => addDays(firstDay, day),
    now: () => clock().toISOString(),
    async does(who, name, input) {
      at += 1000 // two acts never share a moment
      const action = actions[name] as Action
      return (await db.tenant({ org: who.org, actor: who.id }, async (tx) => {
        const ctx: Ctx = { ...services, tx, actor: who, operations: [name], now: tx.now, asOf: tx.now, knownAt: tx.now }
        return await perform(name, action, ctx, input)
      })) as never
    },
    async receives(who, name, content) {
      const file = await services.inbox.receive(
        who.org,
        who.id,
        name,
        Readable.from([content]),
        clock(),
        () => undefined,
      )
      return file.id
    },
    async settles() {
      for (let job = waiting.shift(); job; job = waiting.shift()) {
        const handler = handlers.get(job.name)
        if (!handler) throw new Error(`there is no job "${job.name}"`)
        at += 1000
        await handler({ ...job.data, id: `${job.name}-${at}`, signal: new AbortController().signal })
      }
      while ((await sequencer.tick()) > 0);
    },
    async administer(statements) {
      const client = new pg.Client(cluster.connection('owner'))
      await client.connect()
      for (const statement of statements) await client.query(statement)
      await client.end()
    },
    async close() {
      await sequencer.stop()
      await sequencing.close()
      await db.close()
    },
  }
}

/** Jobs that wait for the story; one of a name and key waits at a time, as in the real queue. */
function inMemory(waiting: { name: string; data: JobData }[]): Jobs {
  const keys = new Set<string>()
  return {
    async enqueue(tx, name, input, { key, actor } = {}) {
      const unique = key === undefined ? undefined : `${name}:${tx.org}:${key}`
      if (unique !== undefined && keys.has(unique) && waiting.some((job) => job.name === name)) return
      if (unique !== undefined) keys.add(unique)
      tx.afterCommit(() => void waiting.push({ name, data: { org: tx.org, actor: actor ?? tx.actor, input } }))
    },
  }
}

/** Somebody of the company, as the doors would make the actor from a session. */
export const person = (org: string, id: string, name: string, roles: readonly Role[]): Actor => ({
  org,
  id,
  name,
  roles,
})
