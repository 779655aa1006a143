// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from 'react'

/** Nothing here yet: says why, and what to do next, and does it. */
export function Empty({
  title,
  says,
  children,
  icon,
}: {
  title: string
  says: ReactNode
  children?: ReactNode
  icon?: ReactNode
}) {
  return (
    <div className="flex flex-col items-start gap-1 rounded border border-dashed border-line-strong px-6 py-8">
      {icon && <div className="mb-2 text-ink-3 [&_svg]:size-5">{icon}</div>}
      <p className="font-medium">{title}</p>
      <p className="prose-line text-ink-2">{says}</p>
      {children && <div className="mt-3 flex flex-wrap gap-2">{children}</div>}
    </div>
  )
}
