// SPDX-License-Identifier: Apache-2.0
import { actActions } from './acts.actions.ts'
import { attachActions } from './attach.actions.ts'
import { importActions, importJobs } from './imports.actions.ts'
import { readingActions } from './reading.actions.ts'

/** All operations on evidence: what came in and how, what it says, and what people do with it. */
export const evidenceActions = {
  ...readingActions,
  ...importActions,
  ...attachActions,
  ...actActions,
}

export const evidenceJobs = importJobs
