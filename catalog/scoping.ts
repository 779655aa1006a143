// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { lazily, loadContent } from './framework.ts'
import { facts } from './terms.ts'

/** Content of the scoping interview: questions, reasons, and the facts that move the control set. */

const ids = z.array(z.string()).readonly()

const scopingFile = z.strictObject({
  meta: z.looseObject({ title: z.string() }),
  questions: z.array(
    z.strictObject({
      id: z.string(),
      ask: z.string(),
      answer: z.enum(['yes_no', 'choice', 'number']),
      options: z.array(z.strictObject({ value: z.string(), label: z.string() })).optional(),
      why: z.string(),
    }),
  ),
  category_reasons: z.record(z.string(), z.string()),
  fact_rules: z.array(
    z.strictObject({
      when: facts.partial(),
      add: ids.default([]),
      leave_out: ids.default([]),
      not_relevant: ids.default([]),
      because: z.string(),
    }),
  ),
  key_controls: ids,
})
export type FactRule = z.infer<typeof scopingFile>['fact_rules'][number]

export const scoping = lazily(() => loadContent('scoping', scopingFile))
