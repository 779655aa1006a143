// SPDX-License-Identifier: Apache-2.0
import { jobs } from '../features/jobs.ts'
import type { JobHandler, Queue } from '../lib/jobs.ts'
import type { Services } from '../lib/services.ts'
import type { Space } from '../lib/space.ts'

/** What `/readyz` and `/metrics` tell of the ledger. */
export interface LedgerHealth {
  readonly pending: number
  /** Age of the oldest record that waits for its place, in milliseconds. */
  readonly lagMs: number
  /** Why nothing is signed, in words; absent when there is no doubt. */
  readonly refused: string | undefined
  /** What cannot be written, in words; absent when all can. */
  readonly unwritten: string | undefined
  readonly lastTimestampAt: string | undefined
}

/** Something done again and again: a schedule to look at, a folder to sweep. */
export interface Tick {
  readonly name: string
  readonly everyMs: number
  /** Waits this long at first; absent begins at once. */
  readonly afterMs?: number
  /** Goes on when there is hardly any room left on the disk: it adds nothing, or frees some. */
  readonly isFrugal?: boolean
  readonly run: () => Promise<unknown>
}

const LOOK_AT_ROOM_MS = 2000

/** Background work of a process: jobs from the queue, and ticks that never overlap themselves. Both rest for want of room. */
export async function startWorker(
  services: Services,
  queue: Queue,
  space: Space,
  ticks: readonly Tick[],
): Promise<{ stop(): Promise<void> }> {
  const handlers: Record<string, JobHandler> = {}
  for (const [name, make] of Object.entries(jobs)) handlers[name] = make(services)
  let isTight = false
  const mind = async (): Promise<void> => {
    const { folder, free_mb } = await space.look()
    const was = isTight
    isTight = free_mb < space.least_mb
    if (isTight === was) return
    if (isTight) await queue.rest()
    else await queue.work(handlers)
    services.log.warn({ folder, free_mb }, isTight ? 'no room: background work rests' : 'room again: work goes on')
  }
  await mind()
  if (!isTight) await queue.work(handlers)
  const all = [...ticks, { name: 'look at the room', everyMs: LOOK_AT_ROOM_MS, isFrugal: true, run: mind }]
  const stops = all.map((tick) => repeat(services, tick, () => isTight))
  return {
    async stop() {
      await Promise.all(stops.map((stop) => stop()))
    },
  }
}

/** Runs a tick now and then after each pause; a failing one is logged and tried again at its next turn. */
function repeat(services: Services, tick: Tick, isTight: () => boolean): () => Promise<void> {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  const turn = (): void => {
    running = (async () => {
      try {
        if (tick.isFrugal || !isTight()) await tick.run()
      } catch (error) {
        services.log.error(
          { tick: tick.name, error: error instanceof Error ? error.stack : String(error) },
          'tick failed',
        )
      }
      if (!stopped) timer = setTimeout(turn, tick.everyMs)
    })()
  }
  if (tick.afterMs === undefined) turn()
  else timer = setTimeout(turn, tick.afterMs)
  return async () => {
    stopped = true
    clearTimeout(timer)
    await running
  }
}
