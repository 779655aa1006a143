// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router'
import type { KeyboardEvent, MouseEvent, ReactNode } from 'react'
import { cx } from '../class-names.ts'
import { SHOWN, type Column } from './column.ts'

interface Props<R> {
  row: R
  id: string
  index: number
  columns: readonly Column<R>[]
  href: ((row: R) => string) | undefined
  onOpen: ((row: R) => void) | undefined
  open: boolean
  chosen: boolean | undefined
  onChoose: (id: string) => void
  /** Told of the row, where rows differ in height. */
  measure: ((row: HTMLTableRowElement | null) => void) | undefined
  reveal: (index: number) => void
}

/** One row: its first cell is the link, arrows go up and down, Enter and a click open it, a modifier opens a tab. */
export function TableRow<R>(props: Props<R>) {
  const { row, id, index, columns, href, onOpen, open, chosen, onChoose, measure, reveal } = props
  const openable = href !== undefined || onOpen !== undefined
  return (
    <tr
      ref={measure}
      aria-rowindex={index + 2}
      data-row={index}
      className={cx(
        'h-9 border-b border-line',
        openable && 'cursor-pointer',
        open ? 'bg-accent-soft' : openable && 'hover:bg-hover',
      )}
      onClick={(event) => {
        if (!openable || isControl(event)) return
        event.currentTarget.querySelector<HTMLElement>('[data-row-link]')?.click()
      }}
      onKeyDown={(event) => move(event, index, reveal)}
    >
      {chosen !== undefined && (
        <td className="hidden pl-1 sm:table-cell print:hidden">
          <input
            type="checkbox"
            aria-label={`Choose row ${index + 1}`}
            checked={chosen}
            onChange={() => onChoose(id)}
            className="size-4 accent-accent align-middle"
          />
        </td>
      )}
      {columns.map((column, i) => (
        <td
          key={column.id}
          className={cx(
            'overflow-hidden px-2 py-1.5 text-ellipsis whitespace-nowrap first:pl-0 last:pr-0',
            column.align === 'end' && 'tabular text-right',
            column.from && SHOWN[column.from],
          )}
        >
          {i === 0 && openable ? (
            <RowLink href={href?.(row)} open={onOpen && (() => onOpen(row))}>
              {column.cell(row)}
            </RowLink>
          ) : (
            column.cell(row)
          )}
        </td>
      ))}
    </tr>
  )
}

function RowLink({
  href,
  open,
  children,
}: {
  href: string | undefined
  open: (() => void) | undefined
  children: ReactNode
}) {
  const look = 'block max-w-full truncate rounded-sm text-left text-ink -outline-offset-1'
  if (href === undefined)
    return (
      <button type="button" data-row-link className={look} onClick={open}>
        {children}
      </button>
    )
  return (
    <Link
      to={href}
      data-row-link
      className={look}
      onClick={(event) => {
        if (!open || event.metaKey || event.ctrlKey || event.shiftKey) return
        event.preventDefault()
        open()
      }}
    >
      {children}
    </Link>
  )
}

const isControl = (event: MouseEvent): boolean =>
  event.target instanceof Element && event.target.closest('a, button, input, select, label, [role="button"]') !== null

function move(event: KeyboardEvent<HTMLTableRowElement>, index: number, reveal: (index: number) => void): void {
  const step =
    event.key === 'ArrowDown' || event.key === 'j' ? 1 : event.key === 'ArrowUp' || event.key === 'k' ? -1 : 0
  if (step === 0 || event.target instanceof HTMLInputElement) return
  event.preventDefault()
  const body = event.currentTarget.parentElement
  const focus = (): boolean => {
    const link = body?.querySelector<HTMLElement>(`[data-row="${index + step}"] [data-row-link]`)
    link?.focus()
    return link !== null && link !== undefined
  }
  if (!focus() && index + step >= 0) {
    reveal(index + step)
    requestAnimationFrame(() => requestAnimationFrame(focus))
  }
}
