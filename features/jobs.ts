// SPDX-License-Identifier: Apache-2.0
import type { JobHandler, Lane } from '../lib/jobs.ts'
import type { Services } from '../lib/services.ts'
import { connectionsJobs } from './connections/connections.actions.ts'
import { evidenceJobs } from './evidence/evidence.actions.ts'
import { ledgerJobs } from './ledger/ledger.actions.ts'
import { monitoringJobs } from './monitoring/monitoring.actions.ts'
import { tasksJobs } from './tasks/tasks.actions.ts'
import { reportsJobs } from './reports/reports.actions.ts'

/** Every kind of background work, by name: how to make its handler from the services of the process. */
export const jobs: Readonly<Record<string, (services: Services) => JobHandler>> = {
  ...ledgerJobs,
  ...evidenceJobs,
  ...connectionsJobs,
  ...monitoringJobs,
  ...tasksJobs,
  ...reportsJobs,
}

/** What may run side by side, and for how long: mostly waiting for others, or mostly work of our own. */
const LIMITS: Readonly<Record<string, Partial<Lane>>> = {
  sync: { atOnce: 6, seconds: 2 * 3600 },
  import: { atOnce: 2, seconds: 2 * 3600 },
  export: { seconds: 6 * 3600 },
  judge: { atOnce: 2 },
}

/** Every kind of background work, with its limits. */
export const lanes: Readonly<Record<string, Partial<Lane>>> = Object.fromEntries(
  Object.keys(jobs).map((name) => [name, LIMITS[name] ?? {}]),
)
