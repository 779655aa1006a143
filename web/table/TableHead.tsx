// SPDX-License-Identifier: Apache-2.0
import { ArrowDown, ArrowUp } from 'lucide-react'
import { cx } from '../class-names.ts'
import { SHOWN, type Column } from './column.ts'

interface Props<R> {
  columns: readonly Column<R>[]
  sort: string | undefined
  setSort: (sort: string | undefined) => void
  whole: boolean
  select: boolean
}

/** Column names that stay in sight; a press sorts up, down, and back to the list's own order. */
export function TableHead<R>({ columns, sort, setSort, whole, select }: Props<R>) {
  return (
    <thead className="sticky top-(--below-header) z-10 bg-page print:static">
      <tr>
        {select && (
          <th className="hidden border-b border-line sm:table-cell print:hidden">
            <span className="sr-only">Choose</span>
          </th>
        )}
        {columns.map((column) => {
          const up = sort === column.id
          const down = sort === `-${column.id}`
          const next = up ? `-${column.id}` : down ? undefined : column.id
          return (
            <th
              key={column.id}
              scope="col"
              aria-sort={up ? 'ascending' : down ? 'descending' : undefined}
              className={cx(
                'h-8 border-b border-line px-2 text-xs font-medium whitespace-nowrap text-ink-3 first:pl-0 last:pr-0',
                column.align === 'end' ? 'text-right' : 'text-left',
                column.from && SHOWN[column.from],
              )}
            >
              {column.text && whole ? (
                <button
                  type="button"
                  className="inline-flex items-center gap-1 rounded-sm hover:text-ink"
                  onClick={() => setSort(next)}
                >
                  {column.header}
                  {up && <ArrowUp size={12} aria-hidden="true" />}
                  {down && <ArrowDown size={12} aria-hidden="true" />}
                </button>
              ) : (
                <span
                  title={
                    column.text
                      ? 'Sorting works once the whole list is loaded: scroll to its end or filter it'
                      : undefined
                  }
                >
                  {column.header}
                </span>
              )}
            </th>
          )
        })}
      </tr>
    </thead>
  )
}
