// SPDX-License-Identifier: Apache-2.0
import { Columns3, Download } from 'lucide-react'
import type { ReactNode } from 'react'
import { IconButton } from '../ui/Button.tsx'
import { Menu } from '../ui/Menu.tsx'
import { oneOf } from '../words.ts'
import type { Column } from './column.ts'
import { csvOf, saveFile } from './csv.ts'

interface Props<R> {
  label: string
  columns: readonly Column<R>[]
  rows: readonly R[]
  whole: boolean
  hidden: Readonly<Record<string, boolean>>
  setHidden: (hidden: Readonly<Record<string, boolean>>) => void
  filters: ReactNode
  bulk: ReactNode
  picked: number
}

/** Above the table: filters at the left, how many, columns and export at the right; what can be done to chosen rows. */
export function TableTools<R>({ label, columns, rows, whole, hidden, setHidden, filters, bulk, picked }: Props<R>) {
  return (
    <div className="flex min-h-8 flex-wrap items-center gap-2 print:hidden">
      {bulk ? (
        <div className="flex flex-1 flex-wrap items-center gap-2">
          <span className="tabular font-medium">{picked} chosen</span>
          {bulk}
        </div>
      ) : (
        <div className="flex min-w-0 grow basis-full flex-wrap items-center gap-2 sm:basis-0">{filters}</div>
      )}
      <span className="tabular grow text-sm text-ink-3 sm:grow-0">
        {rows.length.toLocaleString('en')}
        {whole ? '' : ' or more'} {rows.length === 1 && whole ? oneOf(label) : label}
      </span>
      <Menu
        trigger={
          <IconButton says="Choose columns">
            <Columns3 />
          </IconButton>
        }
        entries={[
          {
            kind: 'group',
            label: 'Columns',
            entries: columns.slice(1).map((column) => ({
              kind: 'check',
              label: column.header,
              on: hidden[column.id] !== false,
              onChange: (on) => setHidden({ ...hidden, [column.id]: on }),
            })),
          },
        ]}
      />
      <IconButton
        says={whole ? 'Export as CSV' : `Export the ${rows.length} rows loaded so far as CSV`}
        onClick={() => saveFile(`${label.replaceAll(' ', '-')}.csv`, [csvOf(columns, rows)], 'text/csv')}
      >
        <Download />
      </IconButton>
    </div>
  )
}
