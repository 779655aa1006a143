// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from 'react'
import type { Tone } from './tone.ts'

const SHAPES: Readonly<Record<Tone, ReactNode>> = {
  pass: (
    <>
      <circle cx="7" cy="7" r="6" className="fill-pass-mark" />
      <path d="M4.2 7.3 6.2 9.2 9.8 5" className="stroke-surface" />
    </>
  ),
  fail: (
    <>
      <path d="M4.5 1h5L13 4.5v5L9.5 13h-5L1 9.5v-5z" className="fill-fail-mark" />
      <path d="m4.9 4.9 4.2 4.2m0-4.2L4.9 9.1" className="stroke-surface" />
    </>
  ),
  none: (
    <>
      <circle cx="7" cy="7" r="5.4" className="fill-[url(#hatch)] stroke-none-mark" strokeWidth="1.2" />
      <circle cx="7" cy="7" r="3.7" className="fill-surface" />
      <path
        d="M5.8 5.9c0-1.5 2.5-1.5 2.5.1 0 .9-1.2 1-1.2 1.9M7.1 9.4v.1"
        className="stroke-none-text"
        strokeWidth="1.1"
      />
    </>
  ),
  except: (
    <>
      <circle cx="7" cy="7" r="5.3" className="stroke-except-mark" />
      <path d="m3.4 10.6 7.2-7.2" className="stroke-except-mark" />
    </>
  ),
  late: (
    <>
      <path d="M7 1.3 13.3 12.4H.7z" className="fill-late-mark stroke-late-mark" strokeWidth="1" />
      <path d="M7 5.2v3.2M7 10.4v.1" className="stroke-surface" strokeWidth="1.5" />
    </>
  ),
  auditor: <path d="m2 12 .7-3.1L9.2 2.4l2.4 2.4-6.5 6.5zM7.6 4l2.4 2.4" className="stroke-auditor-mark" />,
  idle: <circle cx="7" cy="7" r="5.3" className="stroke-ink-3" strokeDasharray="1.6 2.2" strokeWidth="1.3" />,
}

/** The shape that stands for a state, 14 px; always beside its word. */
export function Mark({ tone, size = 14 }: { tone: Tone; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 14 14"
      aria-hidden="true"
      className="shrink-0"
      fill="none"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {SHAPES[tone]}
    </svg>
  )
}

/** Hatches and dots that day strips and marks refer to; once on the page. */
export function Patterns() {
  return (
    <svg width="0" height="0" className="absolute" aria-hidden="true">
      <defs>
        <pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="4" height="4" className="fill-none-soft" />
          <rect width="1.5" height="4" className="fill-none-mark" />
        </pattern>
        <pattern id="dots" width="4" height="4" patternUnits="userSpaceOnUse">
          <circle cx="2" cy="2" r="0.7" className="fill-line-strong" />
        </pattern>
        <pattern id="slashes" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="5" height="5" className="fill-except-soft" />
          <rect width="1" height="5" className="fill-except-mark" />
        </pattern>
      </defs>
    </svg>
  )
}
