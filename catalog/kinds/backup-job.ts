// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { instant, keyOfParts, kind } from '../kind.ts'

export const backupJob = kind({
  id: 'backup-job',
  version: 1,
  says: 'One run of a backup of one data store.',
  schema: z.strictObject({
    store: z.string(),
    job: z.string(),
    result: z.enum(['success', 'failure']),
    started_at: instant(),
    finished_at: instant(),
    size_bytes: z.int().nonnegative().nullable(),
  }),
  key: (row) => keyOfParts(row.store, row.job, row.started_at),
  label: (row) => `${row.store} ${row.job}`,
  reading: { type: 'event', at: 'finished_at' },
  fresh_hours: 26,
})
