// SPDX-License-Identifier: Apache-2.0
import { createLogger } from '../lib/log.ts'
import { Refused } from '../lib/refused.ts'
import { removeRunning, writeRunning } from '../lib/running.ts'
import { openFoundation } from './foundation.ts'
import { settlePorts } from './listening.ts'
import type { Server } from './server.ts'

/** `npm start`: opens everything, says where it is, and ends cleanly on SIGINT and SIGTERM. */
async function main(): Promise<void> {
  const config = await settlePorts(process.env)
  const log = createLogger({ level: config.logLevel })
  // The database starts while the operations, which are most of the program, are read.
  const [foundation, { startServer }] = await Promise.all([openFoundation(config, log), import('./server.ts')])
  const server = await startServer(config, log, foundation)
  stopOnSignals(server, config.dataDir)
  greet(server)
  const { embedded } = server.cluster
  if (embedded) {
    const owner = { host: embedded.host, port: embedded.port, user: 'owner', database: 'postgres' }
    writeRunning(config.dataDir, { url: server.url, pid: process.pid, owner })
    void embedded.gone.then(({ expected, log: said }) => {
      if (expected) return
      // Nothing acknowledged is lost; a supervisor, or the next start, brings everything back.
      process.stderr.write(`The database ended by itself: ${said.trim()}\n`)
      process.exit(70) // EX_SOFTWARE
    })
  }
}

/** Ends cleanly, once: a terminal and `npm` may each pass on the same signal. SIGHUP is the terminal being closed. */
function stopOnSignals(server: Server, dataDir: string): void {
  let stopping = false
  const stop = (): void => {
    if (stopping) return
    stopping = true
    process.stdout.write('Stopping…\n')
    void server.stop().then(() => {
      removeRunning(dataDir)
      process.exit(0)
    })
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
}

function greet({ url, setupToken, services }: Server): void {
  const lines = url === '' ? ['Assay works in the background.'] : [`Assay is ready at ${url}`]
  if (setupToken !== undefined && url !== '')
    lines.push(
      '',
      'Nobody has an account yet. Set it up with this link; it works once:',
      `  ${url}/setup#${setupToken}`,
    )
  lines.push('', `Data: ${services.config.dataDir}`, 'Stop with Ctrl-C.')
  process.stdout.write(`${lines.join('\n')}\n`)
}

try {
  await main()
} catch (error) {
  if (!(error instanceof Refused)) throw error
  process.stderr.write(`Assay cannot start.\n${error.message}\n`)
  process.exit(78) // EX_CONFIG
}
