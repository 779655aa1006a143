// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLogger } from './log.ts'
import { startPostgres, type Postgres } from './postgres.ts'

/** A machine that forbids user namespaces, as many containers do: `unshare` is there and fails. */
const path = process.env['PATH']
const log = createLogger({ level: 'error' })
let folder: string
const start = (): Promise<Postgres> => startPostgres({ dataDir: join(folder, 'data/postgres'), log })

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-forbidden-'))
  chmodSync(folder, 0o755)
  mkdirSync(join(folder, 'bin'))
  mkdirSync(join(folder, 'data'), { mode: 0o700 })
  writeFileSync(join(folder, 'bin/unshare'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  process.env['PATH'] = [join(folder, 'bin'), path].join(delimiter)
})
afterAll(() => {
  process.env['PATH'] = path
  rmSync(folder, { recursive: true, force: true })
})

test('where user namespaces are forbidden the database starts, is reached by its socket alone, and starts again', async () => {
  for (const wanted of [1, 2]) {
    const server = await start()
    const client = new pg.Client(server.connection('owner'))
    await client.connect()
    await client.query('create table if not exists kept (n int)')
    await client.query('insert into kept values (1)')
    const { rows } = await client.query<{ n: number; listens: string }>(
      `select count(*)::int as n, current_setting('listen_addresses') as listens from kept`,
    )
    await client.end()
    expect(rows).toEqual([{ n: wanted, listens: '' }])
    // Nobody else on the machine sees what lies there, or reaches the socket.
    expect(statSync(join(folder, 'data')).mode & 0o007).toBe(0)
    expect(statSync(server.host).mode & 0o077).toBe(0)
    await server.stop()
    expect(await server.gone).toMatchObject({ expected: true })
  }
})

test('a folder that the database’s user cannot enter is refused by name', async () => {
  if (process.getuid?.() !== 0) return expect((await start()).stop()).resolves.toBeUndefined()
  chmodSync(folder, 0o700)
  await expect(start()).rejects.toMatchObject({
    code: 'DATABASE_FOLDER',
    message: expect.stringContaining(join(folder, 'data/postgres')),
  })
  chmodSync(folder, 0o755)
})
