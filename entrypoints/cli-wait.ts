// SPDX-License-Identifier: Apache-2.0
import { Refused } from '../lib/refused.ts'
import type { Server } from './cli-server.ts'

/*
 * `--wait`: some commands only begin a work that goes on in the background. Waiting asks the same queries as a page would,
 * until the work has ended and what it brought was judged.
 */

export interface Waiting {
  readonly server: Server
  /** Tells how far the work is, one line at a time. */
  readonly tell: (line: string) => void
  /** When to give up, in milliseconds since 1970. */
  readonly until: number
}
type Fields = Readonly<Record<string, unknown>>
/** Waits for the work that a command began; gives the command's answer and how the work ended. @throws Refused */
type Ending = (answer: Fields) => Promise<Fields>

interface Run {
  readonly id: string
  readonly state: 'queued' | 'running' | 'done' | 'failed'
  readonly because: string | null
  readonly streams: readonly {
    readonly stream: string
    readonly outcome: string
    readonly why: string | null
    readonly listed: number
    readonly collected: number
    readonly collection_id: string
  }[]
}
interface Import {
  readonly state: 'queued' | 'running' | 'done' | 'refused' | 'failed'
  readonly code: string | null
  readonly because: string | null
  readonly collection_ids: readonly string[]
}
interface Bundle {
  readonly state: 'queued' | 'running' | 'done' | 'failed'
  readonly because: string | null
  readonly records: number | null
  readonly size_bytes: number | null
}
interface Probed {
  readonly probe: {
    readonly at: string
    readonly results: readonly { readonly need: string; readonly state: string; readonly because: string }[]
  } | null
}

/** Commands that begin something. Asked before the command, so that what was there before is known. */
export const WAITS: Readonly<Record<string, (waiting: Waiting, input: Fields) => Promise<Ending>>> = {
  'connections.create': async (waiting) => (answer) => runEnds(waiting, String(answer['id']), answer),
  'connections.run':
    async (waiting, { id }) =>
    (answer) =>
      runEnds(waiting, String(id), answer),
  async 'connections.probe'(waiting, { id }) {
    const before = (await waiting.server.call('connections.get', 'query', { id })) as Probed
    return async (answer) => {
      const isNew = ({ probe }: Probed): boolean => probe !== null && probe.at !== before.probe?.at
      const { probe } = await again<Probed>(waiting, 'connections.get', { id }, isNew)
      for (const { need, state, because } of probe?.results ?? []) waiting.tell(`${need}: ${state}, ${because}`)
      return { ...answer, probe }
    }
  },
  'evidence.import': async (waiting) => (answer) => importEnds(waiting, answer),
  'bundles.export': async (waiting) => (answer) => bundleEnds(waiting, answer),
}

async function runEnds(waiting: Waiting, connection: string, answer: Fields): Promise<Fields> {
  const told = new Set<string>()
  const isIt = ({ id }: Run): boolean => id === answer['run']
  const asked = await again<{ rows: readonly Run[] }>(waiting, 'connections.runs', { id: connection }, ({ rows }) => {
    const run = rows.find(isIt)
    for (const { stream, outcome, why, listed, collected } of run?.streams ?? []) {
      if (!told.has(stream)) waiting.tell(`${stream}: ${outcome}, ${collected} of ${listed}${why ? `; ${why}` : ''}`)
      told.add(stream)
    }
    return run?.state === 'done' || run?.state === 'failed'
  })
  const run = asked.rows.find(isIt)
  if (run?.state !== 'done') throw new Refused('RUN_FAILED', run?.because ?? 'the run did not end well')
  const readings = run.streams.map(({ collection_id }) => collection_id)
  await judged(waiting, readings)
  return { ...answer, state: run.state, streams: run.streams }
}

async function importEnds(waiting: Waiting, answer: Fields): Promise<Fields> {
  const isOver = ({ rows }: { rows: readonly Import[] }): boolean =>
    rows.every(({ state }) => state !== 'queued' && state !== 'running')
  const { rows } = await again<{ rows: readonly Import[] }>(waiting, 'evidence.imports', { id: answer['id'] }, isOver)
  const ended = rows[0]
  if (ended?.state !== 'done')
    throw new Refused(ended?.code ?? 'IMPORT_FAILED', ended?.because ?? 'the file could not be read')
  await judged(waiting, ended.collection_ids)
  return { ...answer, ...ended }
}

async function bundleEnds(waiting: Waiting, answer: Fields): Promise<Fields> {
  const isOver = ({ state }: Bundle): boolean => state === 'done' || state === 'failed'
  waiting.tell('gathering records and proofs…')
  const ended = await again<Bundle>(waiting, 'bundles.get', { id: answer['id'] }, isOver)
  if (ended.state === 'failed') throw new Refused('EXPORT_FAILED', ended.because ?? 'the bundle could not be made')
  waiting.tell(`${ended.records} records, ${ended.size_bytes} bytes`)
  return { ...answer, ...ended }
}

/** Until every check that the readings touch has looked at them. */
async function judged(waiting: Waiting, collections: readonly string[]): Promise<void> {
  if (collections.length === 0) return
  const isOver = ({ rows }: { rows: readonly { is_judged: boolean }[] }): boolean =>
    rows.every(({ is_judged }) => is_judged)
  await again(waiting, 'checks.judged', { collections }, isOver)
  waiting.tell('judged by every check it touches')
}

const SHORTEST_MS = 200
const LONGEST_MS = 2000

/** Asks a query with growing pauses until its answer is enough. @throws Refused STILL_UNDER_WAY */
async function again<T>(
  { server, until }: Waiting,
  name: string,
  input: Fields,
  isEnough: (answer: T) => boolean,
): Promise<T> {
  for (let pause = SHORTEST_MS; ; pause = Math.min(pause * 1.5, LONGEST_MS)) {
    const answer = (await server.call(name, 'query', input)) as T
    if (isEnough(answer)) return answer
    if (Date.now() + pause > until)
      throw new Refused('STILL_UNDER_WAY', 'the time to wait is over (--timeout); the work goes on in the background')
    await new Promise((done) => setTimeout(done, pause))
  }
}
