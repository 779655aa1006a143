// SPDX-License-Identifier: Apache-2.0
import { daysBetween } from '../../lib/time.ts'
import type { Output } from '../../web/client.ts'
import { dayText } from '../../web/dates.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { Mono } from '../../web/ui/Code.tsx'
import { Tag } from '../../web/ui/Status.tsx'
import { Note, Section } from '../../web/ui/Text.tsx'
import { shortHash } from '../../web/words.ts'
import { useNames } from '../people/useNames.tsx'

type Control = Output<'controls.get'>

/** Whether a version was recorded more than a day after the first day on which it is said to hold. */
const saidLate = (from: string, recorded: string): boolean => daysBetween(from, recorded.slice(0, 10)) > 1

/** What the control said on which days, why it changed, and who answered for it. */
export function Versions({ control }: { control: Control }) {
  const nameOf = useNames()
  return (
    <div className="flex flex-col gap-8">
      {control.uncovered.length > 0 && (
        <Note tone="late">
          Not in effect on some days in between:{' '}
          {control.uncovered.map((gap) => `${dayText(gap.from)} to ${dayText(gap.to)}`).join(', ')}.
        </Note>
      )}
      <Section title="Versions">
        <PlainTable
          label="Versions"
          rows={control.versions}
          rowKey={(row) => String(row.n)}
          empty="The library's text; it becomes version 1 when it is adopted."
          columns={[
            { id: 'n', header: 'Version', width: '80px', cell: (row) => row.n },
            {
              id: 'statement',
              header: 'What it said',
              cell: (row) => (
                <>
                  {row.state === 'out' && <Tag tone="except">Left out</Tag>} {row.statement}
                  <span className="mt-0.5 block text-ink-2">Because: {row.because}</span>
                </>
              ),
            },
            {
              id: 'days',
              header: 'Held',
              width: '200px',
              cell: (row) =>
                row.from === null ? (
                  <span className="text-ink-3">replaced before it began</span>
                ) : (
                  `${dayText(row.from)} to ${row.to ? dayText(row.to) : 'now'}`
                ),
            },
            {
              id: 'by',
              header: 'Said by',
              width: '170px',
              from: 'md',
              cell: (row) => (
                <>
                  {nameOf(row.saved_by)}
                  <span className="block text-sm text-ink-3">
                    <Moment at={row.recorded_at} />
                  </span>
                  {row.from !== null && saidLate(row.from, row.recorded_at) && <Tag tone="late">Said later</Tag>}
                </>
              ),
            },
            {
              id: 'manifest',
              header: 'Ledger leaf',
              width: '130px',
              from: 'lg',
              cell: (row) => <Mono full={row.manifest}>{shortHash(row.manifest)}</Mono>,
            },
          ]}
        />
      </Section>
      <Section title="Owners">
        <PlainTable
          label="Owners"
          rows={control.owners}
          rowKey={(row) => `${row.effective_from} ${row.owner}`}
          empty="Nobody has answered for it yet."
          columns={[
            { id: 'who', header: 'Who', cell: (row) => row.name ?? (row.owner ? nameOf(row.owner) : 'Nobody') },
            { id: 'from', header: 'From', cell: (row) => dayText(row.effective_from) },
            { id: 'by', header: 'Assigned by', from: 'sm', cell: (row) => nameOf(row.assigned_by) },
          ]}
        />
      </Section>
    </div>
  )
}
