// SPDX-License-Identifier: Apache-2.0

/** Stands wherever readiness is shown, on screen and on paper: who says so, and who does not. */
export function InternalView() {
  return <p className="-mt-3 text-sm text-ink-3">Management’s internal view, not an audit conclusion.</p>
}
