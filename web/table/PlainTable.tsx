// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from 'react'
import { cx } from '../class-names.ts'
import { SHOWN, type Column } from './column.ts'

/** A short table inside a page or drawer: no tools, no scroll of its own, wraps its words. */
export function PlainTable<R>({
  label,
  columns,
  rows,
  rowKey,
  empty,
}: {
  label: string
  columns: readonly Column<R>[]
  rows: readonly R[]
  rowKey: (row: R) => string
  empty?: ReactNode
}) {
  if (rows.length === 0) return <p className="text-ink-3">{empty ?? 'None.'}</p>
  return (
    <table aria-label={label} className="w-full text-sm">
      <thead>
        <tr>
          {columns.map((column) => (
            <th
              key={column.id}
              scope="col"
              {...(column.width ? { style: { width: column.width } } : {})}
              className={cx(
                'h-8 border-b border-line px-2 text-xs font-medium whitespace-nowrap text-ink-3 first:pl-0 last:pr-0',
                column.align === 'end' ? 'text-right' : 'text-left',
                column.from && SHOWN[column.from],
              )}
            >
              {column.header === '' ? <span className="sr-only">Actions</span> : column.header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowKey(row)} className="border-b border-line">
            {columns.map((column) => (
              <td
                key={column.id}
                className={cx(
                  'px-2 py-2 align-top first:pl-0 last:pr-0',
                  column.align === 'end' && 'tabular text-right',
                  column.from && SHOWN[column.from],
                )}
              >
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
