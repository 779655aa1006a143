// SPDX-License-Identifier: Apache-2.0

/** How the state of a policy is said. */
export const POLICY_LOOKS = {
  missing: { label: 'Missing', tone: 'none' },
  overdue: { label: 'Review overdue', tone: 'late' },
  not_yet_in_force: { label: 'Not yet in force', tone: 'idle' },
  in_date: { label: 'In date', tone: 'pass' },
} as const
