// SPDX-License-Identifier: Apache-2.0
import { control, controls, oneDay } from './controls.actions.ts'
import { criteria, criterion } from './criteria.actions.ts'
import { overview } from './overview.actions.ts'

/** Readiness is computed for any moment and stored nowhere. */
export const readinessActions = {
  'readiness.overview': overview,
  'readiness.criteria': criteria,
  'readiness.criterion': criterion,
  'readiness.controls': controls,
  'readiness.control': control,
  'readiness.days': oneDay,
}
