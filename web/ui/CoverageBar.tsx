// SPDX-License-Identifier: Apache-2.0
import { cx } from '../class-names.ts'
import { Mark } from './Mark.tsx'

interface Props {
  listed: number
  collected: number
  unreachable: number
  census?: { readonly n: number; readonly how: string; readonly exact?: string } | null | undefined
  /** The collection's own word on whether the counts agree. */
  reconciliation?: string | undefined
  small?: boolean
}

/** Listed, collected, unreachable, with the independent count beside it; a mismatch is the loudest thing on the page. */
export function CoverageBar({ listed, collected, unreachable, census, reconciliation, small }: Props) {
  const whole = Math.max(1, listed)
  const mismatch = reconciliation === 'mismatch'
  const text = `${n(collected)} of ${n(listed)} listed were collected${unreachable > 0 ? `, ${n(unreachable)} could not be reached` : ''}`
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <svg
        role="img"
        aria-label={text}
        viewBox="0 0 100 8"
        preserveAspectRatio="none"
        className={cx('w-full', small ? 'h-1.5' : 'h-2')}
      >
        <rect width="100" height="8" className="fill-none-soft" />
        <rect width={(100 * collected) / whole} height="8" className="fill-pass-mark" />
        <rect
          x={(100 * collected) / whole}
          width={(100 * unreachable) / whole}
          height="8"
          className="fill-[url(#hatch)]"
        />
      </svg>
      {!small && (
        <p className="tabular text-sm wrap-anywhere text-ink-2">
          {text}.{' '}
          {census
            ? `An independent count (${census.how}) says ${n(census.n)}.`
            : 'There was no independent count to compare with.'}
        </p>
      )}
      {mismatch && census && (
        <p
          role="status"
          className="flex items-start gap-2 rounded bg-fail-soft px-3 py-2 text-base font-medium text-fail-text"
        >
          <span className="mt-0.75">
            <Mark tone="fail" />
          </span>
          The counts do not agree: {n(listed)} listed, {n(census.n)} counted independently. Nothing here counts as a
          pass.
        </p>
      )}
    </div>
  )
}

const n = (value: number): string => value.toLocaleString('en')
