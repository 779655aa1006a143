// SPDX-License-Identifier: Apache-2.0
import { scheduleDue } from '../features/connections/connections.actions.ts'
import type { Collector } from '../features/evidence/orphans.actions.ts'
import { openStamper } from '../features/ledger/stamping.actions.ts'
import { surveyLogs } from '../features/ledger/sequencer.store.ts'
import { openCatalogSync } from '../features/monitoring/monitoring.actions.ts'
import type { Database } from '../lib/db.ts'
import type { Queue } from '../lib/jobs.ts'
import { asSystem, type Services } from '../lib/services.ts'
import type { Tick } from './worker.ts'

const MINUTE = 60_000

/** What a working process does again and again. */
export function ticksOf(services: Services, sequencer: Database, queue: Queue, orphans: Collector): Tick[] {
  const stamper = openStamper(services, sequencer)
  const catalog = openCatalogSync(services, sequencer)
  return [
    // Files carry the time of their file system, so its clock says how old they are.
    { name: 'sweep received files', everyMs: 60 * MINUTE, isFrugal: true, run: () => services.inbox.sweep(new Date()) },
    {
      name: 'collect files that no record names',
      everyMs: 6 * 60 * MINUTE,
      afterMs: MINUTE,
      isFrugal: true,
      run: async () => await orphans.tick(await openLogs(sequencer)),
    },
    { name: 'mend times of jobs', everyMs: MINUTE, isFrugal: true, run: () => queue.mendTimes() },
    { name: 'bring checks to organisations', everyMs: MINUTE / 6, run: () => catalog.tick() },
    { name: 'read connections that are due', everyMs: MINUTE, run: () => scheduleDue(services, sequencer) },
    { name: 'look at gaps', everyMs: 60 * MINUTE, run: () => lookAtGaps(services, sequencer) },
    { name: 'time-stamp ledgers', everyMs: MINUTE, run: () => stamper.tick() },
  ]
}

/** Organisations whose ledger is in no doubt: in doubt, a database may be older than the files, and nothing is removed. */
async function openLogs(sequencer: Database): Promise<string[]> {
  const logs = await sequencer.tenant({ org: '', actor: 'system' }, (tx) => surveyLogs(tx), 'read')
  return logs.filter(({ frozen }) => frozen === null).map(({ org }) => org)
}

/** Time alone makes gaps: evidence goes stale, a due date passes, an exception ends. */
async function lookAtGaps(services: Services, sequencer: Database): Promise<void> {
  const logs = await sequencer.tenant({ org: '', actor: 'system' }, (tx) => surveyLogs(tx), 'read')
  for (const { org } of logs)
    await asSystem(services, org, (tx) => services.jobs.enqueue(tx, 'gaps', {}, { key: 'gaps' }))
}
