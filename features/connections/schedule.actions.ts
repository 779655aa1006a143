// SPDX-License-Identifier: Apache-2.0
import { connectorOf } from '../../catalog/connectors/registry.ts'
import type { Database, Tx } from '../../lib/db.ts'
import { asSystem, type Services } from '../../lib/services.ts'
import { FORGOTTEN, LOST } from './connection.ts'
import { lockConnection } from './connections.store.ts'
import { endRun, intendRun, listDue, lockRun, runUnderWay } from './runs.store.ts'

/**
 * Announces and enqueues every run that is due, and gives up those that lost their process. The worker calls it every
 * minute; called twice at once it still starts one run a connection.
 * @param sequencer pool of the role assay_sequencer, which alone sees over all organisations what is due
 * @returns how many runs were started
 */
export async function scheduleDue(services: Services, sequencer: Database): Promise<number> {
  const due = await sequencer.tenant({ org: '', actor: 'system' }, (tx) => listDue(tx))
  let started = 0
  for (const { org, connection_id, lost_run } of due) {
    if (lost_run !== null) await asSystem(services, org, (tx) => giveUp(services, tx, lost_run))
    else if (await asSystem(services, org, (tx) => start(services, tx, connection_id))) started++
  }
  return started
}

async function giveUp({ jobs }: Services, tx: Tx, run_id: string): Promise<void> {
  const run = await lockRun(tx, run_id)
  if (run?.state === 'running') await endRun(tx, jobs, run, { because: LOST })
  if (run?.state === 'queued') await endRun(tx, jobs, run, { because: FORGOTTEN })
}

async function start(services: Services, tx: Tx, connection_id: string): Promise<boolean> {
  const connection = await lockConnection(tx, connection_id)
  const isDue = connection.next_run_at !== null && Date.parse(connection.next_run_at) <= Date.parse(tx.now)
  if (!connection.enabled || !isDue || (await runUnderWay(tx, connection_id))) return false
  const run = await intendRun(tx, connection, connectorOf(connection.connector), 'schedule')
  await services.jobs.enqueue(tx, 'sync', { run }, { key: run })
  return true
}
