// SPDX-License-Identifier: Apache-2.0

/** How the state of a task is said. */
export const TASK_LOOKS = {
  open: { label: 'Open', tone: 'idle' },
  planned: { label: 'Planned', tone: 'idle' },
  in_progress: { label: 'In progress', tone: 'except' },
  ready_for_verification: { label: 'To be verified', tone: 'late' },
  verified: { label: 'Verified', tone: 'pass' },
  closed: { label: 'Closed', tone: 'pass' },
  accepted: { label: 'Accepted', tone: 'except' },
} as const
export type TaskState = keyof typeof TASK_LOOKS
export const TASK_STATES = Object.keys(TASK_LOOKS) as readonly TaskState[]

/** Kinds of gaps in words (domain/spec.md H.2). */
export const TASK_TYPES: Readonly<Record<string, string>> = {
  missing_policy: 'Missing policy',
  missing_control: 'Missing control',
  unmapped_criterion: 'Unmapped criterion',
  ineffective_control: 'Ineffective control',
  lacking_documentation: 'Lacking documentation',
  unmitigated_risk: 'Unmitigated risk',
  other: 'Other work',
}

/** Where somebody who works on it may move it. */
export const MOVES: Readonly<
  Record<TaskState, readonly ('open' | 'planned' | 'in_progress' | 'ready_for_verification')[]>
> = {
  open: ['planned', 'in_progress'],
  planned: ['open', 'in_progress'],
  in_progress: ['planned', 'ready_for_verification'],
  ready_for_verification: ['in_progress'],
  verified: [],
  closed: [],
  accepted: ['open'],
}

export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const
