// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { keyOfParts, kind, SEVERITIES } from '../kind.ts'

export const codeFinding = kind({
  id: 'code-finding',
  version: 1,
  says: 'A weakness that a code scanner reports. No row says that something is free of it.',
  schema: z.strictObject({
    scanner: z.string(),
    rule: z.string(),
    title: z.string(),
    path: z.string().nullable(),
    line: z.int().positive().nullable(),
    severity: z.enum(SEVERITIES),
    suppressed: z.boolean(),
    baseline: z.string().nullable().describe('Against the scan before: new, unchanged, updated or absent'),
    fingerprint: z.string(),
  }),
  key: (row) => keyOfParts(row.scanner, row.rule, row.fingerprint),
  label: (row) => `${row.rule}${row.path === null ? '' : ` in ${row.path}`}`,
  reading: { type: 'state' },
  fresh_hours: 192,
})
