// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from 'react'
import { cx } from '../class-names.ts'
import { Mark } from './Mark.tsx'
import { lookOf, SOFT, TEXT, type Tone } from './tone.ts'

/** A state in its mark and word. `state` is the record's own word; give `label` to say it differently. */
export function Status({ state, label, tone }: { state: string; label?: ReactNode; tone?: Tone }) {
  const look = lookOf(state)
  const shown = tone ?? look.tone
  return (
    <span className={cx('inline-flex items-center gap-1.5 align-top whitespace-nowrap', TEXT[shown])}>
      <Mark tone={shown} />
      {label ?? look.label}
    </span>
  )
}

/** The same on a tinted ground, for headers. */
export function StatusPill({ state, label, tone }: { state: string; label?: ReactNode; tone?: Tone }) {
  const look = lookOf(state)
  const shown = tone ?? look.tone
  return (
    <span
      className={cx(
        'inline-flex h-6 items-center gap-1.5 self-start rounded-full px-2 text-sm font-medium whitespace-nowrap',
        SOFT[shown],
      )}
    >
      <Mark tone={shown} />
      {label ?? look.label}
    </span>
  )
}

/** A short neutral word attached to something: a category, a kind, a stage. */
export function Tag({ children, tone }: { children: ReactNode; tone?: Tone }) {
  return (
    <span
      className={cx(
        'inline-flex h-5 items-center rounded-sm px-1.5 text-xs font-medium whitespace-nowrap',
        tone ? SOFT[tone] : 'bg-none-soft text-ink-2',
      )}
    >
      {children}
    </span>
  )
}
