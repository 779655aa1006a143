// SPDX-License-Identifier: Apache-2.0
import { engagementZone } from '../features/system/system.store.ts'
import type { Tx } from '../lib/db.ts'
import { Refused } from '../lib/refused.ts'
import { endOfDay, instant, isLocalDate, type Instant } from '../lib/time.ts'

/** The two clocks of a request as they were sent: a moment, or a day of the engagement; absent is now. */
export interface SentClocks {
  readonly asOf?: string
  readonly knownAt?: string
}

/** No programme is older, and no plan reaches further; PostgreSQL and JavaScript both reckon with what lies between. */
const [EARLIEST, LATEST] = ['1990-01-01T00:00:00.000Z', '2200-01-01T00:00:00.000Z'] as const

const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/

/** @throws Refused INVALID_INPUT */
export function readClocks(query: Readonly<Record<string, unknown>>): SentClocks {
  return { ...readClock(query, 'asOf'), ...readClock(query, 'knownAt') }
}

function readClock(query: Readonly<Record<string, unknown>>, name: keyof SentClocks): SentClocks {
  const text = query[name]
  if (text === undefined || text === '') return {}
  const sent = typeof text === 'string' ? readMoment(text) : undefined
  if (sent === undefined)
    throw new Refused(
      'INVALID_INPUT',
      `/${name}: expected a day such as 2026-03-03 or a moment such as 2026-03-03T00:00:00Z, from 1990 to 2200; got ${JSON.stringify(text).slice(0, 40)}`,
      { status: 400, pointer: `/${name}` },
    )
  return { [name]: sent }
}

function readMoment(text: string): string | undefined {
  const isDay = isLocalDate(text)
  if (!isDay && !MOMENT.test(text)) return undefined
  const at = Date.parse(text)
  if (Number.isNaN(at) || at < Date.parse(EARLIEST) || at >= Date.parse(LATEST)) return undefined
  return isDay ? text : instant(at)
}

/**
 * The clocks as moments. A day is its last moment in the zone of the engagement, whoever asks from wherever; today is
 * now. Before anything is scoped, days are those of UTC.
 */
export async function settleClocks(
  tx: Tx,
  { asOf, knownAt }: SentClocks,
): Promise<{ readonly asOf: Instant; readonly knownAt: Instant }> {
  const hasDay = [asOf, knownAt].some((sent) => sent !== undefined && isLocalDate(sent))
  const zone = hasDay ? await engagementZone(tx) : 'UTC'
  const settle = (sent: string | undefined): Instant => {
    if (sent === undefined) return tx.now
    if (!isLocalDate(sent)) return sent
    return instant(Math.min(Date.parse(endOfDay(sent, zone)) - 1, Date.parse(tx.now)))
  }
  return { asOf: settle(asOf), knownAt: settle(knownAt) }
}
