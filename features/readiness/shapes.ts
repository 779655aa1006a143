// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'

/** What readiness operations let out. */

export const status = z.enum(['ready', 'at_risk', 'not_ready'])
export const tallied = z.object({ ready: z.number(), at_risk: z.number(), not_ready: z.number(), total: z.number() })
const component = z.object({ value: z.number().nullable(), reasons: z.array(z.string()).readonly() })
export const components = z.object({
  D: component.describe('Designed'),
  I: component.describe('Implemented'),
  F: component.describe('Freshly evidenced'),
  O: component
    .extend({
      passed: z.number(),
      expected: z.number(),
      none_because: z.enum(['not_triggered', 'not_due', 'no_data']).nullable(),
    })
    .describe('Operating'),
})
export const owner = z.object({ id: z.string(), name: z.string().nullable(), active: z.boolean() })
export const days = { from: z.string(), to: z.string(), today: z.string() }
export const cells = z
  .string()
  .describe('One letter a day: o passing, f failing, n no data, x excepted, - not due, . not in effect, space future')
export const cap = z.object({ at: z.number(), because: z.string() })
export const move = z.object({
  control_id: z.string(),
  component: z.enum(['D', 'I', 'F', 'O']),
  gain: z.number(),
  because: z.string(),
})
export const task = z.object({
  id: z.string(),
  type: z.string(),
  title: z.string(),
  state: z.string(),
  severity: z.enum(['critical', 'high', 'medium', 'low']),
  due_on: z.string(),
})

/** A control with its four components, as lists show it. */
export const controlRow = z.object({
  control_id: z.string(),
  title: z.string(),
  is_key: z.boolean(),
  owner: owner.nullable(),
  in_effect: z.boolean(),
  score: z.number().nullable().describe('Null when it is not in effect on the day'),
  components: components.nullable(),
  ineffective: z.string().nullable(),
  criteria: z.array(z.string()),
  frequency: z.string(),
  nature: z.string(),
  has_checks: z.boolean(),
  cells,
})
export type ControlRow = z.infer<typeof controlRow>
