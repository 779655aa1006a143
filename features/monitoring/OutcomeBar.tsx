// SPDX-License-Identifier: Apache-2.0
import { count } from '../../web/words.ts'

export interface OutcomeCounts {
  readonly pass: number
  readonly fail: number
  readonly excepted: number
  readonly inconclusive: number
  readonly unreachable: number
}

const PARTS = [
  { key: 'fail', label: 'fail', fill: 'fill-fail-mark' },
  { key: 'inconclusive', label: 'inconclusive', fill: 'fill-[url(#hatch)]' },
  { key: 'unreachable', label: 'unreachable', fill: 'fill-[url(#hatch)]' },
  { key: 'excepted', label: 'excepted', fill: 'fill-[url(#slashes)]' },
  { key: 'pass', label: 'pass', fill: 'fill-pass-mark' },
] as const

/** What a check finds over its subjects, the worst first. */
export function OutcomeBar({ counts, thin }: { counts: OutcomeCounts; thin?: boolean }) {
  const whole = PARTS.reduce((sum, part) => sum + counts[part.key], 0)
  const words = outcomeWords(counts)
  let before = 0
  return (
    <svg
      role="img"
      aria-label={words}
      viewBox="0 0 1000 10"
      preserveAspectRatio="none"
      className={thin ? 'h-2 w-full' : 'h-3.5 w-full'}
    >
      <rect width="1000" height="10" className="fill-none-soft" />
      {PARTS.filter((part) => counts[part.key] > 0).map((part) => {
        const x = (before / whole) * 1000
        before += counts[part.key]
        return (
          <rect
            key={part.key}
            x={x}
            width={Math.max(4, (counts[part.key] / whole) * 1000 - 2)}
            height="10"
            className={part.fill}
          />
        )
      })}
    </svg>
  )
}

/** `3 fail, 20 pass`. */
export function outcomeWords(counts: OutcomeCounts): string {
  const words = PARTS.filter((part) => counts[part.key] > 0).map(
    (part) => `${counts[part.key].toLocaleString('en')} ${part.label}`,
  )
  return words.join(', ') || 'no subjects'
}

export const subjectsOf = (counts: OutcomeCounts): string =>
  count(
    PARTS.reduce((sum, part) => sum + counts[part.key], 0),
    'subject',
  )
