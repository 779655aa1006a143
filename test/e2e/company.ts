// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { live, livedUntil } from '../../demo/live.ts'
import { TIME_ZONE } from '../../demo/stage.ts'
import { DAYS, OWNER } from '../../demo/story.ts'
import type { actions } from '../../features/index.ts'
import type { Action } from '../../lib/action.ts'
import { loadConfig } from '../../lib/config.ts'
import { addDays, endOfDay, localDate, type Instant, type LocalDate } from '../../lib/time.ts'
import { openBrowser, openPage, signInAndEnrol } from './browser.ts'
import { discard, startRunning, type Running } from './running.ts'

type Actions = typeof actions
type Name = keyof Actions
type InputOf<N extends Name> = Actions[N] extends Action<infer I, infer _O> ? I['_zod']['input'] : never
type OutputOf<N extends Name> = Actions[N] extends Action<infer _I, infer O> ? O['_zod']['output'] : never

/** What is asked: how things stood at `asOf`, as far as was known at `knownAt`. */
export interface Moment {
  readonly asOf?: Instant
  readonly knownAt?: Instant
}

/** The company of the demo after its ninety days, behind a real server, with its owner signed in. */
export interface Company {
  readonly server: Running
  readonly page: Page
  /** An API key of the owner for all that is read, and for bundles. */
  readonly key: string
  /** Day 0 is the first of the story, day 89 the last. */
  day(n: number): LocalDate
  /** The last moment of a day; of the last day, the moment at which the story ends. */
  end(day: number): Instant
  /** Asks through HTTP, with the owner's key. */
  ask<N extends Name>(name: N, input?: InputOf<N>, at?: Moment): Promise<OutputOf<N>>
  /** Does something through HTTP. */
  act<N extends Name>(name: N, input: InputOf<N>): Promise<OutputOf<N>>
  close(): Promise<void>
}

const SCOPES = [
  'readiness.*',
  'tasks.*',
  'ledger.*',
  'bundles.*',
  'checks.*',
  'connections.*',
  'evidence.*',
  'system.*',
]

/**
 * Lives the company in a folder of its own, the last day today. To look at one that has been lived already, name its
 * folder in ASSAY_COMPANY: it is copied, not touched.
 */
export async function openCompany(): Promise<Company> {
  const home = mkdtempSync(join(tmpdir(), 'assay-company-'))
  const dataDir = join(home, 'data')
  const lived = process.env['ASSAY_COMPANY']
  if (lived === undefined)
    await live(loadConfig({ ASSAY_DATA: dataDir }), localDate(new Date(), TIME_ZONE), () => undefined)
  else
    for (const part of ['', '-repository'])
      if (existsSync(`${lived}${part}`)) execFileSync('cp', ['-a', `${lived}${part}`, `${dataDir}${part}`])
  const ended = livedUntil({ dataDir })
  if (ended === undefined) throw new Error(`expected a company in ${dataDir}; it was not lived to its end`)
  const server = await startRunning({ dataDir })
  const browser = await openBrowser()
  const page = await openPage(browser)
  await signInAndEnrol(page, server.url, OWNER)
  await page.getByRole('heading', { level: 1 }).waitFor()
  const made = await page.request.post(`${server.url}/api/v1/people.createKey`, {
    data: { name: 'test', scopes: SCOPES, days: 1 },
  })
  const { key } = (await made.json()) as { key: string }
  return await companyOf({ server, browser, page, key, home, ended })
}

interface Opened {
  readonly server: Running
  readonly browser: Browser
  readonly page: Page
  readonly key: string
  readonly home: string
  readonly ended: Instant
}

async function companyOf({ server, browser, page, key, home, ended }: Opened): Promise<Company> {
  const send = async (path: string, init: RequestInit = {}): Promise<never> => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const response = await fetch(`${server.url}/api/v1/${path}`, { ...init, headers })
    if (!response.ok) throw new Error(`${path.slice(0, 200)}: ${response.status} ${await response.text()}`)
    return (await response.json()) as never
  }
  const ask: Company['ask'] = (name, input, at = {}) =>
    send(`${name}?${new URLSearchParams({ input: JSON.stringify(input ?? {}), ...at }).toString()}`)
  const { from } = await ask('readiness.controls', { limit: 1 })
  const day = (n: number): LocalDate => addDays(from, n)
  return {
    server,
    page,
    key,
    day,
    end: (n) => (n < DAYS - 1 ? new Date(Date.parse(endOfDay(day(n), TIME_ZONE)) - 1).toISOString() : ended),
    ask,
    act: (name, input) => send(name, { method: 'POST', body: JSON.stringify(input) }),
    async close() {
      await browser.close()
      await server.stop()
      discard(server)
      rmSync(home, { recursive: true, force: true })
    },
  }
}
