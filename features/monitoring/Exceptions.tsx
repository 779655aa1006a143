// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import { useNeeds } from '../../web/layout/shell.ts'
import { useAsk, useCommand } from '../../web/operations.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { Button } from '../../web/ui/Button.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { SkeletonRows } from '../../web/ui/Skeleton.tsx'
import { Status } from '../../web/ui/Status.tsx'
import { Section } from '../../web/ui/Text.tsx'
import { say } from '../../web/ui/toasts.ts'
import { useNames } from '../people/useNames.tsx'
import { later } from '../../web/ui/later.tsx'
import { ASKERS } from './check-looks.ts'
import { ExceptionRequests } from './ExceptionRequests.tsx'

const ExceptDialog = later(async () => (await import('./ExceptDialog.tsx')).ExceptDialog)

/** Failures that are known and accepted until a date. */
export function Exceptions({ check }: { check: string }) {
  const [adding, setAdding] = useState(false)
  const needs = useNeeds('so_admin', 'compliance_manager')
  const needsToAsk = useNeeds(...ASKERS)
  const nameOf = useNames()
  const asked = useAsk('checks.exceptions', { id: check, limit: 200 })
  const withdraw = useCommand('checks.withdrawException', () => say('The exception has ended'))
  return (
    <div className="flex flex-col gap-8">
      <ExceptionRequests check={check} />
      <Section
        title="Exceptions"
        says="Accepted failures, each with its reason, its compensating control and its end."
        aside={
          <Button small because={needsToAsk} onClick={() => setAdding(true)}>
            Ask for all failures
          </Button>
        }
      >
        <Loaded of={asked} waiting={<SkeletonRows rows={2} />}>
          {({ rows }) => (
            <PlainTable
              label="Exceptions"
              rows={rows}
              rowKey={(row) => row.id}
              empty="No failure of this check was ever accepted."
              columns={[
                { id: 'subject', header: 'Subject', width: '180px', cell: (row) => row.subject ?? 'All subjects' },
                {
                  id: 'because',
                  header: 'Because',
                  cell: (row) => (
                    <>
                      {row.because}
                      <span className="block text-ink-2">Meanwhile: {row.compensating_control}</span>
                    </>
                  ),
                },
                {
                  id: 'who',
                  header: 'Asked and approved by',
                  width: '180px',
                  from: 'lg',
                  cell: (row) => `${nameOf(row.requested_by)}, ${nameOf(row.approved_by)}`,
                },
                {
                  id: 'state',
                  header: 'State',
                  width: '180px',
                  cell: (row) =>
                    row.in_force ? (
                      <>
                        <Status state="excepted" label="In force" />
                        <span className="block text-ink-2">
                          until <Moment at={row.valid_to} />
                        </span>
                      </>
                    ) : row.withdrawn_at ? (
                      'Withdrawn'
                    ) : (
                      'Ended'
                    ),
                },
                {
                  id: 'do',
                  header: '',
                  width: '90px',
                  align: 'end',
                  cell: (row) =>
                    row.in_force && (
                      <Button
                        small
                        weight="danger"
                        because={needs}
                        busy={withdraw.isPending}
                        onClick={() => withdraw.mutate({ exception_id: row.id })}
                      >
                        End now
                      </Button>
                    ),
                },
              ]}
            />
          )}
        </Loaded>
        {adding && <ExceptDialog check={check} onClose={() => setAdding(false)} />}
      </Section>
    </div>
  )
}
