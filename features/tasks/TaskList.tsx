// SPDX-License-Identifier: Apache-2.0
import type { RowOf } from '../../web/client.ts'
import type { Rows } from '../../web/operations.ts'
import type { Column } from '../../web/table/column.ts'
import { DataTable } from '../../web/table/DataTable.tsx'
import { Filters } from '../../web/table/Filters.tsx'
import { DueDay } from '../../web/ui/DueDay.tsx'
import { Empty } from '../../web/ui/Empty.tsx'
import { Status } from '../../web/ui/Status.tsx'
import { sentence } from '../../web/words.ts'
import { SEVERITIES, TASK_LOOKS, TASK_STATES, TASK_TYPES } from './task-looks.ts'

type Row = RowOf<'tasks.list'>

const COLUMNS: readonly Column<Row>[] = [
  { id: 'title', header: 'Task', cell: (row) => row.title, text: (row) => row.title },
  {
    id: 'type',
    header: 'Kind',
    width: '160px',
    from: 'md',
    cell: (row) => TASK_TYPES[row.type] ?? row.type,
    text: (row) => row.type,
  },
  {
    id: 'severity',
    header: 'Severity',
    width: '90px',
    from: 'sm',
    cell: (row) => sentence(row.severity),
    text: (row) => SEVERITIES.indexOf(row.severity),
  },
  {
    id: 'state',
    header: 'State',
    width: '120px',
    from: 'sm',
    cell: (row) => <Status state={row.state} {...TASK_LOOKS[row.state]} />,
    text: (row) => TASK_STATES.indexOf(row.state),
  },
  {
    id: 'owner',
    header: 'Owner',
    width: '130px',
    from: 'md',
    cell: (row) => row.owner_name ?? <span className="text-ink-3">Nobody</span>,
    text: (row) => row.owner_name,
  },
  {
    id: 'due',
    header: 'Due',
    width: '125px',
    cell: (row) => <DueDay on={row.due_on} late={row.overdue} />,
    text: (row) => row.due_on,
  },
  {
    id: 'about',
    header: 'About',
    width: '80px',
    from: 'lg',
    cell: (row) => row.control_id ?? row.criterion_id ?? row.policy_id ?? '–',
    text: (row) => row.control_id ?? row.criterion_id ?? row.policy_id,
  },
]

export function TaskList({
  list,
  open,
  onOpen,
}: {
  list: Rows<Row>
  open: string | undefined
  onOpen: (id: string) => void
}) {
  return (
    <DataTable
      label="tasks"
      columns={COLUMNS}
      rows={list}
      rowKey={(row) => row.id}
      onOpen={(row) => onOpen(row.id)}
      openKey={open}
      filters={
        <Filters
          search="Search tasks"
          filters={[
            { name: 'owner', label: 'Owner', choices: [{ value: 'me', label: 'Mine' }] },
            {
              name: 'state',
              label: 'State',
              choices: TASK_STATES.map((value) => ({ value, label: TASK_LOOKS[value].label })),
            },
            {
              name: 'severity',
              label: 'Severity',
              choices: SEVERITIES.map((value) => ({ value, label: sentence(value) })),
            },
            {
              name: 'type',
              label: 'Kind',
              choices: Object.entries(TASK_TYPES).map(([value, label]) => ({ value, label })),
            },
          ]}
        />
      }
      empty={
        <Empty
          title="Nothing to do here"
          says="Gaps become tasks by themselves and close by themselves when their cause is gone. Other work can be noted."
        />
      }
    />
  )
}
