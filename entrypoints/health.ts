// SPDX-License-Identifier: Apache-2.0
import { basename } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Collector } from '../features/evidence/orphans.actions.ts'
import { TRIES, type Queue } from '../lib/jobs.ts'
import type { RecordedTime } from '../lib/recorded-time.ts'
import { DAY_MS, HOUR_MS } from '../lib/time.ts'
import type { Services } from '../lib/services.ts'
import type { Space } from '../lib/space.ts'
import type { LedgerHealth } from './worker.ts'

export interface HealthSources {
  readonly services: Services
  readonly queue: Queue
  readonly time: RecordedTime
  readonly space: Space
  readonly orphans: Collector
  readonly ledger: () => LedgerHealth
  /** Since when the oldest signed tree waits for a time-stamp; null when none does. */
  readonly unstamped: () => Promise<string | null>
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

async function look({ services, queue, time, space, ledger, unstamped }: HealthSources): Promise<Probe[]> {
  const { lagMs, pending, refused, unwritten, lastTimestampAt } = ledger()
  const answers = await database(services)
  return [
    answers,
    {
      name: 'sequencer',
      ok: lagMs <= MAX_LAG_MS,
      says: `${pending} records wait for their place in the ledger, the oldest for ${Math.round(lagMs / 1000)} s`,
    },
    { name: 'fork guard', ok: refused === undefined, says: refused ?? 'no doubt about the history of any ledger' },
    { name: 'publication', ok: unwritten === undefined, says: unwritten ?? 'every ledger can be written' },
    await room(space),
    { name: 'clock', ...time.health() },
    ...(answers.ok ? [await parked(queue)] : []),
    { name: 'time-stamps', ...timestamps(services, lastTimestampAt, answers.ok ? await unstamped() : null) },
  ]
}

async function room(space: Space): Promise<Probe> {
  const { folder, free_mb } = await space.look()
  const ok = free_mb >= space.least_mb
  const says = `${free_mb} MB free where ${basename(folder)} lies; at least ${space.least_mb} MB are wanted`
  return { name: 'disk', ok, says: ok ? says : `${says}: uploads, commands and background work wait for room` }
}

/** Work that was given up is for a person to look at; the server does all else. Why is in the log, for its owner only. */
async function parked(queue: Queue): Promise<Probe> {
  const [last] = await queue.parked(1)
  const says = last
    ? `given up after ${TRIES} tries: ${last.name} at ${last.at}, the log says why`
    : 'none was given up'
  return { name: 'jobs', ok: true, says }
}

/**
 * A log that says nothing new is stamped once a day, and a round may fail whose records the next one covers; after a day
 * and so many rounds somebody should look.
 */
const ROUNDS = 3

/** Collecting goes on without them, labelled as not yet stamped; that it goes on for long is no good health. */
export function timestamps(
  { config, clock }: Pick<Services, 'config' | 'clock'>,
  last: string | undefined,
  since: string | null,
): Omit<Probe, 'name'> {
  if (config.timestampAuthorities.length === 0)
    return { ok: true, says: 'no time-stamp authority is set (ASSAY_TSA); times are claims until one is' }
  const says = last === undefined ? 'no time-stamp yet' : `last time-stamp at ${last}`
  const waits_ms = since === null ? 0 : clock().getTime() - Date.parse(since)
  const ok = waits_ms <= DAY_MS + ROUNDS * config.timestampHours * HOUR_MS
  return { ok, says: ok ? says : `${says}; what was signed at ${since} waits for one still, the log says why` }
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

function gauges(registry: Registry, { queue, space, orphans, ledger }: HealthSources): void {
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
      this.set((await space.look()).free_mb)
    },
  })
  new Gauge({
    name: 'assay_orphaned_blobs_collected',
    help: 'Stored files that no record named and that were removed since the process began',
    registers: register,
    collect() {
      this.set(orphans.collected)
    },
  })
}
