// SPDX-License-Identifier: Apache-2.0
import type { Output, RowOf } from '../../web/client.ts'
import { A } from '../../web/layout/Page.tsx'
import { useRows } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import type { Column } from '../../web/table/column.ts'
import { DataTable } from '../../web/table/DataTable.tsx'
import { Empty } from '../../web/ui/Empty.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { Status } from '../../web/ui/Status.tsx'
import { Section } from '../../web/ui/Text.tsx'

type Run = RowOf<'checks.runs'>
type Stream = Output<'checks.get'>['streams'][number]

const TONES = { judged: 'pass', partial: 'late', inconclusive: 'none' } as const
const LABELS = { judged: 'Judged', partial: 'In part', inconclusive: 'Could not look' } as const

const COLUMNS: readonly Column<Run>[] = [
  { id: 'at', header: 'Judged', width: '160px', cell: (row) => <Moment at={row.at} />, text: (row) => row.at },
  {
    id: 'state',
    header: 'State',
    width: '150px',
    cell: (row) => <Status state={row.state} tone={TONES[row.state]} label={LABELS[row.state]} />,
    text: (row) => row.state,
  },
  {
    id: 'source',
    header: 'Reading',
    from: 'sm',
    cell: (row) => <A to={paths.evidenceItem(row.collection_id)}>{row.source_name ?? 'All sources'}</A>,
    text: (row) => row.source_name,
  },
  {
    id: 'subjects',
    header: 'Subjects',
    width: '90px',
    align: 'end',
    cell: (row) => row.counts.subjects.toLocaleString('en'),
    text: (row) => row.counts.subjects,
  },
  {
    id: 'fail',
    header: 'Fail',
    width: '70px',
    align: 'end',
    cell: (row) => row.counts.fail.toLocaleString('en'),
    text: (row) => row.counts.fail,
  },
  {
    id: 'unknown',
    header: 'Unknown',
    width: '90px',
    align: 'end',
    from: 'md',
    cell: (row) => (row.counts.inconclusive + row.counts.unreachable).toLocaleString('en'),
    text: (row) => row.counts.inconclusive + row.counts.unreachable,
  },
  {
    id: 'because',
    header: 'Why',
    from: 'lg',
    cell: (row) => <span className="text-ink-2">{row.because}</span>,
    text: (row) => row.because,
  },
]

/** Proof that the check operated: each time it was asked, over how many subjects. */
export function Runs({ id, streams }: { id: string; streams: readonly Stream[] }) {
  const list = useRows('checks.runs', { id })
  return (
    <div className="flex flex-col gap-8">
      {streams.length > 0 && (
        <Section title="Sources it waits for">
          <ul className="flex flex-col gap-1.5">
            {streams.map((stream) => (
              <li key={`${stream.source_name}${stream.stream}`} className="flex flex-wrap items-center gap-x-3">
                <Status state={stream.state} tone={TONES[stream.state]} label={LABELS[stream.state]} />
                <span>
                  {stream.source_name ?? 'All sources together'}{' '}
                  {stream.stream && <span className="text-ink-2">{stream.stream}</span>}
                </span>
                <span className="text-sm text-ink-3">
                  {stream.ended ? (
                    'switched off'
                  ) : stream.fresh_until ? (
                    <>
                      good until <Moment at={stream.fresh_until} />
                    </>
                  ) : (
                    'not good yet'
                  )}
                </span>
                {stream.because && <span className="text-sm text-ink-2">{stream.because}</span>}
              </li>
            ))}
          </ul>
        </Section>
      )}
      <DataTable
        label="runs"
        columns={COLUMNS}
        rows={list}
        rowKey={(row) => String(row.id)}
        href={(row) => paths.evidenceItem(row.collection_id)}
        empty={
          <Empty
            title="It has not run yet"
            says="A check runs by itself as soon as a reading of its kind is recorded."
          />
        }
      />
    </div>
  )
}
