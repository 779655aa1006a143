// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { RowOf } from '../../web/client.ts'
import { dayText } from '../../web/dates.ts'
import { A } from '../../web/layout/Page.tsx'
import { useNeeds } from '../../web/layout/shell.ts'
import { useAsk } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { Button } from '../../web/ui/Button.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { SkeletonRows } from '../../web/ui/Skeleton.tsx'
import { Status } from '../../web/ui/Status.tsx'
import { Section } from '../../web/ui/Text.tsx'
import { useNames } from '../people/useNames.tsx'
import { later } from '../../web/ui/later.tsx'

const AttestDialog = later(async () => (await import('./AttestDialog.tsx')).AttestDialog)

type Row = RowOf<'evidence.attestations'>
const LOOKS = {
  performed: { label: 'Performed', tone: 'pass' },
  not_performed: { label: 'Not performed', tone: 'fail' },
  no_occurrence: { label: 'Nothing occurred', tone: 'idle' },
} as const

/** What people have said was done, in their own words and on named evidence. */
export function Attestations({ control }: { control: string }) {
  const asked = useAsk('evidence.attestations', { control })
  const nameOf = useNames()
  const [attesting, setAttesting] = useState<Row | 'new' | undefined>(undefined)
  const needs = useNeeds('so_admin', 'compliance_manager', 'control_owner', 'executive', 'oversight')
  return (
    <Section
      title="Attestations"
      says="A person's word that the control was performed in a period, with the evidence it rests on."
      aside={
        <Button small weight="primary" because={needs} onClick={() => setAttesting('new')}>
          Attest
        </Button>
      }
    >
      <Loaded of={asked} waiting={<SkeletonRows rows={2} />}>
        {({ rows }) => (
          <PlainTable
            label="Attestations"
            rows={rows}
            rowKey={(row) => row.id}
            empty="Nobody has attested yet."
            columns={[
              {
                id: 'outcome',
                header: 'Outcome',
                width: '150px',
                cell: (row) => <Status state={row.outcome} {...LOOKS[row.outcome]} />,
              },
              {
                id: 'period',
                header: 'Period',
                width: '200px',
                cell: (row) => `${dayText(row.period_from)} to ${dayText(row.period_to)}`,
              },
              {
                id: 'statement',
                header: 'In their words',
                cell: (row) => (
                  <>
                    {row.statement}
                    {row.collection_ids.map((id, i) => (
                      <span key={id} className="ml-2 text-sm">
                        <A to={paths.evidenceItem(id)}>Evidence {i + 1}</A>
                      </span>
                    ))}
                  </>
                ),
              },
              {
                id: 'who',
                header: 'By',
                width: '170px',
                from: 'md',
                cell: (row) => (
                  <>
                    {nameOf(row.attested_by)}
                    <span className="block text-ink-3">
                      <Moment at={row.recorded_at} />
                    </span>
                  </>
                ),
              },
              {
                id: 'do',
                header: '',
                width: '90px',
                align: 'end',
                cell: (row) => (
                  <Button small weight="quiet" because={needs} onClick={() => setAttesting(row)}>
                    Correct
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      {attesting && (
        <AttestDialog
          control={control}
          before={attesting === 'new' ? undefined : attesting}
          onClose={() => setAttesting(undefined)}
        />
      )}
    </Section>
  )
}
