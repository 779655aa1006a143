// SPDX-License-Identifier: Apache-2.0
import type { Output } from '../../web/client.ts'
import { A } from '../../web/layout/Page.tsx'
import { paths } from '../../web/paths.ts'
import type { Column } from '../../web/table/column.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { Section } from '../../web/ui/Text.tsx'
import { capital, categoryText, count } from '../../web/words.ts'

type Set = NonNullable<Output<'system.get'>['control_set']>

const COLUMNS: readonly Column<Set['controls'][number]>[] = [
  {
    id: 'control',
    header: 'Control',
    width: '96px',
    cell: (row) => <A to={paths.control(row.control_id)}>{row.control_id}</A>,
  },
  { id: 'title', header: 'Title', cell: (row) => row.title },
  { id: 'category', header: 'Category', width: '150px', from: 'sm', cell: (row) => categoryText(row.category) },
  { id: 'because', header: 'Because it', from: 'md', cell: (row) => <span className="text-ink-2">{row.because}</span> },
]

/** The controls that suit stage, categories and facts, each with its reason; and what the facts take out. */
export function ControlSet({ set }: { set: Set }) {
  return (
    <div className="flex flex-col gap-8">
      <Section
        title={count(set.controls.length, 'control')}
        says="What the stage, the categories and the facts ask for. A person decides which are adopted."
      >
        <PlainTable label="Proposed controls" columns={COLUMNS} rows={set.controls} rowKey={(row) => row.control_id} />
      </Section>
      {set.left_out.length > 0 && (
        <Section title="Left out by a fact">
          <ul className="flex flex-col gap-1">
            {set.left_out.map((row) => (
              <li key={row.control_id}>
                <A to={paths.control(row.control_id)}>{row.control_id}</A>
                <span className="ml-2 text-ink-2">{capital(row.because)}</span>
              </li>
            ))}
          </ul>
        </Section>
      )}
      {set.not_relevant.length > 0 && (
        <Section
          title="Criteria the facts make doubtful"
          says="Leaving a criterion out needs a decision of its own, which the auditor has to accept."
        >
          <ul className="flex flex-col gap-1">
            {set.not_relevant.map((row) => (
              <li key={row.criterion_id}>
                <A to={paths.criterion(row.criterion_id)}>{row.criterion_id}</A>
                <span className="ml-2 text-ink-2">{capital(row.because)}</span>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </div>
  )
}
