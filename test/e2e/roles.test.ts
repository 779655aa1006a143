// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createLogger } from '../../lib/log.ts'
import { startPostgres, type Postgres } from '../../lib/postgres.ts'
import { assay, startRunning, type Running } from './running.ts'

// Two servers, a dozen commands.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

/*
 * One process for people and one for the work in the background, on one database and one data folder.
 */

const folder = mkdtempSync(join(tmpdir(), 'assay-roles-'))
const dataDir = join(folder, 'data')
let postgres: Postgres
let worker: Running
let web: Running
const start = (role: string): Promise<Running> =>
  startRunning({ dataDir, env: { ASSAY_ROLE: role, DATABASE_URL: urlOf(postgres) } })
const urlOf = ({ host, port }: Postgres): string =>
  `postgresql://owner@localhost:${port}/postgres?host=${encodeURIComponent(host)}`

beforeAll(async () => {
  postgres = await startPostgres({ dataDir: join(folder, 'postgres'), log: createLogger({ level: 'error' }) })
  worker = await start('worker')
  web = await start('web')
})
afterAll(async () => {
  await web.stop()
  await worker.stop()
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('what people ask of the one is done by the other, and handed out by the first', async () => {
  const words = ['--organization', 'Nimbus', '--name', 'Ada', '--email', 'ada@nimbus.example']
  const made = await assay(['setup', web.setupLink, ...words], {
    env: { ASSAY_SERVER: web.url },
    stdin: 'nimbus-lantern-42-quarry\n',
  })
  const env = { ASSAY_SERVER: web.url, ASSAY_API_KEY: made.out.trim().split('\n').at(-1) ?? '' }
  const done = async (...given: string[]): Promise<string> => {
    const { code, out, err } = await assay(given, { env })
    expect([code, err]).toEqual([0, code === 0 ? err : ''])
    return out.trim()
  }
  await done('connections', 'create', '--connector', 'postgresql', '--name', 'db', '--config', 'server=own', '--wait')
  const bundle = await done('bundles', 'export', '--name', 'first', '--wait', '--field', 'id')
  await done('download', bundle, join(folder, 'first.zip'))
  expect(await done('verify', join(folder, 'first.zip'))).toContain('VERIFIED: ')
  expect(await done('ledger', 'check', '--field', 'is_intact')).toBe('true')
})

test('each part is taken once, and all of it by nobody who comes later', async () => {
  await expect(start('web')).rejects.toThrow(/another Assay is running on .* as web/)
  await expect(start('worker')).rejects.toThrow(/another Assay is running on .* as worker/)
  await expect(start('all')).rejects.toThrow(/another Assay is running on .* as web/)
})

test('the one that answers says how the other is', async () => {
  const ready = async (): Promise<string> => await (await fetch(`${web.url}/readyz`)).text()
  expect(await ready()).toContain('"ok":true')
  await worker.stop('SIGKILL')
  const session = await fetch(`${web.url}/api/auth/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'ada@nimbus.example', password: 'not the password' }),
  })
  expect(session.status).toBe(401)
  await vi.waitFor(async () => expect(await ready()).toMatch(/[1-9]\d* records wait for their place/), {
    timeout: 20_000,
    interval: 500,
  })
  worker = await start('worker')
  await vi.waitFor(async () => expect(await ready()).toContain('0 records wait'), { timeout: 20_000, interval: 500 })
})
