// SPDX-License-Identifier: Apache-2.0
import type { RowOf } from '../../web/client.ts'
import type { Rows } from '../../web/operations.ts'
import { Button } from '../../web/ui/Button.tsx'
import { DueDay } from '../../web/ui/DueDay.tsx'
import { Mark } from '../../web/ui/Mark.tsx'
import { SkeletonRows } from '../../web/ui/Skeleton.tsx'
import { Trouble } from '../../web/ui/Trouble.tsx'
import { sentence } from '../../web/words.ts'
import { TASK_LOOKS, TASK_TYPES } from './task-looks.ts'

type Row = RowOf<'tasks.list'>
const COLUMNS = ['open', 'planned', 'in_progress', 'ready_for_verification', 'accepted'] as const
/** More than this in one column is read better as a list. */
const MOST = 30

/** Unfinished tasks by state. */
export function TaskBoard({ list, onOpen }: { list: Rows<Row>; onOpen: (id: string) => void }) {
  if (list.error) return <Trouble error={list.error} retry={list.retry} />
  if (list.loading) return <SkeletonRows />
  return (
    <div className="-mx-4 grid auto-cols-[minmax(220px,1fr)] grid-flow-col gap-4 overflow-x-auto px-4 pb-2 sm:-mx-6 sm:px-6">
      {COLUMNS.map((state) => {
        const rows = list.rows.filter((row) => row.state === state)
        return (
          <section key={state} aria-label={TASK_LOOKS[state].label} className="flex min-w-0 flex-col gap-2">
            <h2 className="flex items-center gap-1.5 border-b border-line pb-2 text-base font-semibold">
              <Mark tone={TASK_LOOKS[state].tone} />
              {TASK_LOOKS[state].label}
              <span className="tabular font-normal text-ink-3">{rows.length}</span>
            </h2>
            {rows.slice(0, MOST).map((row) => (
              <Card key={row.id} row={row} onOpen={() => onOpen(row.id)} />
            ))}
            {rows.length > MOST && <p className="text-sm text-ink-3">{rows.length - MOST} more; see the list</p>}
            {rows.length === 0 && <p className="py-2 text-sm text-ink-3">None</p>}
          </section>
        )
      })}
      {!list.whole && (
        <Button weight="quiet" onClick={list.more}>
          Load more
        </Button>
      )}
    </div>
  )
}

function Card({ row, onOpen }: { row: Row; onOpen: () => void }) {
  return (
    <button
      type="button"
      className="flex flex-col gap-1 rounded border border-line bg-surface px-3 py-2 text-left hover:border-line-strong hover:bg-hover"
      onClick={onOpen}
    >
      <span className="line-clamp-3">{row.title}</span>
      <span className="text-xs text-ink-3">
        {TASK_TYPES[row.type] ?? row.type}, {sentence(row.severity).toLowerCase()}
      </span>
      <span className="flex items-center justify-between gap-2 text-xs text-ink-2">
        {row.owner_name ?? 'Nobody'}
        <DueDay on={row.due_on} late={row.overdue} />
      </span>
    </button>
  )
}
