// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { instant, keyOfParts, kind, SEVERITIES } from '../kind.ts'

export const postureFinding = kind({
  id: 'posture-finding',
  version: 1,
  says: 'What a scanner says of one rule on one resource of a cloud or platform.',
  schema: z.strictObject({
    scanner: z.string(),
    rule: z.string(),
    title: z.string(),
    resource: z.string(),
    resource_type: z.string(),
    account: z.string().nullable(),
    region: z.string().nullable(),
    status: z.enum(['pass', 'fail', 'manual', 'suppressed', 'unknown']),
    severity: z.enum(SEVERITIES),
    at: instant().describe('When the scanner looked'),
  }),
  key: (row) => keyOfParts(row.scanner, row.rule, row.account, row.region, row.resource),
  label: (row) => `${row.rule} on ${row.resource}`,
  reading: { type: 'state' },
  volatile: ['at'],
  part: 'rule',
  fresh_hours: 192,
})
