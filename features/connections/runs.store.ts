// SPDX-License-Identifier: Apache-2.0
import type { Connector, Cursor, Identity } from '../../catalog/connector.ts'
import { sql, type Tx } from '../../lib/db.ts'
import { publish } from '../../lib/events.ts'
import { newId } from '../../lib/ids.ts'
import type { Jobs } from '../../lib/jobs.ts'
import { Refused } from '../../lib/refused.ts'
import type { Instant } from '../../lib/time.ts'
import { appendLeaf } from '../ledger/ledger.store.ts'
import {
  FORGOTTEN_AFTER_MS,
  LOST_AFTER_MS,
  nextRunAt,
  stateOf,
  type RunState,
  type StreamResult,
} from './connection.ts'

export interface RunRow {
  readonly id: string
  readonly connection_id: string
  readonly trigger: 'schedule' | 'person'
  readonly state: RunState
  readonly requested_by: string
  readonly requested_at: Instant
  readonly started_at: Instant | null
  readonly finished_at: Instant | null
  readonly because: string | null
  readonly streams: readonly StreamResult[]
  readonly intent: string
  readonly ended: string | null
}

const RUN = sql`
  id, connection_id, trigger, state, requested_by, requested_at, started_at, finished_at, because, streams, intent, ended`

const streamName = (connection_id: string): string => `run:${connection_id}`

/**
 * Announces a run: its intent is in the ledger before anything is read, so that dropping its result would show.
 * @throws Refused RUN_UNDER_WAY
 */
export async function intendRun(
  tx: Tx,
  connection: { readonly id: string; readonly every_hours: number },
  connector: Connector,
  trigger: 'schedule' | 'person',
): Promise<string> {
  const busy = await runUnderWay(tx, connection.id)
  if (busy)
    throw new Refused('RUN_UNDER_WAY', `a run of this connection is ${busy.state} since ${busy.requested_at}`, {
      status: 409,
    })
  const id = newId('run', Date.parse(tx.now))
  const { manifest } = await appendLeaf(tx, {
    kind: 'intent',
    stream: streamName(connection.id),
    predicate: {
      run: id,
      connection: connection.id,
      connector: { id: connector.id, version: connector.version },
      streams: connector.streams.map((stream) => stream.name),
      everyHours: connection.every_hours,
      trigger,
    },
  })
  await tx.run(sql`
    insert into run (org_id, id, connection_id, trigger, state, requested_by, intent)
    values (${tx.org}, ${id}, ${connection.id}, ${trigger}, 'queued', ${tx.actor}, ${manifest})`)
  await publish(tx, 'run', { connection: connection.id, run: id, state: 'queued' })
  return id
}

export async function runUnderWay(tx: Tx, connection_id: string): Promise<RunRow | undefined> {
  return await tx.maybe<RunRow>(sql`
    select ${RUN} from run
    where org_id = ${tx.org} and connection_id = ${connection_id} and state in ('queued', 'running')`)
}

/** The run, held until the transaction ends. */
export async function lockRun(tx: Tx, id: string): Promise<RunRow | undefined> {
  return await tx.maybe<RunRow>(sql`select ${RUN} from run where org_id = ${tx.org} and id = ${id} for update`)
}

export async function startRun(tx: Tx, run: Pick<RunRow, 'id' | 'connection_id'>): Promise<void> {
  await tx.run(sql`
    update run set state = 'running', started_at = ${tx.now}, heartbeat_at = ${tx.now}
    where org_id = ${tx.org} and id = ${run.id}`)
  await publish(tx, 'run', { connection: run.connection_id, run: run.id, state: 'running' })
}

/** A sign of life. */
export async function touchRun(tx: Tx, id: string): Promise<void> {
  await tx.run(sql`
    update run set heartbeat_at = recorded_now() where org_id = ${tx.org} and id = ${id} and state = 'running'`)
}

/**
 * Makes sure that the run is still ours before something of it is recorded: a process that was thought dead and comes
 * back must not write into a run that has been given up.
 */
export async function holdRun(tx: Tx, id: string): Promise<boolean> {
  return (await lockRun(tx, id))?.state === 'running'
}

export async function addStreamResult(
  tx: Tx,
  run: Pick<RunRow, 'id' | 'connection_id'>,
  result: StreamResult,
): Promise<void> {
  await tx.run(sql`
    update run set streams = streams || ${JSON.stringify([result])}::jsonb, heartbeat_at = recorded_now()
    where org_id = ${tx.org} and id = ${run.id}`)
  await publish(tx, 'run', {
    connection: run.connection_id,
    run: run.id,
    state: 'running',
    stream: result.stream,
    outcome: result.outcome,
    collected: result.collected,
  })
}

/**
 * Ends a run with its leaf, has what it read judged, and sets when the next one is due. Not before: a check that joins
 * streams would see one of this run and another of the run before. `because` overrules what the streams say.
 * @param identity who was at the other end, when that was seen
 */
