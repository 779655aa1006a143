// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { discard, freePort, startRunning } from './running.ts'

// Each test starts a server or two.
vi.setConfig({ testTimeout: 120_000 })

describe('a server that somebody started in a terminal', () => {
  test.each(['SIGINT', 'SIGHUP'] as const)(
    'stops cleanly when the terminal sends %s to every process at once',
    async (signal) => {
      const server = await startRunning({ script: 'bin/start.mjs', inTerminal: true, env: { ASSAY_LOG: 'info' } })
      process.kill(-(server.process.pid ?? 0), signal)
      expect(await server.gone).toBe(0)
      expect(server.said().split('Stop with Ctrl-C.\n')[1]).toBe('Stopping…\n')
      discard(server)
    },
  )

  test('takes its database with it when every process of it is killed', async () => {
    const server = await startRunning({ script: 'bin/start.mjs', inTerminal: true })
    process.kill(-(server.process.pid ?? 0), 'SIGKILL')
    await server.gone
    await vi.waitFor(
      () => expect(spawnSync('pgrep', ['-f', `postgres -D ${server.dataDir}/postgres`]).status).not.toBe(0),
      { timeout: 15_000, interval: 100 },
    )
    discard(server)
  })
})

describe('a server that cannot start says why in a line or two, and ends with 78', () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-start-'))
  const file = join(folder, 'file')
  let port = 0
  const busy = createServer()
  beforeAll(async () => {
    writeFileSync(file, 'no key, no folder, no certificate\n')
    port = await freePort()
    await new Promise<void>((done) => busy.listen(port, '127.0.0.1', done))
  })
  afterAll(async () => {
    await new Promise((done) => busy.close(done))
    rmSync(folder, { recursive: true, force: true })
  })

  test.each<[fault: string, env: () => Record<string, string>, says: RegExp]>([
    [
      'a port that is taken',
      () => ({ PORT: String(port) }),
      /^nothing can listen on port \d+ of 127\.0\.0\.1: another program listens there; HOST and PORT choose another$/,
    ],
    [
      'a second port that is taken',
      () => ({ ASSAY_CONTENT_PORT: String(port) }),
      /another program listens there; HOST and ASSAY_CONTENT_PORT choose another$/,
    ],
    [
      'an address of another machine',
      () => ({ HOST: '192.0.2.1', ASSAY_CONTENT_URL: 'http://localhost:1' }),
      /^nothing can listen on port \d+ of 192\.0\.2\.1: this machine has no such address/,
    ],
    [
      'a file in the place of the data folder',
      () => ({ ASSAY_DATA: file }),
      /^expected a folder to write to at .*file \(ASSAY_DATA\): a file is in its place$/,
    ],
    [
      'a folder in the place of the key',
      () => ({ ASSAY_KEY_FILE: folder }),
      /^the key of this instance cannot be read \(ASSAY_KEY_FILE\): /,
    ],
    ['a key that is none', () => ({ ASSAY_KEY_FILE: file }), /^expected 64 hex digits in /],
    [
      'root certificates that are missing',
      () => ({ ASSAY_TSA: `one=https://tsa.example|${file}.pem` }),
      /^ASSAY_TSA, .*file\.pem: .*ENOENT/,
    ],
    [
      'root certificates that are none',
      () => ({ ASSAY_TSA: `one=https://tsa.example|${file}` }),
      /^ASSAY_TSA, .*file: expected certificates in PEM, got none$/,
    ],
    ['a setting that is none', () => ({ ASSAY_TRUST_PROXY: 'proxy.example' }), /^ASSAY_TRUST_PROXY: /],
  ])('%s', async (_, env, says) => {
    const free = await freePort()
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'entrypoints/main.ts'],
      {
        env: {
          ...process.env,
          ASSAY_DATA: join(folder, 'data'),
          PORT: String(free),
          ASSAY_CONTENT_PORT: String(await freePort()),
          ...env(),
        },
        encoding: 'utf8',
        timeout: 60_000,
      },
    )
    const [first, ...rest] = stderr.trimEnd().split('\n')
    expect([status, stdout, first]).toEqual([78, '', 'Assay cannot start.'])
    expect(rest).toHaveLength(1)
    expect(rest[0]).toMatch(says)
  })

  test('a port that was left to the system is the one that people are told', async () => {
    const server = await startRunning({ env: { PORT: '0', ASSAY_CONTENT_PORT: '0' } })
    const [, address = ''] = /Assay is ready at (\S+)/.exec(server.said()) ?? []
    expect(await (await fetch(`${address}/healthz`)).json()).toEqual({ ok: true })
    expect(server.setupLink.startsWith(`${address}/setup#`)).toBe(true)
    await server.stop()
    discard(server)
  })
})
