// SPDX-License-Identifier: Apache-2.0
import type { JobHandler } from '../lib/jobs.ts'
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
