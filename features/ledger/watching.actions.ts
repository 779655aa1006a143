// SPDX-License-Identifier: Apache-2.0
import type { Database } from '../../lib/db.ts'
import type { Logger } from '../../lib/log.ts'
import type { SequencerHealth } from './sequencer.actions.ts'
import { lastTimestamp, surveyLogs, type LogRow } from './sequencer.store.ts'

export interface Watch {
  /** Looks once at all logs. */
  tick(): Promise<void>
  health(): SequencerHealth
  stop(): Promise<void>
}

/** A log as it stood when it last moved. */
interface Seen {
  readonly size: number
  readonly published_size: number
  /** When it was first seen so, in milliseconds of this process. */
  readonly since: number
}

/** Tiles and checkpoint follow a signature at once; what is behind for longer cannot be written. */
const UNPUBLISHED_MS = 30_000

/**
 * Watches the ledgers for a process that does not advance them: how much waits and for how long nothing moved, which log is
 * closed to signing, which is signed and not published.
 * @param now milliseconds that only go up
 */
export function openWatch(database: Database, now: () => number = () => performance.now()): Omit<Watch, 'stop'> {
  const seen = new Map<string, Seen>()
  let rows: readonly (LogRow & { readonly waiting: number })[] = []
  let lastTickAt: string | undefined
  let stamped: string | undefined
  const standing = ({ org }: LogRow): number => now() - (seen.get(org)?.since ?? now())
  const words = (found: readonly (readonly [LogRow, string])[]): string | undefined =>
    found.length === 0 ? undefined : found.map(([{ org }, why]) => `${org}: ${why}`).join('; ')
  return {
    async tick() {
      const found = await database.tenant(
        { org: '', actor: 'system' },
        async (tx) => ({ logs: await surveyLogs(tx), stamped: await lastTimestamp(tx) }),
        'read',
      )
      rows = found.logs
      stamped = found.stamped ?? undefined
      lastTickAt = new Date().toISOString()
      for (const { org, size, published_size, waiting } of rows) {
        const before = seen.get(org)
        const isStill = before?.size === size && before.published_size === published_size
        if (!isStill || (waiting === 0 && published_size === size))
          seen.set(org, { size, published_size, since: now() })
      }
    },
    health: () => ({
      pending: rows.reduce((sum, { waiting }) => sum + waiting, 0),
      lagMs: Math.round(Math.max(0, ...rows.filter(({ waiting }) => waiting > 0).map(standing))),
      lastTickAt,
      refused: words(rows.flatMap((row) => (row.frozen === null ? [] : [[row, row.frozen] as const]))),
      unwritten: words(
        rows
          .filter((row) => row.frozen === null && row.published_size < row.size && standing(row) > UNPUBLISHED_MS)
          .map((row) => [row, `${row.size} entries, of which ${row.published_size} are published`] as const),
      ),
      lastTimestampAt: stamped,
    }),
  }
}

/** Watches until it is stopped. */
export function startWatch(database: Database, log: Logger, everyMs = 1000): Watch {
  const watch = openWatch(database)
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  let told: string | undefined
  const turn = (): void => {
    running = watch.tick().then(
      () => void (told = undefined),
      // The database may be restarting, of which `/readyz` speaks by itself.
      (error: unknown) => {
        if (String(error) !== told) log.error({ error: String(error) }, 'the ledgers could not be looked at')
        told = String(error)
      },
    )
    void running.then(() => {
      if (!stopped) timer = setTimeout(turn, everyMs)
    })
  }
  turn()
  return {
    ...watch,
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}
