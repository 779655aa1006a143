// SPDX-License-Identifier: Apache-2.0
import { Plus } from 'lucide-react'
import type { RowOf } from '../../web/client.ts'
import { Page } from '../../web/layout/Page.tsx'
import { useRows } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import type { Column } from '../../web/table/column.ts'
import { DataTable } from '../../web/table/DataTable.tsx'
import { ButtonLink } from '../../web/ui/Button.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { Status } from '../../web/ui/Status.tsx'
import { Answer } from '../../web/ui/Text.tsx'
import { count, listed } from '../../web/words.ts'
import { everyText, HEALTH_LOOKS } from './health-looks.ts'
import { SourceStep } from './SourceStep.tsx'

type Row = RowOf<'connections.list'>

const COLUMNS: readonly Column<Row>[] = [
  { id: 'name', header: 'Connection', cell: (row) => row.name, text: (row) => row.name },
  {
    id: 'health',
    header: 'State',
    width: '140px',
    cell: (row) => <Status state={row.health} {...HEALTH_LOOKS[row.health]} />,
    text: (row) => row.health,
  },
  {
    id: 'reaches',
    header: 'Reaches',
    from: 'md',
    cell: (row) => <span className="text-ink-2">{row.reaches.join(', ')}</span>,
    text: (row) => row.reaches.join(', '),
  },
  {
    id: 'connector',
    header: 'Kind',
    width: '130px',
    from: 'lg',
    cell: (row) => row.connector_title,
    text: (row) => row.connector_title,
  },
  {
    id: 'read',
    header: 'Last read',
    width: '160px',
    from: 'sm',
    cell: (row) => (row.last_read_at ? <Moment at={row.last_read_at} /> : 'Never'),
    text: (row) => row.last_read_at,
  },
  {
    id: 'every',
    header: 'How often',
    width: '120px',
    from: 'lg',
    cell: (row) => (row.enabled ? everyText(row.every_hours) : 'Off'),
    text: (row) => row.every_hours,
  },
]

/** The systems Assay reads, and how that goes. */
export function ConnectionsPage() {
  const list = useRows('connections.list', {}, 200)
  return (
    <Page
      title="Connections"
      actions={
        <ButtonLink to={paths.newConnection} weight="primary">
          <Plus /> Connect a system
        </ButtonLink>
      }
    >
      {list.rows.length > 0 && <Standing rows={list.rows} />}
      <DataTable
        label="connections"
        columns={COLUMNS}
        rows={list}
        rowKey={(row) => row.id}
        href={(row) => paths.connection(row.id)}
        empty={
          <SourceStep says="Nothing is connected yet. Connect a first source, and its evidence is judged within a minute." />
        }
      />
    </Page>
  )
}

function Standing({ rows }: { rows: readonly Row[] }) {
  const on = rows.filter((row) => row.enabled)
  const good = on.filter((row) => row.health === 'ok' || row.health === 'reading' || row.health === 'new').length
  const parts = (['failing', 'silent', 'incomplete'] as const)
    .map((health) => ({ health, n: on.filter((row) => row.health === health).length }))
    .filter(({ n }) => n > 0)
    .map(({ health, n }) => `${n} ${HEALTH_LOOKS[health].label.toLowerCase()}`)
  return (
    <Answer>
      <b>
        {good} of {count(on.length, 'connection')}
      </b>{' '}
      {good === 1 ? 'delivers' : 'deliver'}
      {parts.length > 0 ? `; ${listed(parts)}` : ''}. Days on which a source delivers nothing are gaps, never passes.
    </Answer>
  )
}
