// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { RowOf } from '../../web/client.ts'
import { useRows } from '../../web/operations.ts'
import type { Column } from '../../web/table/column.ts'
import { DataTable } from '../../web/table/DataTable.tsx'
import { CodeBlock, Mono } from '../../web/ui/Code.tsx'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { Empty } from '../../web/ui/Empty.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { Status } from '../../web/ui/Status.tsx'
import { count, shortHash } from '../../web/words.ts'

type Row = RowOf<'ledger.checkpoints'>

const COLUMNS: readonly Column<Row>[] = [
  {
    id: 'size',
    header: 'Leaves',
    width: '110px',
    cell: (row) => <span className="tabular">{row.size.toLocaleString('en')}</span>,
    text: (row) => row.size,
  },
  {
    id: 'added',
    header: 'Added',
    width: '90px',
    from: 'sm',
    cell: (row) => row.added.toLocaleString('en'),
    text: (row) => row.added,
  },
  {
    id: 'at',
    header: 'Signed',
    width: '170px',
    cell: (row) => <Moment at={row.recorded_at} />,
    text: (row) => row.recorded_at,
  },
  {
    id: 'root',
    header: 'Root',
    from: 'md',
    cell: (row) => <Mono full={row.root}>{shortHash(row.root)}</Mono>,
    text: (row) => row.root,
  },
  {
    id: 'stamps',
    header: 'Time-stamps',
    cell: (row) =>
      row.timestamps.length === 0 ? (
        <span className="text-ink-3">None</span>
      ) : (
        <Status state="pass" label={row.timestamps.map((stamp) => stamp.authority).join(', ')} />
      ),
    text: (row) => row.timestamps.map((stamp) => stamp.authority).join(' '),
  },
]

/** Signed heads of the log; whoever keeps one can hold every later tree against it. */
export function Checkpoints() {
  const list = useRows('ledger.checkpoints', {})
  const [open, setOpen] = useState<Row | undefined>(undefined)
  return (
    <>
      <DataTable
        label="checkpoints"
        columns={COLUMNS}
        rows={list}
        rowKey={(row) => String(row.size)}
        onOpen={setOpen}
        empty={<Empty title="No checkpoint yet" says="The first is signed a moment after the first record." />}
      />
      <Dialog
        open={open !== undefined}
        onClose={() => setOpen(undefined)}
        title={`Checkpoint over ${count(open?.size ?? 0, 'leaf', 'leaves')}`}
        says="A signed note. Keep it somewhere Assay cannot reach; every later tree must contain this one."
        wide
      >
        {open && <CodeBlock label="Signed note" text={open.note} />}
      </Dialog>
    </>
  )
}
