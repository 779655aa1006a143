// SPDX-License-Identifier: Apache-2.0
import type { JobHandler } from '../../lib/jobs.ts'
import type { Services } from '../../lib/services.ts'
import { authoringActions } from './authoring.actions.ts'
import { checksActions } from './checks.actions.ts'
import { exceptionRequestActions } from './exception-requests.actions.ts'
import { exceptionsActions } from './exceptions.actions.ts'
import { judgedActions } from './judged.actions.ts'
import { judgeJob } from './judging.actions.ts'
import { resultsActions } from './results.actions.ts'

export { openCatalogSync } from './catalog-sync.actions.ts'

export const monitoringActions = {
  ...checksActions,
  ...resultsActions,
  ...judgedActions,
  ...authoringActions,
  ...exceptionRequestActions,
  ...exceptionsActions,
}

export const monitoringJobs = { judge: judgeJob } satisfies Readonly<Record<string, (services: Services) => JobHandler>>
