// SPDX-License-Identifier: Apache-2.0

/** The look of everything that is typed into; its height is added where it is one line. */
export const BOX =
  'w-full min-w-0 rounded border border-line-strong bg-surface px-2.5 text-ink placeholder:text-ink-3 focus-visible:border-accent focus-visible:outline-offset-0 aria-invalid:border-fail-mark disabled:bg-sunken disabled:text-ink-3'
