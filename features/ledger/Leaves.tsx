// SPDX-License-Identifier: Apache-2.0
import { useRows } from '../../web/operations.ts'
import { LEAF_KINDS } from '../../proof/leaf.ts'
import type { RowOf } from '../../web/client.ts'
import { useSearchText } from '../../web/search.ts'
import type { Column } from '../../web/table/column.ts'
import { DataTable } from '../../web/table/DataTable.tsx'
import { Filters } from '../../web/table/Filters.tsx'
import { Mono } from '../../web/ui/Code.tsx'
import { Empty } from '../../web/ui/Empty.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { Status } from '../../web/ui/Status.tsx'
import { sentence, shortHash } from '../../web/words.ts'
import { PROOF_LOOKS } from './proof-looks.ts'

type Leaf = RowOf<'ledger.leaves'>

const COLUMNS: readonly Column<Leaf>[] = [
  {
    id: 'index',
    header: 'Leaf',
    width: '84px',
    cell: (row) => <span className="tabular">{row.index === null ? 'waits' : row.index.toLocaleString('en')}</span>,
    text: (row) => row.index,
  },
  {
    id: 'kind',
    header: 'Kind',
    width: '110px',
    from: 'sm',
    cell: (row) => sentence(row.kind),
    text: (row) => row.kind,
  },
  {
    id: 'stream',
    header: 'Stream',
    cell: (row) => (
      <>
        <Mono>{row.stream}</Mono> <span className="text-ink-3">{row.n}</span>
      </>
    ),
    text: (row) => row.stream,
  },
  {
    id: 'claimed',
    header: 'Claimed',
    width: '160px',
    from: 'md',
    cell: (row) => <Moment at={row.claimed_at} />,
    text: (row) => row.claimed_at,
  },
  {
    id: 'recorded',
    header: 'Recorded',
    width: '160px',
    from: 'lg',
    cell: (row) => <Moment at={row.recorded_at} />,
    text: (row) => row.recorded_at,
  },
  {
    id: 'state',
    header: 'Proof',
    width: '140px',
    cell: (row) => <Status state={row.state} tone={PROOF_LOOKS[row.state].tone} label={PROOF_LOOKS[row.state].label} />,
    text: (row) => row.state,
  },
  {
    id: 'late',
    header: 'Late',
    width: '80px',
    from: 'lg',
    cell: (row) => (row.is_late ? <Status state="late" /> : ''),
    text: (row) => (row.is_late ? 'late' : ''),
  },
  {
    id: 'manifest',
    header: 'Manifest',
    width: '150px',
    from: 'xl',
    cell: (row) => <Mono full={row.manifest}>{shortHash(row.manifest)}</Mono>,
    text: (row) => row.manifest,
  },
]

/** Every record of the log, newest first. */
export function Leaves() {
  const [kind] = useSearchText('kind')
  const [open, setOpen] = useSearchText('open')
  const chosen = LEAF_KINDS.find((other) => other === kind)
  const list = useRows('ledger.leaves', chosen ? { kind: chosen } : {})
  return (
    <DataTable
      label="records"
      columns={COLUMNS}
      rows={list}
      rowKey={(row) => row.manifest}
      onOpen={(row) => setOpen(row.manifest)}
      openKey={open}
      filters={
        <Filters
          filters={[
            { name: 'kind', label: 'Kind', choices: LEAF_KINDS.map((value) => ({ value, label: sentence(value) })) },
          ]}
        />
      }
      empty={
        <Empty
          title="No records of this kind"
          says="Each effect that matters is a record here, in the same moment as the effect."
        />
      }
    />
  )
}
