// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import type { Cursor, Connector, Identity, Io, ReadAt, Stream } from '../../catalog/connector.ts'
import { connectorOf } from '../../catalog/connectors/registry.ts'
import type { Tx } from '../../lib/db.ts'
import type { JobHandler } from '../../lib/jobs.ts'
import { Recorder, type Exchange } from '../../lib/recorder.ts'
import { Refused } from '../../lib/refused.ts'
import { asSystem, type Services } from '../../lib/services.ts'
import { DAY_MS, type Instant } from '../../lib/time.ts'
import { SourceTrouble } from '../../lib/trouble.ts'
import { keepCaptures, recordCollection } from '../evidence/evidence.store.ts'
import { LOST, type StreamResult } from './connection.ts'
import { lockConnection, openSecrets, type ConnectionRow, type Secrets } from './connections.store.ts'
import { probeConnection } from './probing.actions.ts'
import { compose, type Gathered } from './reading.ts'
import {
  addStreamResult,
  endRun,
  holdRun,
  intendRun,
  loadCursors,
  lockRun,
  saveCursor,
  startRun,
  touchRun,
  type Progress,
  type RunRow,
} from './runs.store.ts'
import { openSource, type Runtime } from './sources.actions.ts'

/** The background half of `connections.run` and `connections.probe`. */
export const syncJob =
  (services: Services, runtime: Runtime = {}): JobHandler =>
  async ({ org, input, signal }) => {
    const { probe, run } = input
    if (typeof probe === 'string') await probeConnection(services, org, probe, { signal, runtime })
    if (typeof run === 'string') await readConnection(services, org, run, { signal, runtime })
  }

interface Claimed {
  readonly run: RunRow
  readonly connection: ConnectionRow
  readonly connector: Connector
  readonly secrets: Secrets
  readonly cursors: ReadonlyMap<string, Progress>
}

const HEARTBEAT_MS = 20_000
/** How far back event streams go at first, unless their connector says otherwise. */
const FIRST_WINDOW_DAYS = 400

interface Working {
  readonly signal: AbortSignal
  readonly runtime: Runtime
}

async function readConnection(services: Services, org: string, run_id: string, working: Working): Promise<void> {
  const claimed = await asSystem(services, org, (tx) => claim(tx, services.jobs, run_id))
  if (!claimed) return
  const { run } = claimed
  const beat = setInterval(() => {
    asSystem(services, org, (tx) => touchRun(tx, run.id)).catch((error: unknown) =>
      services.log.warn({ run: run.id, error: String(error) }, 'a run could not give its sign of life'),
    )
  }, HEARTBEAT_MS)
  try {
    const identity = await readStreams(services, org, claimed, working)
    const state = await asSystem(services, org, async (tx) =>
      (await holdRun(tx, run.id)) ? await endRun(tx, services.jobs, run, identity ? { identity } : {}) : undefined,
    )
    services.log.info({ connection: run.connection_id, run: run.id, state: state ?? 'given up' }, 'run ended')
  } finally {
    clearInterval(beat)
  }
}

/**
 * Takes a run for this process. A run that is already running lost the process that had it: the job came back. It is
 * ended without an outcome, for all to see, and a new one is announced in its place.
 */
async function claim(tx: Tx, jobs: Services['jobs'], run_id: string): Promise<Claimed | undefined> {
  const asked = await lockRun(tx, run_id)
  if (!asked || asked.state === 'done' || asked.state === 'failed') return undefined
  const connection = await lockConnection(tx, asked.connection_id)
  const connector = connectorOf(connection.connector)
  if (asked.state === 'running') await endRun(tx, jobs, asked, { because: LOST })
  const id = asked.state === 'running' ? await intendRun(tx, connection, connector, asked.trigger) : asked.id
  const run = await lockRun(tx, id)
  if (!run) throw new Error(`run ${id} is gone`)
  if (!connection.enabled) {
    await endRun(tx, jobs, run, { because: 'the connection was switched off before the run began' })
    return undefined
  }
  await startRun(tx, run)
  const secrets = await openSecrets(tx, connection.id)
  return { run, connection, connector, secrets, cursors: await loadCursors(tx, connection.id) }
}

/** Reads every stream and records each by itself; one that fails says so and stops no other. */
async function readStreams(
  services: Services,
  org: string,
  claimed: Claimed,
  { signal, runtime }: Working,
): Promise<Identity | undefined> {
  const { connection, connector, secrets } = claimed
  const recorder = new Recorder(services.clock, Object.values(secrets))
  let io: Io | undefined
  let identity: Identity | undefined
  let trouble: SourceTrouble | undefined
  try {
    io = await openSource(services, { connection, connector, secrets, recorder, signal, org }, runtime)
    identity = await connector.identify(io)
  } catch (error) {
    trouble = troubleOf(error)
  }
  const opening = recorder.take()
  const moved = identityMoved(connection, identity)
  try {
    for (const stream of connector.streams) {
      if (signal.aborted) throw new Error('the worker is stopping; the run is taken up again at its next start')
      const started = performance.now()
      const observed_at = recorder.now()
      const at = readAt(claimed.cursors.get(stream.name), observed_at)
      const gathered: Gathered =
        io && !trouble
          ? await gather(io, stream, at, recorder, opening)
          : { stream, pages: [], exchanges: opening, observed_at, ...(trouble ? { trouble } : {}) }
      const milliseconds = Math.round(performance.now() - started)
      await record(services, org, claimed, { identity, gathered, recorder, moved, milliseconds })
    }
    return identity
  } finally {
    await io?.source.close()
  }
}

