// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

export interface TrailStep {
  /** `Criterion`, `Control`, `Day`, `Subject`, `Fact`, `Capture`, `Proof`. */
  readonly kind: string
  readonly title: ReactNode
  readonly says?: ReactNode
  readonly to?: string | undefined
}

/** The line that joins a figure to its proof: each step one nearer to the bytes. */
export function Trail({ steps }: { steps: readonly TrailStep[] }) {
  return (
    <ol className="flex flex-col">
      {steps.map((step, i) => (
        <li key={`${step.kind}${i}`} className="relative flex gap-3 pb-3 last:pb-0">
          {i < steps.length - 1 && (
            <span aria-hidden="true" className="absolute top-3.5 bottom-0 left-[5px] w-px bg-line-strong" />
          )}
          <span
            aria-hidden="true"
            className="relative mt-1.5 size-[11px] shrink-0 rounded-full border-2 border-accent bg-surface"
          />
          <div className="min-w-0">
            <p className="text-xs text-ink-3">{step.kind}</p>
            {step.to ? (
              <Link to={step.to} className="font-medium hover:underline">
                {step.title}
              </Link>
            ) : (
              <p className="font-medium">{step.title}</p>
            )}
            {step.says && <div className="text-sm text-ink-2">{step.says}</div>}
          </div>
        </li>
      ))}
    </ol>
  )
}
