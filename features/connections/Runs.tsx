// SPDX-License-Identifier: Apache-2.0
import type { RowOf } from '../../web/client.ts'
import { useRows } from '../../web/operations.ts'
import { useSearchText } from '../../web/search.ts'
import type { Column } from '../../web/table/column.ts'
import { DataTable } from '../../web/table/DataTable.tsx'
import { Drawer } from '../../web/ui/Drawer.tsx'
import { Empty } from '../../web/ui/Empty.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { Status } from '../../web/ui/Status.tsx'
import { useNames } from '../people/useNames.tsx'
import { RUN_LOOKS } from './health-looks.ts'
import { RunView } from './RunView.tsx'

type Run = RowOf<'connections.runs'>

/** Each run, announced in the ledger before it started, so that one without a result shows. */
export function Runs({ id }: { id: string }) {
  const list = useRows('connections.runs', { id }, 50)
  const nameOf = useNames()
  const [open, setOpen] = useSearchText('run')
  const run = list.rows.find((row) => row.id === open)
  const columns: readonly Column<Run>[] = [
    {
      id: 'at',
      header: 'Asked',
      width: '170px',
      cell: (row) => <Moment at={row.requested_at} />,
      text: (row) => row.requested_at,
    },
    {
      id: 'state',
      header: 'State',
      width: '120px',
      cell: (row) => <Status state={row.state} {...RUN_LOOKS[row.state]} />,
      text: (row) => row.state,
    },
    {
      id: 'by',
      header: 'By',
      width: '150px',
      from: 'md',
      cell: (row) => (row.trigger === 'schedule' ? 'Schedule' : nameOf(row.requested_by)),
      text: (row) => (row.trigger === 'schedule' ? 'Schedule' : nameOf(row.requested_by)),
    },
    {
      id: 'brought',
      header: 'Brought',
      from: 'sm',
      cell: (row) => brought(row),
      text: (row) => brought(row),
    },
    {
      id: 'because',
      header: 'Trouble',
      from: 'lg',
      cell: (row) => <span className="text-fail-text">{troubleOf(row)}</span>,
      text: (row) => troubleOf(row),
    },
  ]
  return (
    <>
      <DataTable
        label="runs"
        columns={columns}
        rows={list}
        rowKey={(row) => row.id}
        onOpen={(row) => setOpen(row.id)}
        openKey={open}
        empty={<Empty title="No run yet" says="The first starts as soon as the system is connected." />}
      />
      <Drawer open={run !== undefined} onClose={() => setOpen(undefined)} title="Run">
        {run && <RunView run={run} />}
      </Drawer>
    </>
  )
}

function brought(run: Run): string {
  if (run.state === 'queued' || run.state === 'running') return 'On its way'
  const facts = run.streams.reduce((sum, stream) => sum + stream.collected, 0)
  const whole = run.streams.filter((stream) => stream.outcome === 'complete').length
  return run.streams.length === 0
    ? 'Nothing'
    : `${facts.toLocaleString('en')} facts, ${whole} of ${run.streams.length} streams whole`
}

const troubleOf = (run: Run): string => run.because ?? run.streams.find((stream) => stream.why !== null)?.why ?? ''
