// SPDX-License-Identifier: Apache-2.0
import type { CheckState } from './monitoring.ts'

interface CheckLook {
  readonly label: string
  readonly tone: 'pass' | 'fail' | 'none' | 'except' | 'idle'
}

/** How the state of a check is said. */
export const CHECK_LOOKS: Readonly<Record<CheckState, CheckLook>> = {
  fail: { label: 'Failing', tone: 'fail' },
  inconclusive: { label: 'Inconclusive', tone: 'none' },
  no_data: { label: 'No data', tone: 'none' },
  excepted: { label: 'Excepted', tone: 'except' },
  pass: { label: 'Passing', tone: 'pass' },
  not_set_up: { label: 'Not set up', tone: 'idle' },
}

/** Who may ask for an exception. */
export const ASKERS = ['so_admin', 'compliance_manager', 'control_owner', 'executive', 'advisor'] as const

export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const
