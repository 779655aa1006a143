// SPDX-License-Identifier: Apache-2.0
import {
  columnVisibilityFeature,
  createSortedRowModel,
  rowSortingFeature,
  sortFns,
  tableFeatures,
  useTable,
  type ColumnDef,
  type SortingState,
} from '@tanstack/react-table'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import type { Rows } from '../operations.ts'
import { useSearchText } from '../search.ts'
import { SkeletonRows } from '../ui/Skeleton.tsx'
import { Trouble } from '../ui/Trouble.tsx'
import { SHOWN_COL, type Column } from './column.ts'
import { TableHead } from './TableHead.tsx'
import { TableRow } from './TableRow.tsx'
import { TableTools } from './TableTools.tsx'
import { useNarrow, usePrinting } from '../media.ts'

const ROW_PX = 36
const features = tableFeatures({
  rowSortingFeature,
  columnVisibilityFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns,
})

interface Props<R> {
  /** What the rows are, in the plural: "controls"; names the table and the export. */
  label: string
  columns: readonly Column<R>[]
  rows: Rows<R> | readonly R[]
  rowKey: (row: R) => string
  /** The row's own page. */
  href?: (row: R) => string
  /** Opens the row in the drawer; without it a click follows `href`. */
  onOpen?: (row: R) => void
  openKey?: string | undefined
  /** Shown instead of an empty table. */
  empty: ReactNode
  filters?: ReactNode
  /** Buttons for the chosen rows; with it rows can be chosen. */
  bulk?: (chosen: readonly R[], clear: () => void) => ReactNode
}

/** The one table: virtual rows, sticky header, sort in the URL, next page fetched on scroll, all by keyboard. */
export function DataTable<R extends object>(props: Props<R>) {
  const { label, columns, rowKey, empty, filters, bulk } = props
  const list = 'rows' in props.rows ? props.rows : wholeList(props.rows)
  const [sort, setSort] = useSearchText('sort')
  const [hidden, setHidden] = useState<Readonly<Record<string, boolean>>>({})
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const sorting = useMemo(() => sortingOf(sort, list.whole), [sort, list.whole])
  const definitions = useMemo(() => columns.map(definitionOf), [columns])
  const visibility = useMemo(() => visibilityOf(columns, hidden), [columns, hidden])
  const table = useTable({
    features,
    columns: definitions,
    data: list.rows as R[],
    getRowId: rowKey,
    state: { sorting, columnVisibility: visibility },
    onSortingChange: () => undefined,
    onColumnVisibilityChange: () => undefined,
  })
  const sorted = table.getRowModel().rows
  const body = useRef<HTMLTableSectionElement>(null)
  const printing = usePrinting()
  const narrow = useNarrow()
  const [margin, setMargin] = useState(0)
  // What stands above the table may grow at any time; measuring is one read, and the state changes only when it moved.
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- after every render, see above; it settles at the first repeat
  useLayoutEffect(() => {
    const top = body.current?.getBoundingClientRect().top
    if (top !== undefined && Math.abs(top + window.scrollY - margin) > 1) setMargin(top + window.scrollY)
  })
  const virtual = useWindowVirtualizer({
    count: sorted.length,
    estimateSize: () => ROW_PX,
    overscan: printing ? sorted.length : 12,
    scrollMargin: margin,
    indexAttribute: 'data-row',
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (last >= sorted.length - 30) list.more()
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `list` is new at each render; only scrolling and growth ask for more
  }, [last, sorted.length])
  const shown = columns.filter((column) => visibility[column.id] !== false)
  const before = (items[0]?.start ?? margin) - margin
  const after = Math.max(0, virtual.getTotalSize() - ((items.at(-1)?.end ?? margin) - margin))
  const picked = list.rows.filter((row) => chosen.has(rowKey(row)))
  const toggle = (key: string): void => setChosen((old) => toggled(old, key))

  if (list.error) return <Trouble error={list.error} retry={list.retry} />
  return (
    <div className="flex flex-col gap-2">
      <TableTools
        label={label}
        columns={columns}
        rows={sorted.map((row) => row.original)}
        whole={list.whole}
        hidden={visibility}
        setHidden={setHidden}
        filters={filters}
        bulk={bulk && picked.length > 0 ? bulk(picked, () => setChosen(new Set())) : undefined}
        picked={picked.length}
      />
      {list.loading ? (
        <SkeletonRows />
      ) : sorted.length === 0 ? (
        empty
      ) : (
        <table
          className="w-full table-fixed text-sm"
          aria-label={label}
          aria-rowcount={list.whole ? sorted.length + 1 : -1}
        >
          <colgroup>
            {bulk && <col className="hidden w-9 sm:table-column print:hidden" />}
            {shown.map((column) => (
              <col
                key={column.id}
                {...(column.width ? { style: { width: column.width } } : {})}
                {...(column.from ? { className: SHOWN_COL[column.from] } : {})}
              />
            ))}
          </colgroup>
          <TableHead columns={shown} sort={sort} setSort={setSort} whole={list.whole} select={Boolean(bulk)} />
          <tbody ref={body}>
            {before > 0 && <Spacer height={before} />}
            {items.map((item) => {
              const row = sorted[item.index]
              return row ? (
                <TableRow
                  key={row.id}
                  row={row.original}
                  id={row.id}
                  index={item.index}
                  columns={shown}
                  href={props.href}
                  onOpen={props.onOpen}
                  open={props.openKey === row.id}
                  chosen={bulk ? chosen.has(row.id) : undefined}
                  onChoose={toggle}
                  measure={narrow ? virtual.measureElement : undefined}
                  reveal={(index) => virtual.scrollToIndex(index)}
                />
              ) : null
            })}
            {after > 0 && <Spacer height={after} />}
          </tbody>
        </table>
      )}
      {list.fetching && <p className="text-sm text-ink-3">Fetching more…</p>}
    </div>
  )
}

function Spacer({ height }: { height: number }) {
  return <tr aria-hidden="true" style={{ height }} />
}

function definitionOf<R extends object>(column: Column<R>): ColumnDef<typeof features, R> {
  return {
    id: column.id,
    header: column.header,
    accessorFn: (row: R) => column.text?.(row) ?? undefined,
    sortFn: 'alphanumeric',
    sortUndefined: 'last',
    enableSorting: column.text !== undefined,
  }
}

const sortingOf = (sort: string | undefined, whole: boolean): SortingState =>
  sort === undefined || !whole ? [] : [{ id: sort.replace(/^-/, ''), desc: sort.startsWith('-') }]

const visibilityOf = <R,>(columns: readonly Column<R>[], hidden: Readonly<Record<string, boolean>>) =>
  Object.fromEntries(columns.map((column) => [column.id, hidden[column.id] ?? column.optional !== true]))

function toggled(old: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(old)
  if (!next.delete(key)) next.add(key)
  return next
}

const wholeList = <R,>(rows: readonly R[]): Rows<R> => ({
  rows,
  whole: true,
  more: () => undefined,
  fetching: false,
  loading: false,
  error: null,
  retry: () => undefined,
})
