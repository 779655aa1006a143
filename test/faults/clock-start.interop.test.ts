// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TOTP } from 'otpauth'
import pg from 'pg'
import { expect, test } from 'vitest'
import { openStage, TIME_ZONE } from '../../demo/stage.ts'
import { firstDay, OWNER } from '../../demo/story.ts'
import { openCluster } from '../../lib/cluster.ts'
import { loadConfig } from '../../lib/config.ts'
import { createLogger } from '../../lib/log.ts'
import { migrate, readMigrations } from '../../lib/migrate.ts'
import { addDays, localDate } from '../../lib/time.ts'
import { startRunning } from '../e2e/running.ts'
import { recordedTimes } from './recorded-times.ts'

const log = createLogger({ level: 'silent' })

/* The company of the demo lives a year from now; a real server that starts today then has a clock a year behind. */
test('a server that starts with a clock a year behind its records warns, goes on after them, and loses nothing', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'assay-behind-'))
  const config = loadConfig({ ASSAY_DATA: dataDir })
  const today = localDate(new Date(), TIME_ZONE)
  const cluster = await openCluster(config, log)
  await migrate(cluster.connection('owner'), readMigrations('db/migrations'))
  const stage = openStage({ config, cluster, log, firstDay: addDays(today, 365) })
  await firstDay(stage)
  await stage.settles()
  await stage.close()
  await cluster.stop()

  const server = await startRunning({ dataDir })
  const call = async (path: string, cookie: string, body?: object) => {
    const answer = await fetch(`${server.url}${path}`, {
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
      headers: { 'content-type': 'application/json', cookie },
    })
    return { answer, body: (await answer.json()) as Record<string, unknown> }
  }
  try {
    const ready = await call('/readyz', '')
    expect(ready.answer.status).toBe(503)
    expect(ready.body['checks']).toContainEqual({
      name: 'clock',
      ok: false,
      says: expect.stringMatching(/^the clock is 36[45] days behind what was recorded last .*; set the clock right$/),
    })
    expect(server.said()).toMatch(/the clock is not as it was/)
    const cookieOf = ({ answer }: { answer: Response }): string => answer.headers.get('set-cookie')?.split(';')[0] ?? ''
    let cookie = cookieOf(await call('/api/auth/sign-in', '', { email: OWNER.email, password: OWNER.password }))
    const { secret } = (await call('/api/auth/totp/start', cookie, {})).body as { secret: string }
    cookie = cookieOf(await call('/api/auth/totp/confirm', cookie, { code: new TOTP({ secret }).generate() }))
    expect((await call('/api/v1/me.get', cookie)).body).toMatchObject({ name: OWNER.name })
    expect((await call('/api/v1/ledger.check', cookie)).body).toMatchObject({ is_intact: true, findings: [] })
  } finally {
    await server.stop()
  }
  const again = await openCluster(config, log)
  const owner = new pg.Client(again.connection('owner'))
  await owner.connect()
  const times = await recordedTimes(owner)
  await owner.end()
  await again.stop()
  rmSync(dataDir, { recursive: true, force: true })
  expect(times.length).toBeGreaterThan(10)
  expect(times).toEqual(times.toSorted())
})
