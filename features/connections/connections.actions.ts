// SPDX-License-Identifier: Apache-2.0
import type { JobHandler } from '../../lib/jobs.ts'
import type { Services } from '../../lib/services.ts'
import { keepingActions } from './keeping.actions.ts'
import { lookingActions } from './looking.actions.ts'
import { syncJob } from './sync.actions.ts'

/** All operations on connections: which systems there are to read, which are read, and how that goes. */
export const connectionsActions = { ...lookingActions, ...keepingActions }

export const connectionsJobs: Readonly<Record<string, (services: Services) => JobHandler>> = {
  sync: (services) => syncJob(services),
}

export { scheduleDue } from './schedule.actions.ts'
