// SPDX-License-Identifier: Apache-2.0
import { PgBoss, type Job } from 'pg-boss'
import type pg from 'pg'
import type { Tx } from './db.ts'
import type { Logger } from './log.ts'

/** What a background job knows: whose it is, who asked for it, and its own small input. */
export interface JobData {
  readonly org: string
  readonly actor: string
  readonly input: Readonly<Record<string, unknown>>
}

/** How operations hand work to the background. A job row is written in the caller's transaction: no row, no job. */
export interface Jobs {
  /**
   * @param options.key at most one job of the name waits per key; a second one while it waits is the same job
   */
  enqueue(
    tx: Tx,
    name: string,
    input: Readonly<Record<string, unknown>>,
    options?: { key?: string; actor?: string },
  ): Promise<void>
}

/** At-least-once: a handler is run again after a crash, so it must find what it already did. */
export type JobHandler = (job: JobData & { readonly id: string; readonly signal: AbortSignal }) => Promise<void>

/** How a kind of job is worked on. */
export interface Lane {
  /** Jobs of the name that one process runs side by side: a source that hangs keeps one of these places, no more. */
  readonly atOnce: number
  /** After how long a job is given up and tried again, in seconds. */
  readonly seconds: number
}

const LANE: Lane = { atOnce: 1, seconds: 3600 }
/** How often a job is tried before it is parked. */
export const TRIES = 5

/** A job that failed at every try. It is kept for a week, runs no more, and shows in `/readyz` and `/metrics`. */
export interface Parked {
  readonly name: string
  readonly org: string
  readonly at: string
  /** The error of the last try. */
  readonly because: string
}

export interface Queue extends Jobs {
  /** Takes jobs until `stop`, each name in its own lane. A job that fails is tried again after growing pauses. */
  work(handlers: Readonly<Record<string, JobHandler>>): Promise<void>
  /** Takes no more jobs until `work` is called again; those under way go on to their end. */
  rest(): Promise<void>
  /** Brings moments that lie ahead of the database's clock back to it, so that a clock set back keeps no job waiting. */
  mendTimes(): Promise<void>
  /** Counts for `/metrics` and `/readyz`. */
  depth(): Promise<{ name: string; waiting: number; active: number; failed: number }[]>
  /** Jobs that were given up, the newest first, at most `limit`. */
  parked(limit: number): Promise<Parked[]>
  stop(): Promise<void>
}

/**
 * The job queue in PostgreSQL (pg-boss). Workers may run in other processes.
 * @param options.lanes all jobs of the product by name; a lane without limits runs one job at once, for an hour at most
 * @param options.retrySeconds the first pause after a failure; it doubles
 * @param options.lookSeconds how often a worker looks by itself; the database wakes it for a new job
 */
export async function startQueue(options: {
  readonly owner: pg.PoolConfig
  readonly appRole: string
  readonly lanes: Readonly<Record<string, Partial<Lane>>>
  readonly log: Logger
  readonly retrySeconds?: number
  readonly lookSeconds?: number
}): Promise<Queue> {
  const { lookSeconds = 10 } = options
  const boss = new PgBoss({
    ...(options.owner as { host: string }),
    schema: 'pgboss',
    max: 6,
    useListenNotify: true,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
  })
  boss.on('error', (error) => options.log.error({ error: String(error) }, 'job queue error'))
  await boss.start()
  const laneOf = (name: string): Lane => ({ ...LANE, ...options.lanes[name] })
  for (const name of Object.keys(options.lanes)) {
    const settings = {
      notify: true,
      heartbeatSeconds: 10,
      retryLimit: TRIES - 1,
      retryBackoff: true,
      retryDelay: options.retrySeconds ?? 2,
      retryDelayMax: 300,
      expireInSeconds: laneOf(name).seconds,
    } as const
    if (await boss.getQueue(name)) await boss.updateQueue(name, settings)
    else await boss.createQueue(name, { ...settings, policy: 'short' })
  }
  await boss.getDb().executeSql(
    `grant usage on schema pgboss to ${options.appRole};
     grant select, insert on all tables in schema pgboss to ${options.appRole};
     grant execute on all functions in schema pgboss to ${options.appRole}`,
  )
  const working = new Set<string>()
  return {
    async enqueue(tx, name, input, { key, actor } = {}) {
      const data: JobData = { org: tx.org, actor: actor ?? tx.actor, input }
      await boss.send(name, data, {
        singletonKey: `${tx.org}:${key ?? crypto.randomUUID()}`,
        db: { executeSql: (text: string, values?: unknown[]) => tx.text(text, values) },
      })
    },
    async work(handlers) {
      for (const [name, handler] of Object.entries(handlers))
        for (let place = 0; place < laneOf(name).atOnce; place++) {
          const worker = await boss.work<JobData>(
            name,
            { pollingIntervalSeconds: Math.min(2, lookSeconds), notifyPollingIntervalSeconds: lookSeconds },
            async ([job]) => {
              if (!job) return
              let isOver = false
              // A handler that does not end is left behind: its job fails by the clock, and its place is free again.
              job.signal.addEventListener('abort', () => isOver || tell(options.log, job, job.signal.reason))
              try {
                await handler({ ...job.data, id: job.id, signal: job.signal })
              } catch (error) {
                if (!job.signal.aborted) tell(options.log, job, error)
                throw error
              } finally {
                isOver = true
                boss.notifyWorker(worker) // looks for the next one at once
              }
            },
          )
          working.add(name)
        }
    },
    async rest() {
      for (const name of working) await boss.offWork(name, { wait: false })
      working.clear()
    },
    async mendTimes() {
      await boss.getDb().executeSql(MEND_TIMES)
    },
    async depth() {
      const queues = await boss.getQueues()
      return queues.map((q) => ({ name: q.name, waiting: q.readyCount, active: q.activeCount, failed: q.failedCount }))
    },
    async parked(limit) {
      const { rows } = await boss.getDb().executeSql(
        `select name, data->>'org' as org, completed_on as at,
           left(coalesce(output->>'message', output->>'value', output::text), 300) as because
         from pgboss.job where state = 'failed' order by completed_on desc limit $1`,
        [limit],
      )
      return rows as Parked[]
    },
    async stop() {
      await boss.stop({ graceful: true, timeout: 10_000 })
    },
  }
}

/** Nothing of ours is ever due more than the longest pause ahead; only a clock that was set back makes it so. */
const MEND_TIMES = `
  with ahead as (select now() + interval '10 minutes' as of)
  , queues as (
    update pgboss.queue set monitor_claim_on = least(monitor_claim_on, now()), monitor_on = least(monitor_on, now()),
      maintain_on = least(maintain_on, now())
    from ahead where greatest(monitor_claim_on, monitor_on, maintain_on) > ahead.of
  )
  update pgboss.job set start_after = least(start_after, now()), started_on = least(started_on, now()),
    heartbeat_on = least(heartbeat_on, now())
  from ahead where state < 'completed' and greatest(start_after, started_on, heartbeat_on) > ahead.of`

/** Each failed try is an error in the log; the last one says that nobody will try again. */
function tell(log: Logger, job: Job<JobData>, error: unknown): void {
  const tries = job.retryCount + 1
  const about = { job: job.name, id: job.id, org: job.data.org, tries, error: describe(error) }
  log.error(about, tries < TRIES ? 'job failed' : 'job was given up')
}

const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))
