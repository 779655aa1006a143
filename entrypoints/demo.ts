// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { isUnfinished, live, livedUntil } from '../demo/live.ts'
import { TIME_ZONE } from '../demo/stage.ts'
import { DAYS, OWNER } from '../demo/story.ts'
import { loadConfig, type Config } from '../lib/config.ts'
import { Refused } from '../lib/refused.ts'
import { localDate } from '../lib/time.ts'

/**
 * `npm run demo`: lives ninety days of a small company, ending today, in a data folder of its own, and then starts the
 * server on it. A folder that has been lived in is only started; one that was left half-way is lived anew.
 */

/** Where to look, and what there is to see. */
const SIGHTS = [
  ['/', 'ninety days of 74 controls at a glance, and what is not ready'],
  ['/controls/IAM-01', 'the code host silent for nine days, then a leaver whose account lived on'],
  ['/controls/VUL-06', 'a public bucket: found, accepted for two weeks, closed; and a scan that came ten days late'],
  ['/controls/LOG-01', 'a database setting that drifted and was repaired'],
  ['/controls/CHG-02', 'two changes that nobody reviewed'],
  ['/controls/END-01', 'a control that began on day 40'],
  ['/controls/AVL-01', 'an attestation that is overdue'],
  ['/tasks', 'the gaps, each with its owner and the day it is due'],
] as const

const today = localDate(new Date(), TIME_ZONE)

/** Two minutes of waiting should not end with a port that is taken. @throws Refused PORT_IN_USE */
async function mayListen({ host, port }: Config): Promise<void> {
  const server = createServer()
  await new Promise<void>((free, taken) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      taken(
        error.code === 'EADDRINUSE'
          ? new Refused('PORT_IN_USE', `port ${port} of ${host} is in use; stop what listens there, or set PORT`)
          : error,
      ),
    )
    server.listen(port, host, () => server.close(() => free()))
  })
}

async function liveOnce(config: Config): Promise<void> {
  await mayListen(config)
  process.stdout.write(`Nimbus, a company of eight, lives its last ${DAYS} days in ${config.dataDir}.\n`)
  process.stdout.write('This takes about two minutes, once. Ctrl-C gives up; the next try begins anew.\n')
  const giveUp = new AbortController()
  const stop = (): void => giveUp.abort()
  process.on('SIGINT', stop).on('SIGTERM', stop)
  const whole = await live(config, today, show, { signal: giveUp.signal }).catch((error: unknown) => {
    // Ctrl-C reaches the database as well, which fails whatever was being done.
    if (giveUp.signal.aborted) return false
    throw error
  })
  process.off('SIGINT', stop).off('SIGTERM', stop)
  if (whole) return
  process.stdout.write('\nGiven up.\n')
  process.exit(130) // as a shell says of what SIGINT ended
}

/** One line that grows on a terminal; a line for each ten days elsewhere. */
function show(day: number): void {
  if (process.stdout.isTTY) process.stdout.write(`\r  day ${day} of ${DAYS}${day === DAYS ? '\n' : ''}`)
  else if (day % 10 === 0) process.stdout.write(`  day ${day} of ${DAYS}\n`)
}

function tell(config: Config): void {
  const ended = livedUntil(config)
  const until = ended === undefined ? today : localDate(new Date(ended), TIME_ZONE)
  const width = Math.max(...SIGHTS.map(([path]) => path.length))
  const lines = [
    '',
    `Sign in at ${config.publicUrl} as ${OWNER.email} with the password ${OWNER.password}`,
    'and, the first time, add an authenticator; the page shows how.',
    '',
    'There is to see:',
    ...SIGHTS.map(([path, what]) => `  ${config.publicUrl}${path.padEnd(width)}  ${what}`),
    ...(until < today
      ? ['', `The story ended on ${until}. To live it until today, remove ${config.dataDir} and run the demo again.`]
      : []),
    '',
    '',
  ]
  process.stdout.write(lines.join('\n'))
}

try {
  const config = loadConfig(process.env)
  if (isUnfinished(config) || !existsSync(join(config.dataDir, 'postgres', 'PG_VERSION'))) await liveOnce(config)
  tell(config)
} catch (error) {
  if (!(error instanceof Refused)) throw error
  process.stderr.write(`The demo cannot start.\n${error.message}\n`)
  process.exit(78) // EX_CONFIG
}
await import('./main.ts')
