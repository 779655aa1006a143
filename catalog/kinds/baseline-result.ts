// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { instant, keyOfParts, kind, SEVERITIES } from '../kind.ts'

/** The result words of XCCDF 1.2 (NISTIR 7275r4, 6.6.4.2). */
export const RESULTS = [
  'pass',
  'fail',
  'error',
  'unknown',
  'notapplicable',
  'notchecked',
  'notselected',
  'informational',
  'fixed',
] as const

export const baselineResult = kind({
  id: 'baseline-result',
  version: 1,
  says: 'How one host stands to one rule of a hardening benchmark.',
  schema: z.strictObject({
    host: z.string(),
    benchmark: z.string(),
    profile: z.string().nullable(),
    rule: z.string(),
    title: z.string(),
    result: z.enum(RESULTS),
    severity: z.enum([...SEVERITIES, 'unknown']),
    at: instant().describe('When the rule was evaluated'),
  }),
  key: (row) => keyOfParts(row.host, row.benchmark, row.profile, row.rule),
  label: (row) => `${row.rule} on ${row.host}`,
  reading: { type: 'state' },
  volatile: ['at'],
  fresh_hours: 768,
})
