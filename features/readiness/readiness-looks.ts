// SPDX-License-Identifier: Apache-2.0
import type { Status } from './criterion.ts'

/** How readiness is said. It never says compliant, certified or passed: only an auditor concludes. */
export const READY_LOOKS: Readonly<
  Record<Status, { readonly label: string; readonly tone: 'pass' | 'late' | 'idle' }>
> = {
  ready: { label: 'Ready', tone: 'pass' },
  at_risk: { label: 'At risk', tone: 'late' },
  not_ready: { label: 'Not ready', tone: 'idle' },
}

export const COMPONENT_NAMES = {
  D: 'Designed',
  I: 'Implemented',
  F: 'Freshly evidenced',
  O: 'Operating',
} as const
export type ComponentId = keyof typeof COMPONENT_NAMES
export const COMPONENT_IDS = ['D', 'I', 'F', 'O'] as const

export const COMPONENT_SAYS: Readonly<Record<ComponentId, string>> = {
  D: 'It has an owner, a testable statement and a policy in date',
  I: 'Something shows that it was performed at least once',
  F: 'Its evidence is not older than its frequency allows',
  O: 'It was performed when it was due, or passed on the days of the period',
}

/** A share as whole percent for a bar's words, never shown alone. */
export const percent = (value: number): string => `${Math.round(value * 100)} %`
