// SPDX-License-Identifier: Apache-2.0
import type { Output } from '../../web/client.ts'
import { useNeeds } from '../../web/layout/shell.ts'
import { useCommand } from '../../web/operations.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { Button } from '../../web/ui/Button.tsx'
import { Mono } from '../../web/ui/Code.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { Status } from '../../web/ui/Status.tsx'
import { Section } from '../../web/ui/Text.tsx'
import { say } from '../../web/ui/toasts.ts'
import { Trouble } from '../../web/ui/Trouble.tsx'
import { PROBE_LOOKS } from './health-looks.ts'

/** What the system granted, what it denied, and what is more than reading needs. */
export function Permissions({ connection }: { connection: Output<'connections.get'> }) {
  const because = useNeeds('so_admin', 'compliance_manager')
  const probe = useCommand('connections.probe', () => say('The permissions are being looked at'))
  const { probe: found } = connection
  const rows = connection.needs.map((need) => ({
    ...need,
    result: found?.results.find((result) => result.need === need.id),
  }))
  return (
    <Section
      title="Permissions"
      says={
        found ? (
          <>
            Looked at on <Moment at={found.at} />
          </>
        ) : (
          'Not looked at yet'
        )
      }
      aside={
        <Button small because={because} busy={probe.isPending} onClick={() => probe.mutate({ id: connection.id })}>
          Look again
        </Button>
      }
    >
      {probe.error && <Trouble error={probe.error} />}
      <PlainTable
        label="Permissions"
        rows={rows}
        rowKey={(row) => row.id}
        columns={[
          {
            id: 'what',
            header: 'Need',
            cell: (row) => (
              <>
                <Mono>{row.what}</Mono>
                <span className="block text-ink-2">{row.why}</span>
              </>
            ),
          },
          {
            id: 'state',
            header: 'State',
            width: '160px',
            cell: (row) =>
              row.result ? <Status state={row.result.state} {...PROBE_LOOKS[row.result.state]} /> : 'Not looked at',
          },
          { id: 'because', header: 'What was seen', from: 'sm', cell: (row) => row.result?.because },
          { id: 'streams', header: 'For', width: '160px', from: 'lg', cell: (row) => row.streams.join(', ') },
        ]}
      />
    </Section>
  )
}
