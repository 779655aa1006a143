// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process'
import { describe, expect, test, vi } from 'vitest'
import { discard, startRunning } from './running.ts'

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