export async function endRun(
  tx: Tx,
  jobs: Pick<Jobs, 'enqueue'>,
  run: RunRow,
  options: { readonly because?: string; readonly identity?: Identity } = {},
): Promise<RunState> {
  const { streams } = await tx.one<{ streams: readonly StreamResult[] }>(
    sql`select streams from run where org_id = ${tx.org} and id = ${run.id}`,
  )
  const { state, because } =
    options.because === undefined ? stateOf(streams) : ({ state: 'failed', because: options.because } as const)
  const { manifest } = await appendLeaf(tx, {
    kind: 'state',
    stream: streamName(run.connection_id),
    predicate: {
      run: run.id,
      intent: run.intent,
      state,
      because,
      streams: streams.map(({ stream, outcome, collection_id }) => ({ stream, outcome, collection: collection_id })),
      ...(options.identity ? { source: options.identity.id } : {}),
    },
  })
  await tx.run(sql`
    update run set state = ${state}, finished_at = ${tx.now}, because = ${because}, ended = ${manifest}
    where org_id = ${tx.org} and id = ${run.id}`)
  for (const { collection_id } of streams)
    await jobs.enqueue(tx, 'judge', { collection_id }, { key: `${run.id} ${collection_id}` })
  await scheduleNext(tx, run.connection_id)
  if (options.identity)
    await tx.run(sql`
      update connection set tenant_id = ${options.identity.id}, tenant_name = ${options.identity.name}
      where org_id = ${tx.org} and id = ${run.connection_id}`)
  await publish(tx, 'run', { connection: run.connection_id, run: run.id, state, because })
  return state
}

async function scheduleNext(tx: Tx, connection_id: string): Promise<void> {
  const row = await tx.maybe<{ every_hours: number; failures: number }>(sql`
    select c.every_hours, (
      select count(*)::int from run f
      where f.org_id = c.org_id and f.connection_id = c.id and f.state = 'failed' and f.requested_at > coalesce((
        select max(d.requested_at) from run d
        where d.org_id = c.org_id and d.connection_id = c.id and d.state = 'done'), '-infinity')) as failures
    from connection c where c.org_id = ${tx.org} and c.id = ${connection_id} and c.enabled`)
  if (!row) return
  await tx.run(sql`
    update connection set next_run_at = ${nextRunAt(tx.now, row.every_hours, row.failures)}
    where org_id = ${tx.org} and id = ${connection_id}`)
}

/** Runs of a connection, newest first, as known then. Asks for one more than the page. */
export async function listRuns(
  tx: Tx,
  connection_id: string,
  knownAt: Instant,
  limit: number,
  after?: readonly [string, string],
): Promise<RunRow[]> {
  return await tx.rows<RunRow>(sql`
    select ${RUN} from run
    where org_id = ${tx.org} and connection_id = ${connection_id} and requested_at <= ${knownAt}
      and (${after?.[0] ?? null}::timestamptz is null
        or (requested_at, id) < (${after?.[0] ?? null}::timestamptz, ${after?.[1] ?? null}))
    order by requested_at desc, id desc limit ${limit + 1}`)
}

/** What the newest run that came to a stream brought of it, by stream. */
export async function newestResults(
  tx: Tx,
  connection_id: string,
  knownAt: Instant,
): Promise<ReadonlyMap<string, StreamResult & { readonly at: Instant }>> {
  const rows = await tx.rows<{ requested_at: Instant; result: StreamResult }>(sql`
    select distinct on (s.value ->> 'stream') r.requested_at, s.value as result
    from run r cross join jsonb_array_elements(r.streams) s
    where r.org_id = ${tx.org} and r.connection_id = ${connection_id} and r.requested_at <= ${knownAt}
      and r.requested_at > ${knownAt}::timestamptz - interval '400 days'
    order by s.value ->> 'stream', r.requested_at desc, r.id desc`)
  return new Map(rows.map(({ requested_at, result }) => [result.stream, { ...result, at: requested_at }]))
}

export interface Progress {
  readonly cursor: Cursor
  readonly window_to: Instant
}

/** How far each stream was read, by its name. */
export async function loadCursors(tx: Tx, connection_id: string): Promise<ReadonlyMap<string, Progress>> {
  const rows = await tx.rows<Progress & { stream: string }>(sql`
    select stream, cursor, window_to from stream_cursor where org_id = ${tx.org} and connection_id = ${connection_id}`)
  return new Map(rows.map((row) => [row.stream, row]))
}

/** Remembers how far a stream was read; in the transaction of the reading, never before it. */
export async function saveCursor(
  tx: Tx,
  at: { readonly connection_id: string; readonly stream: string; readonly collection_id: string },
  progress: Progress,
): Promise<void> {
  await tx.run(sql`
    insert into stream_cursor (org_id, connection_id, stream, cursor, window_to, collection_id)
    values (${tx.org}, ${at.connection_id}, ${at.stream}, ${JSON.stringify(progress.cursor)}, ${progress.window_to},
      ${at.collection_id})
    on conflict (org_id, connection_id, stream) do update
    set cursor = excluded.cursor, window_to = excluded.window_to, collection_id = excluded.collection_id`)
}

/** Forgets how far a connection was read: its configuration leads elsewhere now. */
export async function forgetCursors(tx: Tx, connection_id: string): Promise<void> {
  await tx.run(sql`
    update stream_cursor set cursor = '{}' where org_id = ${tx.org} and connection_id = ${connection_id}`)
}

export interface Due {
  readonly org: string
  readonly connection_id: string
  /** A run that has lost its process or its job. */
  readonly lost_run: string | null
}

/** What is due over all organisations; for the role assay_sequencer, which sees these columns and no others. */
export async function listDue(tx: Tx): Promise<Due[]> {
  return await tx.rows<Due>(sql`
    select c.org_id as org, c.id as connection_id, null as lost_run from connection c
    where c.enabled and c.next_run_at <= recorded_now()
      and not exists (
        select from run r where r.org_id = c.org_id and r.connection_id = c.id and r.state in ('queued', 'running'))
    union all
    select r.org_id, r.connection_id, r.id from run r
    where (r.state = 'running' and r.heartbeat_at < recorded_now() - ${LOST_AFTER_MS} * interval '1 millisecond')
      or (r.state = 'queued' and r.requested_at < recorded_now() - ${FORGOTTEN_AFTER_MS} * interval '1 millisecond')
    limit 1000`)
}
