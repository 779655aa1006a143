// SPDX-License-Identifier: Apache-2.0
import { statfs } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Queue } from '../lib/jobs.ts'
import type { Services } from '../lib/services.ts'
import type { LedgerHealth } from './worker.ts'

export interface HealthSources {
  readonly services: Services
  readonly queue: Queue
  readonly ledger: () => LedgerHealth
}

/** One thing that must be so for the server to do its work. */
interface Probe {
  readonly name: string
  readonly ok: boolean
  readonly says: string
}

const MAX_LAG_MS = 30_000

/** `/healthz` (the process answers), `/readyz` (it can do its work, and if not, why), `/metrics` (Prometheus). */
export function serveHealth(app: FastifyInstance, sources: HealthSources): void {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'assay_' })
  const seconds = new Histogram({
    name: 'assay_http_request_duration_seconds',
    help: 'Duration of HTTP requests',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  })
  app.addHook('onResponse', async (request, reply) => {
    seconds.observe(
      { method: request.method, route: request.routeOptions.url ?? 'page', status: String(reply.statusCode) },
      reply.elapsedTime / 1000,
    )
  })
  gauges(registry, sources)
  app.get('/healthz', async () => ({ ok: true }))
  app.get('/readyz', async (_request, reply) => {
    const probes = await look(sources)
    const ok = probes.every((probe) => probe.ok)
    return await reply
      .code(ok ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ok, checks: probes })
  })
  app.get('/metrics', async (_request, reply) => {
    return await reply.type(registry.contentType).send(await registry.metrics())
  })
}

async function look({ services, ledger }: HealthSources): Promise<Probe[]> {
  const { lagMs, pending, refused, lastTimestampAt } = ledger()
  const disk = await freeMb(services.config.dataDir)
  const authorities = services.config.timestampAuthorities.length
  return [
    await database(services),
    {
      name: 'sequencer',
      ok: lagMs <= MAX_LAG_MS,
      says: `${pending} records wait for their place in the ledger, the oldest for ${Math.round(lagMs / 1000)} s`,
    },
    { name: 'fork guard', ok: refused === undefined, says: refused ?? 'no doubt about the history of any ledger' },
    {
      name: 'disk',
      ok: disk >= services.config.minFreeMb,
      says: `${disk} MB free where the data lies; at least ${services.config.minFreeMb} MB are wanted`,
    },
    {
      name: 'time-stamps',
      ok: true, // collecting goes on without them; what waits is labelled as not yet stamped
      says:
        authorities === 0
          ? 'no time-stamp authority is set (ASSAY_TSA); times are claims until one is'
          : lastTimestampAt === undefined
            ? 'no time-stamp yet'
            : `last time-stamp at ${lastTimestampAt}`,
    },
  ]
}

async function database(services: Services): Promise<Probe> {
  try {
    await services.db.pool.query('select 1')
    return { name: 'database', ok: true, says: 'answers' }
  } catch (error) {
    return {
      name: 'database',
      ok: false,
      says: `does not answer: ${error instanceof Error ? error.message : String(error)}`,
    }
  }
}

async function freeMb(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return Math.floor((bavail * bsize) / 1024 / 1024)
}

function gauges(registry: Registry, { services, queue, ledger }: HealthSources): void {
  const register = [registry]
  new Gauge({
    name: 'assay_ledger_pending',
    help: 'Records that wait for their place in the ledger',
    registers: register,
    collect() {
      this.set(ledger().pending)
    },
  })
  new Gauge({
    name: 'assay_ledger_lag_seconds',
    help: 'Age of the oldest record that waits',
    registers: register,
    collect() {
      this.set(ledger().lagMs / 1000)
    },
  })
  new Gauge({
    name: 'assay_jobs',
    help: 'Background jobs by queue and state',
    labelNames: ['queue', 'state'],
    registers: register,
    async collect() {
      for (const { name, waiting, active, failed } of await queue.depth()) {
        this.set({ queue: name, state: 'waiting' }, waiting)
        this.set({ queue: name, state: 'active' }, active)
        this.set({ queue: name, state: 'failed' }, failed)
      }
    },
  })
  new Gauge({
    name: 'assay_disk_free_megabytes',
    help: 'Free space where the data lies',
    registers: register,
    async collect() {
      this.set(await freeMb(services.config.dataDir))
    },
  })
}
