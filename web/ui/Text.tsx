// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from 'react'
import { cx } from '../class-names.ts'

/** The page's answer in one sentence, above everything. */
export function Answer({ children }: { children: ReactNode }) {
  return <p className="prose-line text-lg text-ink [&_b]:font-semibold">{children}</p>
}

/** A part of a page under its own heading; a hairline, not a box. */
export function Section({
  title,
  says,
  aside,
  children,
  className,
}: {
  title: ReactNode
  says?: ReactNode
  aside?: ReactNode
  children: ReactNode
  className?: string
}) {
  return (
    <section className={cx('flex flex-col gap-3', className)}>
      <div className="flex flex-wrap items-end justify-between gap-x-4 gap-y-2">
        <div>
          <h2 className="text-lg font-semibold">{title}</h2>
          {says && <p className="prose-line mt-0.5 text-sm text-ink-2">{says}</p>}
        </div>
        {aside && <div className="flex flex-wrap gap-2">{aside}</div>}
      </div>
      {children}
    </section>
  )
}

/** Names and values in two columns. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="grid grid-cols-[minmax(96px,max-content)_1fr] gap-x-6 gap-y-1.5">{children}</dl>
}
export function Fact({ name, children }: { name: ReactNode; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-3">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  )
}

/** A remark that is not an error: tinted, with its mark. */
export function Note({
  tone = 'late',
  children,
}: {
  tone?: 'late' | 'except' | 'none' | 'fail' | 'pass'
  children: ReactNode
}) {
  const looks = {
    late: 'bg-late-soft text-late-text',
    except: 'bg-except-soft text-except-text',
    none: 'bg-none-soft text-none-text',
    fail: 'bg-fail-soft text-fail-text',
    pass: 'bg-pass-soft text-pass-text',
  } as const
  return <div className={cx('rounded px-3 py-2 text-base', looks[tone])}>{children}</div>
}
