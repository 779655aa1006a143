// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from 'react'

/** One column of a list. Widths are CSS; a column without one shares what is left. */
export interface Column<R> {
  readonly id: string
  readonly header: string
  readonly cell: (row: R) => ReactNode
  /** What it sorts and exports by; a column without it does neither. */
  readonly text?: (row: R) => string | number | null
  readonly width?: string
  readonly align?: 'end'
  /** Left out on screens narrower than this. */
  readonly from?: 'sm' | 'md' | 'lg' | 'xl'
  /** Off until the reader chooses it. */
  readonly optional?: boolean
}

export const SHOWN = {
  sm: 'hidden sm:table-cell',
  md: 'hidden md:table-cell',
  lg: 'hidden lg:table-cell',
  xl: 'hidden xl:table-cell',
} as const
export const SHOWN_COL = {
  sm: 'hidden sm:table-column',
  md: 'hidden md:table-column',
  lg: 'hidden lg:table-column',
  xl: 'hidden xl:table-column',
} as const
