// SPDX-License-Identifier: Apache-2.0
import type { Output } from '../../web/client.ts'
import { dayText } from '../../web/dates.ts'
import { A } from '../../web/layout/Page.tsx'
import { paths } from '../../web/paths.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { Note } from '../../web/ui/Text.tsx'
import { capital, count, sentence } from '../../web/words.ts'

type Warning = Output<'system.get'>['warnings'][number]

/** Controls that would have nothing to show in the period, and by how much to move it. */
export function PeriodWarnings({ warnings }: { warnings: readonly Warning[] }) {
  if (warnings.length === 0)
    return <Note tone="pass">Every scheduled control of the set falls inside the period, as far as is known.</Note>
  return (
    <div className="flex flex-col gap-4">
      <p className="prose-line text-ink-2">
        {count(warnings.length, 'scheduled control')} may have nothing to show in this period. Perform them inside it,
        or move the period.
      </p>
      <PlainTable
        label="Controls outside the period"
        rows={warnings}
        rowKey={(row) => row.control_id}
        columns={[
          {
            id: 'control',
            header: 'Control',
            width: '96px',
            cell: (row) => <A to={paths.control(row.control_id)}>{row.control_id}</A>,
          },
          { id: 'title', header: 'Title', cell: (row) => row.title },
          { id: 'frequency', header: 'How often', width: '110px', from: 'sm', cell: (row) => sentence(row.frequency) },
          {
            id: 'nearest',
            header: 'Nearest performance',
            width: '150px',
            from: 'md',
            cell: (row) => (row.nearest ? dayText(row.nearest) : 'None known'),
          },
          {
            id: 'because',
            header: 'What would help',
            from: 'md',
            cell: (row) => (
              <span className="text-ink-2">
                {capital(row.because)}
                {row.shifted &&
                  `; a period from ${dayText(row.shifted.from)} to ${dayText(row.shifted.to)} would hold it`}
              </span>
            ),
          },
        ]}
      />
    </div>
  )
}
