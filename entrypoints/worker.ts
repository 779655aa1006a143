// SPDX-License-Identifier: Apache-2.0
import { jobs } from '../features/jobs.ts'
import type { JobHandler, Queue } from '../lib/jobs.ts'
import type { Services } from '../lib/services.ts'

/** What `/readyz` and `/metrics` tell of the ledger. */
export interface LedgerHealth {
  readonly pending: number
  /** Age of the oldest record that waits for its place, in milliseconds. */
  readonly lagMs: number
  /** Why nothing is signed, in words; absent when there is no doubt. */
  readonly refused: string | undefined
  readonly lastTimestampAt: string | undefined
}

/** Something done again and again: a schedule to look at, a folder to sweep. */
export interface Tick {
  readonly name: string
  readonly everyMs: number
  readonly run: () => Promise<unknown>
}

/** Background work of a process: jobs from the queue, and ticks that never overlap themselves. */
export async function startWorker(
  services: Services,
  queue: Queue,
  ticks: readonly Tick[],
): Promise<{ stop(): Promise<void> }> {
  const handlers: Record<string, JobHandler> = {}
  for (const [name, make] of Object.entries(jobs)) handlers[name] = make(services)
  await queue.work(handlers)
  const stops = ticks.map((tick) => repeat(services, tick))
  return {
    async stop() {
      await Promise.all(stops.map((stop) => stop()))
    },
  }
}

/** Runs a tick now and then after each pause; a failing one is logged and tried again at its next turn. */
function repeat(services: Services, tick: Tick): () => Promise<void> {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  const turn = (): void => {
    running = (async () => {
      try {
        await tick.run()
      } catch (error) {
        services.log.error(
          { tick: tick.name, error: error instanceof Error ? error.stack : String(error) },
          'tick failed',
        )
      }
      if (!stopped) timer = setTimeout(turn, tick.everyMs)
    })()
  }
  turn()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await running
  }
}
