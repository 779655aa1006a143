// SPDX-License-Identifier: Apache-2.0
import { control, controls, oneDay } from './controls.actions.ts'
import { criteria, criterion } from './criteria.actions.ts'
import { overview } from './overview.actions.ts'
import { startWithHoles } from './start.actions.ts'

/** Readiness is computed for any moment and stored nowhere; what is kept is a decision to start with holes. */
export const readinessActions = {
  'readiness.overview': overview,
  'readiness.criteria': criteria,
  'readiness.criterion': criterion,
  'readiness.controls': controls,
  'readiness.control': control,
  'readiness.days': oneDay,
  'readiness.startWithHoles': startWithHoles,
}
