// SPDX-License-Identifier: Apache-2.0
import type { Output } from '../../web/client.ts'
import { A } from '../../web/layout/Page.tsx'
import { paths } from '../../web/paths.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { DueDay } from '../../web/ui/DueDay.tsx'
import { Section } from '../../web/ui/Text.tsx'
import { sentence } from '../../web/words.ts'

type Gap = Output<'readiness.criterion'>['gaps'][number]

/** Open gaps as tasks, each with its kind, weight and date. */
export function Gaps({ gaps }: { gaps: readonly Gap[] }) {
  return (
    <Section title="Open gaps">
      <PlainTable
        label="Open gaps"
        rows={gaps}
        rowKey={(row) => row.id}
        empty="None."
        columns={[
          {
            id: 'title',
            header: 'Gap',
            cell: (row) => (
              <A to={paths.tasks} search={{ open: row.id }}>
                {row.title}
              </A>
            ),
          },
          { id: 'kind', header: 'Kind', width: '170px', from: 'sm', cell: (row) => sentence(row.type) },
          { id: 'severity', header: 'Severity', width: '100px', from: 'md', cell: (row) => sentence(row.severity) },
          {
            id: 'due',
            header: 'Due',
            width: '130px',
            cell: (row) => <DueDay on={row.due_on} />,
          },
        ]}
      />
    </Section>
  )
}
