// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { CATEGORIES, type Category, STAGES, facts } from '../../catalog/terms.ts'
import { Refused } from '../../lib/refused.ts'
import { addDays, isLocalDate, type LocalDate } from '../../lib/time.ts'
import { addMonths } from './period.ts'

/**
 * The system under examination and what the report is to cover: a named system with a boundary, the categories, a date or
 * a period, and what is left out and why. Versions are kept for ever; an executive approves the one that counts.
 */

/** Codes of this slice. */
export type SystemRefusal =
  | 'SECURITY_REQUIRED'
  | 'UNKNOWN_TIME_ZONE'
  | 'PERIOD_ENDS_BEFORE_START'
  | 'PERIOD_TOO_LONG'
  | 'REASON_REQUIRED'
  | 'UNKNOWN_CRITERION'
  | 'SCOPE_CHANGED'
  | 'NO_SCOPE'
  | 'ALREADY_APPROVED'
  | 'REPORT_BEFORE_PERIOD_END'
  | 'COST_UPSIDE_DOWN'

const text = (most: number) => z.string().trim().min(1).max(most)
/** A day that somebody plans or looks back on; the days next to it are days as well, wherever they are. */
export const localDate = z.iso
  .date('expected a day such as 2026-03-31')
  .refine((day) => isLocalDate(day) && day >= '1900' && day < '2200', 'expected a day from 1900 to 2199')

const type1 = z.strictObject({
  type: z.literal('type1'),
  as_of: localDate.describe('The one day the report speaks of'),
})
const type2 = z.strictObject({
  type: z.literal('type2'),
  period_from: localDate.describe('First day of the period'),
  period_to: localDate.describe('Last day of the period, included'),
  short_because: text(1000).optional().describe('Why the period is shorter than 3 months'),
})
export const engagement = z.discriminatedUnion('type', [type1, type2])
export type Engagement = z.infer<typeof engagement>

export const subservice = z.strictObject({
  name: text(200),
  service: text(500).describe('What it does for the system'),
  method: z.enum(['carve_out', 'inclusive']),
  criteria: z.array(z.string()).max(61).describe('Criteria that need its controls'),
  expected_controls: z.array(text(500)).max(50).default([]).describe('Types of controls expected there (CSOCs)'),
})

export const scopeDocument = z.strictObject({
  organization_name: text(200),
  system_name: text(200),
  purpose: z.string().trim().max(2000).default(''),
  services: z
    .array(z.strictObject({ name: text(200), description: z.string().trim().max(2000).default('') }))
    .min(1)
    .max(50),
  inside: z.array(text(500)).min(1).max(200).describe('What is inside the boundary'),
  outside: z
    .array(z.strictObject({ what: text(500), because: text(1000) }))
    .max(200)
    .default([])
    .describe('What is left out, each with its reason'),
  categories: z.array(z.enum(CATEGORIES)).min(1),
  engagement,
  time_zone: z.string().max(64).describe('IANA time zone of all days of the engagement'),
  stage: z.enum(STAGES),
  people: z.number().int().min(1).max(10_000_000).describe('How many people work on the system or have access'),
  facts,
  subservice_organizations: z.array(subservice).max(100).default([]),
  target_report_date: localDate.optional(),
})
/** What the report is to cover, as management says it. */
export type Scope = z.infer<typeof scopeDocument>
/** A scope as it is sent, before defaults. */
export type ScopeInput = z.input<typeof scopeDocument>

const LONGEST_MONTHS = 24

/**
 * Refuses a scope that no examination could have, and puts the categories in their order.
 * @param criteria all known criterion ids
 * @throws Refused SECURITY_REQUIRED, UNKNOWN_TIME_ZONE, PERIOD_…, REASON_REQUIRED, UNKNOWN_CRITERION
 */
export function checkScope(scope: Scope, criteria: { has(id: string): boolean }): Scope {
  if (!scope.categories.includes('security'))
    throw new Refused('SECURITY_REQUIRED', 'every SOC 2 contains security; expected it among the categories', {
      pointer: '/scope/categories',
    })
  if (!isTimeZone(scope.time_zone))
    throw new Refused('UNKNOWN_TIME_ZONE', `expected an IANA name such as Europe/Berlin, got "${scope.time_zone}"`, {
      pointer: '/scope/time_zone',
    })
  checkEngagement(scope.engagement)
  const end = lastDay(scope.engagement)
  if (scope.target_report_date !== undefined && scope.target_report_date <= end)
    throw new Refused(
      'REPORT_BEFORE_PERIOD_END',
      `a report is signed after the last day it covers (${end}), got ${scope.target_report_date}`,
      { pointer: '/scope/target_report_date' },
    )
  for (const [i, organization] of scope.subservice_organizations.entries()) {
    const unknown = organization.criteria.filter((id) => !criteria.has(id))
    if (unknown.length > 0)
      throw new Refused('UNKNOWN_CRITERION', `there is no criterion ${unknown.join(', ')}`, {
        pointer: `/scope/subservice_organizations/${i}/criteria`,
      })
  }
  return { ...scope, categories: CATEGORIES.filter((category) => scope.categories.includes(category)) }
}

function checkEngagement(of: Engagement): void {
  if (of.type === 'type1') return
  const { period_from, period_to, short_because } = of
  if (period_to < period_from)
    throw new Refused('PERIOD_ENDS_BEFORE_START', `expected an end after ${period_from}, got ${period_to}`, {
      pointer: '/scope/engagement/period_to',
    })
  if (period_to >= addMonths(period_from, LONGEST_MONTHS))
    throw new Refused(
      'PERIOD_TOO_LONG',
      `expected at most ${LONGEST_MONTHS} months, got ${period_from} to ${period_to}`,
      {
        pointer: '/scope/engagement/period_to',
      },
    )
  if (windowMonths(period_from, period_to) < 3 && short_because === undefined)
    throw new Refused('REASON_REQUIRED', 'a period under 3 months needs the reason for it', {
      pointer: '/scope/engagement/short_because',
    })
}

/** Whole months of a period whose ends are both included: 1 January to 31 March are 3. */
export function windowMonths(from: LocalDate, to: LocalDate): number {
  let months = 0
  while (addMonths(from, months + 1) <= addDays(to, 1)) months++
  return months
}

/** The as-of day of a type 1, or the last day of a type 2. */
export const lastDay = (of: Engagement): LocalDate => (of.type === 'type1' ? of.as_of : of.period_to)

/** What the engagement speaks of: a single day for a type 1. */
export const coveredDays = (of: Engagement): { readonly from: LocalDate; readonly to: LocalDate } =>
  of.type === 'type1' ? { from: of.as_of, to: of.as_of } : { from: of.period_from, to: of.period_to }

export const sizeOf = (people: number): 'small' | 'mid' | 'enterprise' =>
  people <= 50 ? 'small' : people <= 500 ? 'mid' : 'enterprise'

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone.length > 0
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

const SERIES: Readonly<Record<Category, string>> = {
  security: 'common',
  availability: 'availability',
  confidentiality: 'confidentiality',
  processing_integrity: 'processing_integrity',
  privacy: 'privacy',
}

/** The criteria that a choice of categories makes applicable, in the order of the standard. */
export function applicableCriteria<C extends { readonly category: string }>(
  criteria: Iterable<C>,
  categories: readonly Category[],
): C[] {
  const series = new Set(categories.map((category) => SERIES[category]))
  return [...criteria].filter((criterion) => series.has(criterion.category))
}
