// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { instant, keyOfParts, kind } from '../kind.ts'

export const restoreTest = kind({
  id: 'restore-test',
  version: 1,
  says: 'Somebody restored a backup to see that it works.',
  schema: z.strictObject({
    store: z.string(),
    result: z.enum(['success', 'failure']),
    tested_at: instant(),
    duration_minutes: z.int().nonnegative(),
    by: z.string(),
  }),
  key: (row) => keyOfParts(row.store, row.tested_at),
  label: (row) => `${row.store} by ${row.by}`,
  reading: { type: 'event', at: 'tested_at' },
  fresh_hours: 2400,
})
