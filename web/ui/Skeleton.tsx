// SPDX-License-Identifier: Apache-2.0
import { cx } from '../class-names.ts'

/** Grey shapes where the answer will be; invisible for the first 300 ms. */
export function Skeleton({ className }: { className?: string }) {
  return <div className={cx('skeleton', className ?? 'h-5')} />
}

const WIDTHS = ['w-2/3', 'w-1/2', 'w-3/5', 'w-2/5', 'w-3/4', 'w-1/2'] as const

/** As many rows as the list is likely to have. */
export function SkeletonRows({ rows = 8 }: { rows?: number }) {
  return (
    <div aria-hidden="true" className="flex flex-col">
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} className="flex h-9 items-center border-b border-line">
          <div className={cx('skeleton h-3', WIDTHS[i % WIDTHS.length])} />
        </div>
      ))}
    </div>
  )
}

/** A page that is not there yet: a sentence, a picture, a table. */
export function SkeletonPage() {
  return (
    <div aria-busy="true" className="flex flex-col gap-4">
      <span className="sr-only">Loading</span>
      <Skeleton className="h-6 w-2/3" />
      <Skeleton className="h-24 w-full" />
      <SkeletonRows />
    </div>
  )
}
