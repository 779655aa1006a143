// SPDX-License-Identifier: Apache-2.0
import type { Scope } from './scope.ts'

const NAMES: Readonly<Record<keyof Scope, string>> = {
  organization_name: 'organisation',
  system_name: 'name of the system',
  purpose: 'purpose',
  services: 'services',
  inside: 'boundary',
  outside: 'what is left out',
  categories: 'categories',
  engagement: 'type or dates',
  time_zone: 'time zone',
  stage: 'stage',
  people: 'number of people',
  facts: 'facts',
  subservice_organizations: 'subservice organisations',
  target_report_date: 'date wanted',
}

/** What differs between two versions, in words: `categories`, `type or dates`. */
export const changesBetween = (before: Scope, after: Scope): string[] =>
  (Object.keys(NAMES) as (keyof Scope)[])
    .filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
    .map((key) => NAMES[key])
