// SPDX-License-Identifier: Apache-2.0
import type { RowOf } from '../../web/client.ts'
import { useRows } from '../../web/operations.ts'
import { useSearchText, useSearchTexts } from '../../web/search.ts'
import { useNames } from '../people/useNames.tsx'
import type { Column } from '../../web/table/column.ts'
import { DataTable } from '../../web/table/DataTable.tsx'
import { Filters } from '../../web/table/Filters.tsx'
import { Empty } from '../../web/ui/Empty.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { Mono } from '../../web/ui/Code.tsx'

type Row = RowOf<'ledger.audit'>

const TOPICS = [
  'session',
  'account',
  'role',
  'scope',
  'control',
  'evidence',
  'check',
  'connection',
  'policy',
  'task',
  'key',
  'bundle',
]

/** Who did what to which thing, newest first. */
export function AuditTrail() {
  const { topic, subject, actor } = useSearchTexts()
  const [open, setOpen] = useSearchText('open')
  const nameOf = useNames()
  const list = useRows('ledger.audit', {
    ...(topic ? { event: `${topic}.` } : {}),
    ...(subject ? { subject } : {}),
    ...(actor ? { actor } : {}),
  })
  const columns: readonly Column<Row>[] = [
    { id: 'at', header: 'When', width: '160px', cell: (row) => <Moment at={row.at} />, text: (row) => row.at },
    { id: 'actor', header: 'Who', width: '180px', cell: (row) => nameOf(row.actor), text: (row) => nameOf(row.actor) },
    { id: 'event', header: 'What', width: '200px', cell: (row) => eventText(row.event), text: (row) => row.event },
    {
      id: 'subject',
      header: 'To which',
      from: 'sm',
      cell: (row) =>
        row.subject ? <Mono>{row.subject.startsWith('usr_') ? nameOf(row.subject) : row.subject}</Mono> : '',
      text: (row) => row.subject,
    },
    {
      id: 'details',
      header: 'Details',
      from: 'lg',
      cell: (row) => <span className="text-ink-2">{detailsText(row.details)}</span>,
      text: (row) => detailsText(row.details),
    },
  ]
  return (
    <DataTable
      label="events"
      columns={columns}
      rows={list}
      rowKey={(row) => row.manifest}
      onOpen={(row) => setOpen(row.manifest)}
      openKey={open}
      filters={
        <Filters
          filters={[{ name: 'topic', label: 'About', choices: TOPICS.map((value) => ({ value, label: value })) }]}
        />
      }
      empty={
        <Empty
          title="No events like these"
          says="Every sign-in, permission, change and look at a file is written here."
        />
      }
    />
  )
}

/** `control.adopted` as `Control adopted`. */
const eventText = (event: string): string => {
  const words = event.replaceAll('.', ' ').replaceAll('_', ' ').replaceAll('-', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const detailsText = (details: Row['details']): string =>
  Object.entries(details)
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${String(value)}`)
    .join(', ')
