// SPDX-License-Identifier: Apache-2.0
import { ledgerActions } from './ledger/ledger.actions.ts'
import { peopleActions } from './people/people.actions.ts'
import { systemActions } from './system/system.actions.ts'
import { criteriaActions } from './criteria/criteria.actions.ts'
import { policiesActions } from './policies/policies.actions.ts'
import { controlsActions } from './controls/controls.actions.ts'
import { evidenceActions } from './evidence/evidence.actions.ts'
import { connectionsActions } from './connections/connections.actions.ts'
import { monitoringActions } from './monitoring/monitoring.actions.ts'
import { readinessActions } from './readiness/readiness.actions.ts'
import { tasksActions } from './tasks/tasks.actions.ts'
import { reportsActions } from './reports/reports.actions.ts'

/** Every operation of the product, by name. HTTP, OpenAPI, the command line and the web client are derived from it. */
export const actions = {
  ...ledgerActions,
  ...peopleActions,
  ...systemActions,
  ...criteriaActions,
  ...policiesActions,
  ...controlsActions,
  ...evidenceActions,
  ...connectionsActions,
  ...monitoringActions,
  ...readinessActions,
  ...tasksActions,
  ...reportsActions,
}
