// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { RowOf } from '../../web/client.ts'
import { useNeeds, useShell } from '../../web/layout/shell.ts'
import { useAsk } from '../../web/operations.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { Button } from '../../web/ui/Button.tsx'
import { later } from '../../web/ui/later.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { Section } from '../../web/ui/Text.tsx'
import { useNames } from '../people/useNames.tsx'

type Request = RowOf<'checks.exceptionRequests'>

const DecideException = later(async () => (await import('./DecideException.tsx')).DecideException)

/** Exceptions that wait for another person's word; nothing while none does. */
export function ExceptionRequests({ check }: { check: string }) {
  const [deciding, setDeciding] = useState<Request | undefined>(undefined)
  const needs = useNeeds('so_admin', 'compliance_manager', 'executive')
  const { me } = useShell()
  const nameOf = useNames()
  const asked = useAsk('checks.exceptionRequests', { id: check, waiting: true, limit: 200 })
  return (
    <Loaded of={asked} waiting={null}>
      {({ rows }) =>
        rows.length > 0 && (
          <Section
            title="Exceptions asked for"
            says="Nothing is accepted before another person than the one who asks approves it."
          >
            <PlainTable
              label="Exceptions asked for"
              rows={rows}
              rowKey={(row) => row.id}
              empty=""
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
                  header: 'Asked by',
                  width: '180px',
                  from: 'lg',
                  cell: (row) => nameOf(row.requested_by),
                },
                { id: 'until', header: 'Until', width: '180px', cell: (row) => <Moment at={row.valid_to} /> },
                {
                  id: 'do',
                  header: '',
                  width: '90px',
                  align: 'end',
                  cell: (row) => (
                    <Button
                      small
                      because={
                        needs ?? (row.requested_by === me.id ? 'You asked for it; another person decides' : undefined)
                      }
                      onClick={() => setDeciding(row)}
                    >
                      Decide
                    </Button>
                  ),
                },
              ]}
            />
            {deciding && <DecideException request={deciding} onClose={() => setDeciding(undefined)} />}
          </Section>
        )
      }
    </Loaded>
  )
}
