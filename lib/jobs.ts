// SPDX-License-Identifier: Apache-2.0
import { PgBoss } from 'pg-boss'
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
   * @param options.after moment before which it must not start
   */
  enqueue(
    tx: Tx,
    name: string,
    input: Readonly<Record<string, unknown>>,
    options?: { key?: string; after?: Date; actor?: string },
  ): Promise<void>
}

/** At-least-once: a handler is run again after a crash, so it must find what it already did. */
export type JobHandler = (job: JobData & { readonly id: string; readonly signal: AbortSignal }) => Promise<void>

export interface Queue extends Jobs {
  /** Takes jobs until `stop`. A job that fails is tried 5 times with growing pauses and then kept as failed. */
  work(handlers: Readonly<Record<string, JobHandler>>): Promise<void>
  /** Counts for `/metrics` and `/readyz`. */
  depth(): Promise<{ name: string; waiting: number; active: number; failed: number }[]>
  stop(): Promise<void>
}

/** The job queue in PostgreSQL (pg-boss). `names` are all jobs of the product; workers may run in other processes. */
export async function startQueue(options: {
  readonly owner: pg.PoolConfig
  readonly appRole: string
  readonly names: readonly string[]
  readonly log: Logger
}): Promise<Queue> {
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
  for (const name of options.names) {
    const settings = {
      notify: true,
      heartbeatSeconds: 10,
      retryLimit: 5,
      retryBackoff: true,
      retryDelay: 2,
      retryDelayMax: 300,
      expireInSeconds: 6 * 3600,
    } as const
    if (await boss.getQueue(name)) await boss.updateQueue(name, settings)
    else await boss.createQueue(name, { ...settings, policy: 'short' })
  }
  await boss.getDb().executeSql(
    `grant usage on schema pgboss to ${options.appRole};
     grant select, insert on all tables in schema pgboss to ${options.appRole};
     grant execute on all functions in schema pgboss to ${options.appRole}`,
  )
  return {
    async enqueue(tx, name, input, { key, after, actor } = {}) {
      const data: JobData = { org: tx.org, actor: actor ?? tx.actor, input }
      await boss.send(name, data, {
        singletonKey: `${tx.org}:${key ?? crypto.randomUUID()}`,
        ...(after ? { startAfter: after } : {}),
        db: { executeSql: (text: string, values?: unknown[]) => tx.text(text, values) },
      })
    },
    async work(handlers) {
      for (const [name, handler] of Object.entries(handlers))
        await boss.work<JobData>(
          name,
          { batchSize: 2, burstWhenBatchFull: true, perJobResults: false, pollingIntervalSeconds: 2 } as {
            batchSize: number
          },
          async (jobs) => {
            for (const job of jobs) {
              try {
                await handler({ ...job.data, id: job.id, signal: job.signal })
              } catch (error) {
                options.log.error({ job: name, id: job.id, org: job.data.org, error: describe(error) }, 'job failed')
                throw error
              }
            }
          },
        )
    },
    async depth() {
      const queues = await boss.getQueues()
      return queues.map((q) => ({ name: q.name, waiting: q.readyCount, active: q.activeCount, failed: q.failedCount }))
    },
    async stop() {
      await boss.stop({ graceful: true, timeout: 10_000 })
    },
  }
}

const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))
