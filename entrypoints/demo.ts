// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { live } from '../demo/live.ts'
import { TIME_ZONE } from '../demo/stage.ts'
import { DAYS, OWNER } from '../demo/story.ts'
import { loadConfig } from '../lib/config.ts'
import { localDate } from '../lib/time.ts'

/**
 * `npm run demo`: lives ninety days of a small company, ending today, in a data folder of its own, and then starts the
 * server on it. A folder that has been lived in is only started.
 */
const config = loadConfig(process.env)
if (!existsSync(join(config.dataDir, 'postgres', 'PG_VERSION')))
  await live(config, localDate(new Date(), TIME_ZONE), (day) => {
    process.stderr.write(`\rLiving ${DAYS} days of a small company: day ${day}${day === DAYS ? '\n' : ''}`)
  })
process.stdout.write(`\nSign in as ${OWNER.email} with the password ${OWNER.password}\n`)
process.stdout.write('and enrol an authenticator; the sign-in page shows how.\n\n')
await import('./main.ts')
