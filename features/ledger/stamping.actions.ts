// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { rootCertificates } from 'node:tls'
import type { TimestampAuthority } from '../../lib/config.ts'
import type { Database } from '../../lib/db.ts'
import type { JobHandler } from '../../lib/jobs.ts'
import { Refused } from '../../lib/refused.ts'
import { asSystem, type Services } from '../../lib/services.ts'
import { HOUR_MS } from '../../lib/time.ts'
import { owned, utf8 } from '../../proof/bytes.ts'
import { openPublication } from './publication.store.ts'
import { surveyLogs } from './sequencer.store.ts'
import { publishStamps, readStampState, saveStamp, type StampState } from './stamping.store.ts'
import { openStamp, readRoots, STAMP_MOST, stampRequest, type Roots } from './timestamp.ts'

/** How long an authority may take to answer. */
const TIMEOUT_MS = 10_000

export interface StampResult {
  readonly authority: string
  readonly size: number
  /** Why there is no token; absent when there is one. */
  readonly refused?: string
}

/**
 * Asks every authority for a time-stamp of the newest published checkpoint. A refused or missing answer keeps nobody
 * from working: it is reported, and a later checkpoint covers the same records.
 */
export async function stampLedger(services: Services, org: string): Promise<StampResult[]> {
  const state = await asSystem(services, org, (tx) => readStampState(tx))
  const { published } = state
  if (!published) return []
  const due = services.config.timestampAuthorities.filter(
    ({ name }) => !state.last.some((stamp) => stamp.authority === name && stamp.size === published.size),
  )
  const results = await Promise.all(due.map((authority) => stampBy(services, org, authority, state)))
  const disk = openPublication(services.config.dataDir, org)
  await asSystem(services, org, (tx) => publishStamps(tx, disk))
  return results
}

async function stampBy(
  services: Services,
  org: string,
  authority: TimestampAuthority,
  { published, last }: StampState,
): Promise<StampResult> {
  const checkpoint = published! // stampLedger has looked
  const result = { authority: authority.name, size: checkpoint.size }
  try {
    const data = utf8(checkpoint.note)
    const nonce = randomBytes(16)
    const response = await askAuthority(authority, stampRequest(data, nonce))
    const stamp = await openStamp(response, { data, nonce, roots: await rootsOf(authority) })
    const before = last.find((one) => one.authority === authority.name)
    if (before && stamp.gen_time < before.gen_time)
      throw new Refused('STAMP_TIME', `the authority says ${stamp.gen_time}, and said ${before.gen_time} before`)
    await asSystem(services, org, (tx) => saveStamp(tx, { authority: authority.name, checkpoint, response, stamp }))
    return result
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    services.log.error(
      { org, authority: authority.name, code: error.code, reason: error.message },
      'time-stamp was not accepted',
    )
    return { ...result, refused: error.message }
  }
}

/**
 * One request to the address that was configured and to no other: redirects are refused, the answer is cut off at its
 * longest, and silence ends after ten seconds. @throws Refused STAMP_UNAVAILABLE
 */
