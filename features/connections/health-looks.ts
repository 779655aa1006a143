// SPDX-License-Identifier: Apache-2.0
import type { Health } from './connection.ts'

interface HealthLook {
  readonly label: string
  readonly tone: 'pass' | 'fail' | 'none' | 'except' | 'late' | 'idle'
}

/** How a connection's standing is said. */
export const HEALTH_LOOKS: Readonly<Record<Health, HealthLook>> = {
  ok: { label: 'Reads well', tone: 'pass' },
  reading: { label: 'Reading now', tone: 'idle' },
  new: { label: 'Not read yet', tone: 'idle' },
  incomplete: { label: 'Incomplete', tone: 'late' },
  failing: { label: 'Failing', tone: 'fail' },
  silent: { label: 'Silent', tone: 'late' },
  off: { label: 'Switched off', tone: 'except' },
}

export const PROBE_LOOKS = {
  granted: { label: 'Granted', tone: 'pass' },
  denied: { label: 'Denied', tone: 'fail' },
  excess: { label: 'More than needed', tone: 'late' },
  unsupported: { label: 'Not offered', tone: 'none' },
  unreachable: { label: 'Unknown', tone: 'none' },
} as const

export const RUN_LOOKS = {
  queued: { label: 'Waiting', tone: 'idle' },
  running: { label: 'Reading', tone: 'idle' },
  done: { label: 'Done', tone: 'pass' },
  failed: { label: 'Failed', tone: 'fail' },
} as const

/** `every 24 hours` as `Daily`. */
export function everyText(hours: number): string {
  if (hours === 1) return 'Hourly'
  if (hours === 24) return 'Daily'
  if (hours === 168) return 'Weekly'
  return hours % 24 === 0 ? `Every ${hours / 24} days` : `Every ${hours} hours`
}
