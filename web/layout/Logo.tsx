// SPDX-License-Identifier: Apache-2.0

/** The name and its three rising bars. */
export function Logo() {
  return (
    <span className="inline-flex items-center gap-2 text-lg font-semibold tracking-tight">
      <svg width="20" height="20" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="8" className="fill-accent" />
        <g className="fill-accent-ink">
          <rect x="7" y="19" width="4" height="6" rx="1" />
          <rect x="14" y="13" width="4" height="12" rx="1" />
          <rect x="21" y="7" width="4" height="18" rx="1" />
        </g>
      </svg>
      Assay
    </span>
  )
}