const readAt = (progress: Progress | undefined, to: Instant): ReadAt => ({
  from: progress?.window_to ?? new Date(Date.parse(to) - FIRST_WINDOW_DAYS * DAY_MS).toISOString(),
  to,
  cursor: progress && Object.keys(progress.cursor).length > 0 ? progress.cursor : undefined,
})

function identityMoved(connection: ConnectionRow, identity: Identity | undefined): string | undefined {
  if (!identity || connection.tenant_id === null || connection.tenant_id === identity.id) return undefined
  return `The connection leads to another system than at the last run: ${identity.id} instead of ${connection.tenant_id}.`
}

/** Anything a source may do wrong, as trouble; a bug stays a bug. */
function troubleOf(error: unknown): SourceTrouble {
  if (error instanceof SourceTrouble) return error
  if (error instanceof z.ZodError || error instanceof SyntaxError)
    return new SourceTrouble(
      'broken',
      `the source answered something that makes no sense: ${error.message.slice(0, 300)}`,
    )
  throw error
}

/** Reads one stream to its end or to where it breaks. What was read until then is kept. */
async function gather(
  io: Io,
  stream: Stream,
  at: ReadAt,
  recorder: Recorder,
  opening: readonly Exchange[],
): Promise<Gathered> {
  const pages = []
  let made: Pick<Gathered, 'end' | 'census' | 'trouble'> = {}
  // The recorded answers of the opening come first in every reading, so the stream's own are counted on from there.
  recorder.resume(opening)
  try {
    const reading = stream.read(io, at)
    for (;;) {
      const next = await reading.next()
      if (next.done) {
        made = { end: next.value }
        break
      }
      pages.push(stream.normalise(next.value, { cfg: io.cfg }))
    }
    const census = await stream.census?.(io, at, made.end ?? { remarks: [] })
    if (census) made = { ...made, census }
  } catch (error) {
    made = { ...made, trouble: troubleOf(error) }
  }
  return { stream, pages, exchanges: recorder.take(), observed_at: at.to, ...made }
}

interface Recording {
  readonly identity: Identity | undefined
  readonly gathered: Gathered
  readonly recorder: Recorder
  readonly moved: string | undefined
  readonly milliseconds: number
}

async function record(services: Services, org: string, claimed: Claimed, recording: Recording): Promise<void> {
  const { run, connection, connector } = claimed
  const { gathered, recorder, moved } = recording
  const composed = compose(connector, recording.identity, gathered)
  const collected = {
    ...composed,
    ...(composed.why === undefined ? {} : { why: recorder.scrub(composed.why) }),
    unreachable: composed.unreachable.map(({ subject, because }) => ({ subject, because: recorder.scrub(because) })),
    remarks: [...(moved ? [moved] : []), ...(composed.remarks ?? [])].map((remark) => recorder.scrub(remark)),
  }
  const kept = await keepCaptures(services.blobs, org, collected)
  await asSystem(services, org, async (tx) => {
    if (!(await holdRun(tx, run.id)))
      throw new Refused('RUN_UNDER_WAY', 'this run was given up and another took its place', { status: 409 })
    const source = { kind: 'connection', ref: connection.id, name: connection.name } as const
    const recorded = await recordCollection(tx, gathered.stream.kind, source, collected, kept)
    const cursor: Cursor | undefined = collected.outcome === 'complete' ? gathered.end?.cursor : undefined
    if (cursor && !recorded.suspect)
      await saveCursor(
        tx,
        { connection_id: connection.id, stream: collected.stream, collection_id: recorded.collection_id },
        { cursor, window_to: gathered.end?.window?.to ?? collected.observed_at },
      )
    const result: StreamResult = {
      stream: collected.stream,
      kind: collected.kind,
      outcome: collected.outcome,
      why: collected.why ?? null,
      listed: collected.listed,
      collected: collected.collected,
      unreachable: collected.unreachable.length,
      census: collected.census ?? null,
      reconciliation: collected.reconciliation,
      begun: recorded.begun,
      ended: recorded.ended,
      suspect: recorded.suspect ?? null,
      remarks: collected.remarks,
      collection_id: recorded.collection_id,
      milliseconds: recording.milliseconds,
    }
    await addStreamResult(tx, run, result)
  })
}
