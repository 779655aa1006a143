// SPDX-License-Identifier: Apache-2.0
import type { Tone } from './tone.ts'

const STROKES: Readonly<Record<Tone, string>> = {
  pass: 'stroke-pass-mark',
  fail: 'stroke-fail-mark',
  none: 'stroke-none-mark',
  except: 'stroke-except-mark',
  late: 'stroke-late-mark',
  auditor: 'stroke-auditor-mark',
  idle: 'stroke-line-strong',
}

export interface RingPart {
  readonly tone: Tone
  readonly n: number
}

const R = 15
const AROUND = 2 * Math.PI * R

/** How a whole divides, as a compact ring; its numbers stand beside it in words, never as a lone percentage. */
export function Ring({ parts, label, size = 44 }: { parts: readonly RingPart[]; label: string; size?: number }) {
  const whole = Math.max(
    1,
    parts.reduce((sum, part) => sum + part.n, 0),
  )
  let before = 0
  return (
    <svg role="img" aria-label={label} width={size} height={size} viewBox="0 0 36 36" fill="none" className="shrink-0">
      <circle cx="18" cy="18" r={R} className="stroke-none-soft" strokeWidth="4.5" />
      {parts
        .filter((part) => part.n > 0)
        .map((part) => {
          const length = (part.n / whole) * AROUND
          const start = before
          before += length
          return (
            <circle
              key={part.tone}
              cx="18"
              cy="18"
              r={R}
              className={STROKES[part.tone]}
              strokeWidth="4.5"
              strokeDasharray={`${Math.max(0.5, length - (part.n === whole ? 0 : 1))} ${AROUND}`}
              strokeDashoffset={-start}
              transform="rotate(-90 18 18)"
            />
          )
        })}
    </svg>
  )
}
