// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { Refused } from './refused.ts'

const runningSchema = z.object({
  url: z.string(),
  pid: z.number(),
  owner: z.object({ host: z.string(), port: z.number(), user: z.string(), database: z.string() }),
})

/** What a running server with an embedded database tells the commands of its owner: `<data>/running.json`, mode 0600. */
export type Running = z.infer<typeof runningSchema>

const fileOf = (dataDir: string): string => join(dataDir, 'running.json')

export function writeRunning(dataDir: string, running: Running): void {
  writeFileSync(fileOf(dataDir), JSON.stringify(running), { mode: 0o600 })
}

export function removeRunning(dataDir: string): void {
  rmSync(fileOf(dataDir), { force: true })
}

/** @throws Refused NOT_RUNNING */
export function readRunning(dataDir: string): Running {
  if (!existsSync(fileOf(dataDir)))
    throw new Refused(
      'NOT_RUNNING',
      `no server with an embedded database is running on ${dataDir}; start it, or back up your own PostgreSQL and the folder yourself`,
    )
  return runningSchema.parse(JSON.parse(readFileSync(fileOf(dataDir), 'utf8')))
}
