// SPDX-License-Identifier: Apache-2.0
import { scheduleDue } from '../features/connections/connections.actions.ts'
import { openStamper } from '../features/ledger/stamping.actions.ts'
import type { Database } from '../lib/db.ts'
import type { Services } from '../lib/services.ts'
import type { Tick } from './worker.ts'

const MINUTE = 60_000

/** What a working process does again and again. */
export function ticksOf(services: Services, sequencer: Database): Tick[] {
  const stamper = openStamper(services, sequencer)
  return [
    { name: 'sweep received files', everyMs: 60 * MINUTE, run: () => services.inbox.sweep(services.clock()) },
    { name: 'read connections that are due', everyMs: MINUTE, run: () => scheduleDue(services, sequencer) },
    { name: 'time-stamp ledgers', everyMs: MINUTE, run: () => stamper.tick() },
  ]
}
