// SPDX-License-Identifier: Apache-2.0

/** Reserved looks of status. Each has a colour and a mark of its own shape, so none rests on colour alone. */
export type Tone = 'pass' | 'fail' | 'none' | 'except' | 'late' | 'auditor' | 'idle'

export interface Look {
  readonly tone: Tone
  readonly label: string
}

const LOOKS: Readonly<Record<string, Look>> = {
  // days and controls
  operating: { tone: 'pass', label: 'Operating' },
  ready: { tone: 'pass', label: 'Ready' },
  effective: { tone: 'pass', label: 'Operating' },
  failing: { tone: 'fail', label: 'Failing' },
  deviation: { tone: 'fail', label: 'Failing' },
  no_data: { tone: 'none', label: 'No data' },
  'no-data': { tone: 'none', label: 'No data' },
  excluded: { tone: 'except', label: 'Excluded' },
  not_in_effect: { tone: 'idle', label: 'Not in effect' },
  not_due: { tone: 'idle', label: 'Not due' },
  // outcomes of checks
  pass: { tone: 'pass', label: 'Pass' },
  fail: { tone: 'fail', label: 'Fail' },
  inconclusive: { tone: 'none', label: 'Inconclusive' },
  not_applicable: { tone: 'idle', label: 'Not applicable' },
  excepted: { tone: 'except', label: 'Excepted' },
  // collections and runs
  complete: { tone: 'pass', label: 'Complete' },
  partial: { tone: 'late', label: 'Partial' },
  denied: { tone: 'fail', label: 'Denied' },
  unsupported: { tone: 'none', label: 'Unsupported' },
  failed: { tone: 'fail', label: 'Failed' },
  running: { tone: 'idle', label: 'Running' },
  queued: { tone: 'idle', label: 'Queued' },
  // tasks and reviews
  open: { tone: 'idle', label: 'Open' },
  done: { tone: 'pass', label: 'Done' },
  overdue: { tone: 'late', label: 'Overdue' },
  late: { tone: 'late', label: 'Late' },
  accepted: { tone: 'pass', label: 'Accepted' },
  rejected: { tone: 'fail', label: 'Rejected' },
  submitted: { tone: 'idle', label: 'Submitted' },
  draft: { tone: 'idle', label: 'Draft' },
  approved: { tone: 'pass', label: 'Approved' },
}

/** The look of a state by its word; a word without one is shown plainly, never as good. */
export const lookOf = (state: string): Look => LOOKS[state] ?? { tone: 'idle', label: plain(state) }

function plain(state: string): string {
  const words = state.replaceAll('_', ' ').replaceAll('-', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

export const TEXT: Readonly<Record<Tone, string>> = {
  pass: 'text-pass-text',
  fail: 'text-fail-text',
  none: 'text-none-text',
  except: 'text-except-text',
  late: 'text-late-text',
  auditor: 'text-auditor-text',
  idle: 'text-ink-3',
}

export const SOFT: Readonly<Record<Tone, string>> = {
  pass: 'bg-pass-soft text-pass-text',
  fail: 'bg-fail-soft text-fail-text',
  none: 'bg-none-soft text-none-text',
  except: 'bg-except-soft text-except-text',
  late: 'bg-late-soft text-late-text',
  auditor: 'bg-auditor-soft text-auditor-text',
  idle: 'bg-none-soft text-ink-2',
}
