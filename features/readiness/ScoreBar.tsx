// SPDX-License-Identifier: Apache-2.0
import { percent } from './readiness-looks.ts'

/** A score with the cap that limits it and why; the words carry it, the bar only helps. */
export function ScoreBar({ score, caps }: { score: number | null; caps: readonly { at: number; because: string }[] }) {
  if (score === null) return <span className="text-ink-3">–</span>
  const lowest = caps.toSorted((a, b) => a.at - b.at)[0]
  const words = `${percent(score)}${lowest ? `, capped: ${lowest.because}` : ''}`
  return (
    <span className="flex items-center gap-2" title={words}>
      <svg role="img" aria-label={words} viewBox="0 0 100 8" preserveAspectRatio="none" className="h-2 w-16 shrink-0">
        <rect width="100" height="8" className="fill-none-soft" />
        <rect width={score * 100} height="8" className={score >= 0.8 ? 'fill-pass-mark' : 'fill-line-strong'} />
        {lowest && <rect x={Math.min(97, lowest.at * 100)} width="3" height="8" className="fill-late-mark" />}
      </svg>
      <span className="tabular shrink-0 text-ink-2">{percent(score)}</span>
      {lowest && <span className="truncate text-late-text">{lowest.because}</span>}
    </span>
  )
}
