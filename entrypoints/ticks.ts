// SPDX-License-Identifier: Apache-2.0
import { scheduleDue } from '../features/connections/connections.actions.ts'
import { openStamper } from '../features/ledger/stamping.actions.ts'
import { surveyLogs } from '../features/ledger/sequencer.store.ts'
import { openCatalogSync } from '../features/monitoring/monitoring.actions.ts'
import type { Database } from '../lib/db.ts'
import { asSystem, type Services } from '../lib/services.ts'
import type { Tick } from './worker.ts'

const MINUTE = 60_000

/** What a working process does again and again. */
export function ticksOf(services: Services, sequencer: Database): Tick[] {
  const stamper = openStamper(services, sequencer)
  const catalog = openCatalogSync(services, sequencer)
  return [
    { name: 'sweep received files', everyMs: 60 * MINUTE, run: () => services.inbox.sweep(services.clock()) },
    { name: 'bring checks to organisations', everyMs: MINUTE / 6, run: () => catalog.tick() },
    { name: 'read connections that are due', everyMs: MINUTE, run: () => scheduleDue(services, sequencer) },
    { name: 'look at gaps', everyMs: 60 * MINUTE, run: () => lookAtGaps(services, sequencer) },
    { name: 'time-stamp ledgers', everyMs: MINUTE, run: () => stamper.tick() },
  ]
}

/** Time alone makes gaps: evidence goes stale, a due date passes, an exception ends. */
async function lookAtGaps(services: Services, sequencer: Database): Promise<void> {
  const logs = await sequencer.tenant({ org: '', actor: 'system' }, (tx) => surveyLogs(tx), 'read')
  for (const { org } of logs)
    await asSystem(services, org, (tx) => services.jobs.enqueue(tx, 'gaps', {}, { key: 'gaps' }))
}
