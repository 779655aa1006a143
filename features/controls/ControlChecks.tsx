// SPDX-License-Identifier: Apache-2.0
import { A } from '../../web/layout/Page.tsx'
import { useAsk } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { SkeletonRows } from '../../web/ui/Skeleton.tsx'
import { Status, Tag } from '../../web/ui/Status.tsx'
import { Section } from '../../web/ui/Text.tsx'
import { sentence } from '../../web/words.ts'
import { CHECK_LOOKS } from '../monitoring/check-looks.ts'
import { outcomeWords } from '../monitoring/OutcomeBar.tsx'

/** The automated questions that speak for a control, and why each may. */
export function ControlChecks({ control }: { control: string }) {
  const asked = useAsk('checks.list', { control, limit: 200 })
  return (
    <Section title="Checks" says="A passing check is evidence for the control, never the control itself.">
      <Loaded of={asked} waiting={<SkeletonRows rows={3} />}>
        {({ rows }) => (
          <PlainTable
            label="Checks"
            rows={rows}
            rowKey={(row) => row.id}
            empty="No check speaks for this control; people attest that it is performed."
            columns={[
              { id: 'title', header: 'Check', cell: (row) => <A to={paths.check(row.id)}>{row.title}</A> },
              {
                id: 'state',
                header: 'State',
                width: '140px',
                cell: (row) => <Status state={row.state} {...CHECK_LOOKS[row.state]} />,
              },
              {
                id: 'counts',
                header: 'Subjects',
                width: '180px',
                from: 'sm',
                cell: (row) => (row.state === 'not_set_up' ? 'No source yet' : outcomeWords(row.counts)),
              },
              {
                id: 'why',
                header: 'Why it speaks for it',
                from: 'lg',
                cell: (row) => {
                  const edge = row.controls.find((other) => other.control_id === control)
                  return edge ? (
                    <>
                      <Tag>{sentence(edge.strength)}</Tag> <span className="text-ink-2">{edge.rationale}</span>
                    </>
                  ) : null
                },
              },
            ]}
          />
        )}
      </Loaded>
    </Section>
  )
}
