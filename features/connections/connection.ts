// SPDX-License-Identifier: Apache-2.0
import type { Connector, Need } from '../../catalog/connector.ts'
import { secretNames } from '../../catalog/connector.ts'
import { invalidInput } from '../../lib/action.ts'
import { Refused } from '../../lib/refused.ts'
import { HOUR_MS, type Instant } from '../../lib/time.ts'

/**
 * Connections: the systems Assay reads, when it read them, and what came of it. A run is announced in the ledger before
 * it starts, so that one whose result never came shows.
 */

/** Codes of this slice. */
export type ConnectionRefusal =
  | 'UNKNOWN_CONNECTION'
  | 'UNKNOWN_CONNECTOR'
  | 'UNKNOWN_SECRET'
  | 'NAME_TAKEN'
  | 'SWITCHED_OFF'
  | 'RUN_UNDER_WAY'
  | 'REASON_REQUIRED'

/** The configuration as its connector understands it. @throws Refused INVALID_INPUT that names the field */
export function parseConfig(connector: Connector, raw: unknown): Record<string, unknown> {
  const parsed = connector.config.safeParse(raw)
  if (parsed.success) return parsed.data
  const refused = invalidInput(parsed.error)
  throw new Refused('INVALID_INPUT', refused.message.replaceAll(/(^|; )\//g, '$1/config/'), {
    status: 400,
    pointer: `/config${refused.pointer ?? ''}`,
  })
}

/** @throws Refused UNKNOWN_SECRET for a name the connector does not take */
export function checkSecrets(connector: Connector, secrets: Readonly<Record<string, string | null>>): void {
  const known = secretNames(connector)
  for (const name of Object.keys(secrets))
    if (!known.includes(name))
      throw new Refused('UNKNOWN_SECRET', `expected one of ${known.join(', ') || 'none'}; got ${name.slice(0, 60)}`, {
        pointer: `/secrets/${name}`,
      })
}

/** The needs of all streams, each once, with the streams that want it. */
export function needsOf(connector: Connector): (Need & { readonly streams: string[] })[] {
  const needs = new Map<string, Need & { streams: string[] }>()
  for (const stream of connector.streams)
    for (const need of stream.needs) {
      const known = needs.get(need.id)
      if (known) known.streams.push(stream.name)
      else needs.set(need.id, { ...need, streams: [stream.name] })
    }
  return [...needs.values()]
}

export type RunState = 'queued' | 'running' | 'done' | 'failed'

/** What a run brought home for one stream. */
export interface StreamResult {
  readonly stream: string
  readonly kind: string
  readonly outcome: 'complete' | 'partial' | 'denied' | 'unsupported' | 'failed'
  readonly why: string | null
  readonly listed: number
  readonly collected: number
  readonly unreachable: number
  readonly census: { readonly n: number; readonly exact: string; readonly how: string } | null
  readonly reconciliation: string
  readonly begun: number
  readonly ended: number
  readonly suspect: string | null
  readonly remarks: readonly string[]
  readonly collection_id: string
  readonly milliseconds: number
}

/** How a run ended, from what its streams brought. A run that read nothing at all has failed. */
export function stateOf(streams: readonly StreamResult[]): { state: 'done' | 'failed'; because: string | null } {
  const unread = streams.filter(({ outcome }) => outcome !== 'complete' && outcome !== 'partial')
  if (unread.length < streams.length || streams.length === 0) return { state: 'done', because: null }
  return { state: 'failed', because: unread[0]?.why ?? 'nothing could be read' }
}

const FIRST_RETRY_MS = HOUR_MS / 4

/** When to read next: on schedule after a good run; sooner after failures, with pauses that double from 15 minutes. */
export function nextRunAt(now: Instant, everyHours: number, failures: number): Instant {
  const regular = everyHours * HOUR_MS
  const pause = failures === 0 ? regular : Math.min(regular, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 20))
  return new Date(Date.parse(now) + pause).toISOString()
}

export type Health = 'off' | 'new' | 'reading' | 'ok' | 'incomplete' | 'failing' | 'silent'

export interface HealthFacts {
  readonly enabled: boolean
  readonly every_hours: number
  readonly created_at: Instant
  /** The newest run, whatever became of it. */
  readonly last: { readonly state: RunState } | undefined
  /** The newest run that read something, and whether all of it was complete and above suspicion. */
  readonly read: { readonly finished_at: Instant; readonly whole: boolean } | undefined
}

/** How a connection stands, in one word. Silence outranks all but being off: nothing arrived for twice the interval. */
export function healthOf(facts: HealthFacts, now: Instant): Health {
  if (!facts.enabled) return 'off'
  const heard = facts.read?.finished_at ?? facts.created_at
  if (Date.parse(now) - Date.parse(heard) > 2 * facts.every_hours * HOUR_MS) return 'silent'
  if (facts.last?.state === 'queued' || facts.last?.state === 'running') return 'reading'
  if (facts.last === undefined) return 'new'
  if (facts.last.state === 'failed') return 'failing'
  return facts.read?.whole ? 'ok' : 'incomplete'
}

/** Without a sign of life for this long, the process that read is gone. */
export const LOST_AFTER_MS = 3 * 60_000
/** Waiting for this long, the job is gone. */
export const FORGOTTEN_AFTER_MS = 2 * HOUR_MS
export const LOST = 'the process ended before the run did: what it had not yet recorded has no outcome'
export const FORGOTTEN = 'the run waited too long for a worker and was given up'
