// SPDX-License-Identifier: Apache-2.0
import { useMemo } from 'react'
import type { Output, RowOf } from '../../web/client.ts'
import { useRows } from '../../web/operations.ts'
import { useSearchText, useSearchTexts } from '../../web/search.ts'
import type { Column } from '../../web/table/column.ts'
import { DataTable } from '../../web/table/DataTable.tsx'
import { Filters } from '../../web/table/Filters.tsx'
import { Drawer } from '../../web/ui/Drawer.tsx'
import { Empty } from '../../web/ui/Empty.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { Status } from '../../web/ui/Status.tsx'
import { lookOf } from '../../web/ui/tone.ts'
import { later } from '../../web/ui/later.tsx'
import { reasonFor } from './reason.ts'

const OutcomeView = later(async () => (await import('./OutcomeView.tsx')).OutcomeView)

type Row = RowOf<'checks.outcomes'>
const STATUSES = ['fail', 'inconclusive', 'excepted', 'pass', 'not_applicable'] as const

const columnsOf = (says: string): readonly Column<Row>[] => [
  { id: 'label', header: 'Subject', cell: (row) => row.label, text: (row) => row.label },
  {
    id: 'status',
    header: 'Verdict',
    width: '125px',
    cell: (row) => <Status state={row.status} />,
    text: (row) => STATUSES.indexOf(row.status),
  },
  {
    id: 'because',
    header: 'Because',
    from: 'md',
    cell: (row) => <span className="text-ink-2">{row.because && reasonFor(row.because, says)}</span>,
    text: (row) => row.because && reasonFor(row.because, says),
  },
  {
    id: 'source',
    header: 'Source',
    width: '160px',
    from: 'lg',
    cell: (row) => row.source_name,
    text: (row) => row.source_name,
  },
  {
    id: 'since',
    header: 'Since',
    width: '150px',
    from: 'sm',
    cell: (row) => <Moment at={row.since} />,
    text: (row) => row.since,
  },
]

/** The subjects of a check, the worst first; a row opens why. */
export function Outcomes({ check }: { check: Output<'checks.get'> }) {
  const texts = useSearchTexts()
  const [open, setOpen] = useSearchText('subject')
  const columns = useMemo(() => columnsOf(check.says), [check.says])
  const status = STATUSES.find((other) => other === texts['status'])
  const list = useRows('checks.outcomes', {
    id: check.id,
    ...(status ? { status } : {}),
    ...(texts['q'] ? { search: texts['q'] } : {}),
  })
  return (
    <>
      <DataTable
        label="subjects"
        columns={columns}
        rows={list}
        rowKey={(row) => String(row.subject_id)}
        onOpen={(row) => setOpen(String(row.subject_id))}
        openKey={open}
        filters={
          <Filters
            search="Search subjects"
            filters={[
              {
                name: 'status',
                label: 'Verdict',
                choices: STATUSES.map((value) => ({ value, label: lookOf(value).label })),
              },
            ]}
          />
        }
        empty={
          <Empty
            title="No subjects"
            says="Nothing of this kind was found at the dates of the page, or a filter hides it."
          />
        }
      />
      <Drawer open={open !== undefined} onClose={() => setOpen(undefined)} title="Why this verdict" says={check.title}>
        {open && <OutcomeView check={check.id} subject={Number(open)} />}
      </Drawer>
    </>
  )
}
