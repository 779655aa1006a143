// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { instant, keyOfParts, kind } from '../kind.ts'

export const codeScan = kind({
  id: 'code-scan',
  version: 1,
  says: 'One run of a code scanner: what it looked at and whether it came to its end.',
  schema: z.strictObject({
    scanner: z.string(),
    version: z.string().nullable(),
    target: z.string(),
    run: z.int().nonnegative().describe('Position of the run in its report'),
    started_at: instant().nullable(),
    ended_at: instant().nullable(),
    successful: z.boolean().describe('The report says so; silence is false'),
    rules: z.int().nonnegative(),
    results: z.int().nonnegative(),
  }),
  key: (row) => keyOfParts(row.scanner, row.target, row.run),
  label: (row) => `${row.scanner} on ${row.target}`,
  reading: { type: 'state' },
  fresh_hours: 192,
})
