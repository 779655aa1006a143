// SPDX-License-Identifier: Apache-2.0
import type { Output } from '../../web/client.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { Status } from '../../web/ui/Status.tsx'
import { Note, Section } from '../../web/ui/Text.tsx'
import { OutcomeBar, outcomeWords } from './OutcomeBar.tsx'

/** What a text that is not saved would find. */
export function Trial({ trial }: { trial: Output<'checks.try'> }) {
  const counts = { ...trial.counts, excepted: 0, unreachable: 0 }
  return (
    <Section title="What it would find now" says="Nothing was written.">
      {trial.examples.length > 0 && (
        <Note tone="fail">
          <p className="font-medium">Its own examples do not hold:</p>
          <ul className="list-disc pl-5">
            {trial.examples.map((fault) => (
              <li key={fault}>{fault}</li>
            ))}
          </ul>
        </Note>
      )}
      {trial.because && <Note tone="late">{trial.because}</Note>}
      <p>
        {outcomeWords(counts)}
        {trial.counts.not_applicable > 0 && `, ${trial.counts.not_applicable} not applicable`}
        {trial.more && '; there are more subjects than were tried'}
      </p>
      <OutcomeBar counts={counts} />
      <PlainTable
        label="Subjects tried"
        rows={trial.outcomes}
        rowKey={(row) => String(row.subject_id)}
        empty="There are no facts of its kind now."
        columns={[
          { id: 'label', header: 'Subject', cell: (row) => row.label },
          { id: 'status', header: 'Verdict', width: '140px', cell: (row) => <Status state={row.status} /> },
          {
            id: 'because',
            header: 'Because',
            from: 'sm',
            cell: (row) => <span className="text-ink-2">{row.because}</span>,
          },
        ]}
      />
    </Section>
  )
}