export async function askAuthority(
  authority: TimestampAuthority,
  request: Uint8Array,
  timeoutMs = TIMEOUT_MS,
): Promise<Buffer> {
  const unavailable = (why: string): Refused =>
    new Refused('STAMP_UNAVAILABLE', `the time-stamp authority ${authority.name} gives no answer: ${why}`, {
      status: 503,
    })
  try {
    const response = await fetch(authority.url, {
      method: 'POST',
      body: owned(request),
      headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (response.status !== 200) throw unavailable(`HTTP status ${response.status}`)
    const parts: Uint8Array[] = []
    let length = 0
    for await (const part of response.body ?? []) {
      length += part.length
      if (length > STAMP_MOST) throw unavailable(`it sends more than ${STAMP_MOST} bytes`)
      parts.push(part)
    }
    return Buffer.concat(parts)
  } catch (error) {
    if (error instanceof Refused) throw error
    if (error instanceof DOMException) throw unavailable(`silence for ${timeoutMs / 1000} s`)
    // fetch and its body throw a TypeError for whatever the network does; all else is ours
    if (error instanceof TypeError)
      throw unavailable(error.cause instanceof Error ? error.cause.message : error.message)
    throw error
  }
}

const parsedRoots = new Map<string, Roots>()

/** The roots whose certificates an authority may use: its own file, or those that Node trusts. */
export async function rootsOf({ name, caFile }: TimestampAuthority): Promise<Roots> {
  const pem = caFile === undefined ? rootCertificates.join('\n') : await readPem(name, caFile)
  const roots = parsedRoots.get(pem) ?? readRoots(pem)
  parsedRoots.set(pem, roots)
  return roots
}

/**
 * Reads the root certificates that the settings name: what is wrong with them is said at the start, not when the first
 * token is due. @throws Refused STAMP_ROOTS
 */
export async function demandRoots(authorities: readonly TimestampAuthority[]): Promise<void> {
  for (const authority of authorities)
    if (authority.caFile !== undefined)
      await rootsOf(authority).catch((error: unknown) => {
        if (!(error instanceof Refused)) throw error
        throw new Refused('STAMP_ROOTS', `ASSAY_TSA, ${authority.caFile}: ${error.message}`)
      })
}

async function readPem(name: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    throw new Refused('STAMP_ROOTS', `the root certificates of ${name} cannot be read: ${error.message}`)
  }
}

/** How long a failed round is left alone. */
const PAUSE_MS = 10 * 60_000
/** A log that says nothing new is stamped once a day, to renew what it has. */
const IDLE_HOURS = 24

/** Whether a log is due for time-stamps. */
function isDue(state: StampState, authorities: readonly TimestampAuthority[], hours: number, now: Date): boolean {
  const pause = (state.has_news ? hours : Math.max(hours, IDLE_HOURS)) * HOUR_MS
  return authorities.some(({ name }) => {
    const last = state.last.find((stamp) => stamp.authority === name)
    return !last || now.getTime() - Date.parse(last.gen_time) >= pause
  })
}

/**
 * Stamps every log that is due, when it is called (the worker does so every minute).
 * @param sequencer pool of the role assay_sequencer, which alone sees which logs there are
 */
export function openStamper(services: Services, sequencer: Database): { tick(): Promise<StampResult[]> } {
  const failedAt = new Map<string, number>()
  return {
    async tick() {
      const { timestampAuthorities: authorities, timestampHours } = services.config
      if (authorities.length === 0) return []
      const logs = await sequencer.tenant({ org: '', actor: 'system' }, (tx) => surveyLogs(tx))
      const results: StampResult[] = []
      for (const { org } of logs) {
        if (services.clock().getTime() - (failedAt.get(org) ?? -Infinity) < PAUSE_MS) continue
        const state = await asSystem(services, org, (tx) => readStampState(tx))
        if (!isDue(state, authorities, timestampHours, services.clock())) continue
        const stamped = await stampLedger(services, org)
        if (stamped.some(({ refused }) => refused !== undefined)) failedAt.set(org, services.clock().getTime())
        else failedAt.delete(org)
        results.push(...stamped)
      }
      return results
    },
  }
}

/** How long the job waits for the sequencer to publish what was there when somebody asked. */
const WAITS = 20
const WAIT_MS = 250

/** The background half of `ledger.stamp`. */
export const stampJob =
  (services: Services): JobHandler =>
  async ({ org, input, signal }) => {
    const wanted = Number(input['size'] ?? 0)
    for (let wait = 0; wait < WAITS && !signal.aborted; wait++) {
      const { published } = await asSystem(services, org, (tx) => readStampState(tx))
      if ((published?.size ?? 0) >= wanted) break
      await new Promise((done) => setTimeout(done, WAIT_MS))
    }
    await stampLedger(services, org)
  }
