// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { CATEGORIES, type Category, type Facts, PERSONAL_DATA, STAGES, type Stage } from '../../catalog/terms.ts'

/** From the answers of the scoping interview to a proposal with reasons. */

export const answers = z.strictObject({
  promises_availability: z.boolean().default(false),
  holds_confidential: z.boolean().default(false),
  calculates_for_customers: z.boolean().default(false),
  personal_data: z.enum(PERSONAL_DATA).default('processor'),
  customers_ask_privacy: z.boolean().default(false),
  people: z.number().int().min(1).max(10_000_000),
  had_report: z.boolean().default(false),
  regulated: z.boolean().default(false),
  months_until_needed: z.number().int().min(0).max(60).default(12),
  hosting: z.enum(['cloud', 'own', 'both']).default('cloud'),
  has_office: z.boolean().default(true),
})
export type Answers = z.infer<typeof answers>

export interface Suggested<T> {
  readonly value: T
  readonly because: string
}

export interface Suggestion {
  readonly categories: readonly { readonly category: Category; readonly chosen: boolean; readonly because: string }[]
  readonly stage: Suggested<Stage>
  readonly report: Suggested<'type1' | 'type2'>
  /** Months of a type 2 period, now or after the type 1. */
  readonly window_months: Suggested<3 | 6 | 12>
  readonly facts: Facts
}

/** @param reasons sentences of the catalog by category, and `privacy_asked`, `privacy_left_out` */
export function suggest(given: Answers, reasons: Readonly<Record<string, string>>): Suggestion {
  return {
    categories: CATEGORIES.map((category) => ({ category, ...wanted(category, given, reasons) })),
    stage: stageOf(given),
    ...reportOf(given),
    facts: {
      has_office: given.has_office,
      own_data_centre: given.hosting !== 'cloud',
      carve_out_cloud: given.hosting !== 'own',
      personal_data: given.personal_data,
    },
  }
}

function wanted(
  category: Category,
  given: Answers,
  reasons: Readonly<Record<string, string>>,
): { chosen: boolean; because: string } {
  const decides = given.personal_data === 'controller' || given.personal_data === 'both'
  const chosen: Readonly<Record<Category, boolean>> = {
    security: true,
    availability: given.promises_availability,
    confidentiality: given.holds_confidential,
    processing_integrity: given.calculates_for_customers,
    privacy: decides || given.customers_ask_privacy,
  }
  const reason = reasons[category] ?? ''
  if (chosen[category])
    return { chosen: true, because: category === 'privacy' && !decides ? (reasons['privacy_asked'] ?? reason) : reason }
  if (category === 'privacy' && given.personal_data === 'processor')
    return { chosen: false, because: reasons['privacy_left_out'] ?? '' }
  return { chosen: false, because: `Nothing you said asks for it. It is for you when: ${lowerFirst(reason)}` }
}

const lowerFirst = (sentence: string): string => sentence.charAt(0).toLowerCase() + sentence.slice(1)

function stageOf(given: Answers): Suggested<Stage> {
  const bySize: Stage = given.people <= 50 ? 'startup' : given.people <= 500 ? 'growth' : 'enterprise'
  const raised = [
    ...(given.had_report ? ['a second or later report is expected to show more'] : []),
    ...(given.regulated ? ['regulated customers or several products expect more'] : []),
  ]
  const level = STAGES.indexOf(bySize)
  const floor = raised.length > 0 ? (given.regulated && level > 0 ? 2 : 1) : 0
  const value = STAGES[Math.max(level, floor)] ?? bySize
  const because = `${given.people} people are a ${bySize}`
  return { value, because: value === bySize ? because : `${because}, but ${raised.join(' and ')}` }
}

function reportOf(given: Answers): Pick<Suggestion, 'report' | 'window_months'> {
  const months = given.months_until_needed
  const report: Suggestion['report'] =
    !given.had_report && months < 8
      ? {
          value: 'type1',
          because: `within ${months} months there is no room for repairs and a period; a type 1 comes first`,
        }
      : { value: 'type2', because: 'there is room for a period, and customers ask for operation, not design alone' }
  const window_months: Suggestion['window_months'] = given.had_report
    ? { value: 12, because: 'after the first report, 12 months leave no gap between periods' }
    : months < 12
      ? {
          value: 3,
          because:
            'a first report of 3 months is the shortest that customers usually take; a reason to hurry is needed',
        }
      : { value: 6, because: '6 months are the usual floor for a first period' }
  return { report, window_months }
}
