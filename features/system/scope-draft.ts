// SPDX-License-Identifier: Apache-2.0
import type { LocalDate } from '../../lib/time.ts'
import type { Suggestion } from './interview.ts'
import { addMonths, periodOfMonths } from './period.ts'
import type { ScopeInput } from './scope.ts'

/** A scope as it is being written, before it is whole. */
export type ScopeDraft = ScopeInput

/** Where a first scope starts: one service, nothing decided, security alone. */
export function blankScope(organization: string, today: LocalDate, time_zone: string): ScopeDraft {
  const from = firstOfNextMonth(today)
  return {
    organization_name: organization,
    system_name: '',
    purpose: '',
    services: [{ name: '', description: '' }],
    inside: [],
    outside: [],
    categories: ['security'],
    engagement: { type: 'type2', period_from: from, period_to: periodOfMonths(from, 6).to },
    time_zone,
    stage: 'startup',
    people: 1,
    facts: { has_office: true, own_data_centre: false, carve_out_cloud: true, personal_data: 'processor' },
    subservice_organizations: [],
  }
}

/** Takes over what the interview suggests; what was written by hand stays. */
export function withSuggestion(
  draft: ScopeDraft,
  suggestion: Omit<Suggestion, 'window_months'> & { readonly window_months: { readonly value: number } },
  people: number,
  today: LocalDate,
): ScopeDraft {
  const from = firstOfNextMonth(today)
  return {
    ...draft,
    people,
    stage: suggestion.stage.value,
    categories: suggestion.categories.filter((category) => category.chosen).map((category) => category.category),
    facts: suggestion.facts,
    engagement:
      suggestion.report.value === 'type1'
        ? { type: 'type1', as_of: addMonths(from, 2) }
        : { type: 'type2', period_from: from, period_to: periodOfMonths(from, suggestion.window_months.value).to },
  }
}

/** Drops rows that were left empty, so that an untouched line is not an error. */
export function tidied(draft: ScopeDraft): ScopeDraft {
  return {
    ...draft,
    services: draft.services.filter((service) => service.name.trim() !== '' || (service.description ?? '') !== ''),
    inside: draft.inside.map((line) => line.trim()).filter((line) => line !== ''),
    outside: (draft.outside ?? []).filter((row) => row.what.trim() !== '' || row.because.trim() !== ''),
  }
}

const firstOfNextMonth = (today: LocalDate): LocalDate => `${addMonths(today, 1).slice(0, 7)}-01`
