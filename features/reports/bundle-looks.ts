// SPDX-License-Identifier: Apache-2.0

/** How far a bundle is, in words. */
export const BUNDLE_LOOKS = {
  queued: { label: 'Waiting', tone: 'idle' },
  running: { label: 'Being made', tone: 'idle' },
  done: { label: 'Ready', tone: 'pass' },
  failed: { label: 'Failed', tone: 'fail' },
} as const
