// SPDX-License-Identifier: Apache-2.0

/** How the standing of a control in the scope is said. */
export const STANDING_LOOKS = {
  in_scope: { label: 'In scope', tone: 'pass' },
  excluded: { label: 'Left out', tone: 'except' },
  not_yet_in_effect: { label: 'Not yet in effect', tone: 'idle' },
  not_adopted: { label: 'Not adopted', tone: 'idle' },
} as const
export type Standing = keyof typeof STANDING_LOOKS

export const NATURES: Readonly<Record<string, string>> = {
  manual: 'Manual',
  automated: 'Automated',
  it_dependent_manual: 'Manual, with data from a system',
}

export const FREQUENCIES: Readonly<Record<string, string>> = {
  continuous: 'Continuous',
  event_driven: 'At each event',
  daily: 'Daily',
  weekly: 'Weekly',
  monthly: 'Monthly',
  quarterly: 'Quarterly',
  annual: 'Yearly',
}
