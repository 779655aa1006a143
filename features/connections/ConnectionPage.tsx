// SPDX-License-Identifier: Apache-2.0
import { useParams } from '@tanstack/react-router'
import { Play } from 'lucide-react'
import { useState } from 'react'
import type { Output } from '../../web/client.ts'
import { A, Page } from '../../web/layout/Page.tsx'
import { useNeeds } from '../../web/layout/shell.ts'
import { useAsk, useCommand } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { Button } from '../../web/ui/Button.tsx'
import { later } from '../../web/ui/later.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { StatusPill, Tag } from '../../web/ui/Status.tsx'
import { Tabs } from '../../web/ui/Tabs.tsx'
import { Answer, Note } from '../../web/ui/Text.tsx'
import { Trouble } from '../../web/ui/Trouble.tsx'
import { say } from '../../web/ui/toasts.ts'
import { everyText, HEALTH_LOOKS } from './health-looks.ts'
import { Permissions } from './Permissions.tsx'
import { Streams } from './Streams.tsx'

const Runs = later(async () => (await import('./Runs.tsx')).Runs)

const ConnectionSettings = later(async () => (await import('./ConnectionSettings.tsx')).ConnectionSettings)

const SwitchDialog = later(async () => (await import('./SwitchDialog.tsx')).SwitchDialog)

type Connection = Output<'connections.get'>

/** One connection: what each stream brought, what it may read, how its runs went. */
export function ConnectionPage() {
  const { id = '' }: { id?: string } = useParams({ strict: false })
  const asked = useAsk('connections.get', { id }, { every: 15_000 })
  const [switching, setSwitching] = useState(false)
  const needs = useNeeds('so_admin', 'compliance_manager')
  const run = useCommand('connections.run', () => say('The run has started', 'Its intent is in the ledger already.'))
  const connection = asked.data
  return (
    <Page
      title={connection?.name ?? 'Connection'}
      crumbs={[{ label: 'Connections', to: paths.connections }]}
      actions={
        connection && (
          <>
            <Button because={needs} onClick={() => setSwitching(true)}>
              {connection.enabled ? 'Switch off' : 'Switch on'}
            </Button>
            <Button
              weight="primary"
              because={needs ?? (!connection.enabled && 'Switch it on first')}
              busy={run.isPending || connection.health === 'reading'}
              onClick={() => run.mutate({ id })}
            >
              <Play /> {connection.health === 'reading' ? 'Reading' : 'Read now'}
            </Button>
          </>
        )
      }
    >
      {run.error && <Trouble error={run.error} />}
      <Loaded of={asked}>{(found) => <Standing connection={found} />}</Loaded>
      {connection && switching && <SwitchDialog connection={connection} onClose={() => setSwitching(false)} />}
    </Page>
  )
}

function Standing({ connection }: { connection: Connection }) {
  const look = HEALTH_LOOKS[connection.health]
  return (
    <>
      <div className="flex flex-wrap items-center gap-2">
        <StatusPill state={connection.health} {...look} />
        <Tag>{connection.connector_title}</Tag>
        <Tag>{connection.enabled ? everyText(connection.every_hours) : 'Off'}</Tag>
      </div>
      <Answer>
        {connection.last_read_at ? (
          <>
            Last read on <Moment at={connection.last_read_at} />
            {connection.source && ` from ${connection.source.name}`}.
          </>
        ) : (
          'Nothing was read yet.'
        )}
        {connection.failures > 0 &&
          ` ${connection.failures === 1 ? 'One run has' : `${connection.failures} runs have`} failed${connection.last_read_at ? ' since' : ''}.`}
        {connection.next_run_at && connection.enabled && (
          <>
            {' '}
            Next on <Moment at={connection.next_run_at} />.
          </>
        )}
      </Answer>
      {connection.disabled_because && <Note tone="except">Switched off because {connection.disabled_because}</Note>}
      {connection.last_run?.because && (
        <Note tone="fail">
          The last run failed: {connection.last_run.because}.{' '}
          <A to={paths.connection(connection.id)} search={{ tab: 'settings' }}>
            Change its settings
          </A>{' '}
          and read again.
        </Note>
      )}
      {connection.health === 'silent' && (
        <Note tone="late">Nothing has arrived for twice its interval. Its days have no data, and count as gaps.</Note>
      )}
      <Tabs
        tabs={[
          {
            id: 'streams',
            label: 'Streams',
            count: connection.streams.length,
            content: <Streams streams={connection.streams} said={connection.last_run?.because ?? null} />,
          },
          { id: 'runs', label: 'Runs', content: <Runs id={connection.id} /> },
          { id: 'permissions', label: 'Permissions', content: <Permissions connection={connection} /> },
          {
            id: 'settings',
            label: 'Settings',
            content: <ConnectionSettings key={connection.name} connection={connection} />,
          },
        ]}
      />
    </>
  )
}
