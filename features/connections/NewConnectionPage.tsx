// SPDX-License-Identifier: Apache-2.0
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { RowOf } from '../../web/client.ts'
import { capital } from '../../web/words.ts'
import { Form } from '../../web/form/Form.tsx'
import { SelectField, TextField } from '../../web/form/fields.tsx'
import { Page } from '../../web/layout/Page.tsx'
import { useNeeds } from '../../web/layout/shell.ts'
import { useAsk, useCommand } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { useSearchText, useSearchTexts } from '../../web/search.ts'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Answer } from '../../web/ui/Text.tsx'
import { say } from '../../web/ui/toasts.ts'
import { ConnectorFields, isWanted, settingsOf, type Filled } from './ConnectorFields.tsx'
import { ConnectorNeeds } from './ConnectorNeeds.tsx'
import { everyText } from './health-looks.ts'

type Connector = RowOf<'connections.catalog'>
const EVERY = [1, 6, 12, 24, 168] as const

/** Connects a system: which one, how it is reached, and what it has to grant and why. */
export function NewConnectionPage() {
  const asked = useAsk('connections.catalog', {}, { now: true })
  const [chosen] = useSearchText('connector')
  return (
    <Page title="Connect a system" crumbs={[{ label: 'Connections', to: paths.connections }]}>
      <Loaded of={asked}>
        {({ rows }) => {
          const connector = rows.find((row) => row.id === chosen)
          return connector ? <Connect key={connector.id} connector={connector} /> : <Choose rows={rows} />
        }}
      </Loaded>
    </Page>
  )
}

function Choose({ rows }: { rows: readonly Connector[] }) {
  return (
    <>
      <Answer>Assay only reads. Each connector says what it asks for and why, before you give it anything.</Answer>
      <ul className="max-w-200 divide-y divide-line border-y border-line">
        {rows.map((row) => (
          <li key={row.id}>
            <Link to={paths.newConnection} search={{ connector: row.id }} className="block px-1 py-4 hover:bg-hover">
              <span className="font-medium">{row.title}</span>
              <span className="block text-ink-2">{row.says}</span>
              <span className="block text-sm text-ink-3">
                {capital(row.streams.map((stream) => stream.name.replaceAll('-', ' ')).join(', '))}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </>
  )
}

function Connect({ connector }: { connector: Connector }) {
  const navigate = useNavigate()
  const needs = useNeeds('so_admin', 'compliance_manager')
  const texts = useSearchTexts()
  const [name, setName] = useState('')
  const [every, setEvery] = useState('24')
  const [filled, setFilled] = useState<Filled>(() =>
    Object.fromEntries(
      connector.fields.flatMap((field) => {
        const chosen = field.options?.find((option) => option.value === texts[field.name]) ?? field.options?.[0]
        return chosen ? [[field.name, chosen.value]] : []
      }),
    ),
  )
  const create = useCommand('connections.create', ({ id }) => {
    say(`${name} is connected`, 'Its permissions are looked at and its first run has started.')
    void navigate({ to: paths.connection(id) })
  })
  return (
    <>
      <Answer>{connector.says}</Answer>
      <div className="grid grid-cols-1 gap-10 xl:grid-cols-[minmax(0,640px)_minmax(0,1fr)]">
        <Form
          attempt={create}
          submit="Connect"
          because={needs}
          onCancel={() => void navigate({ to: paths.newConnection })}
          onSubmit={() =>
            create.mutate({
              connector: connector.id,
              name,
              every_hours: Number(every),
              ...settingsOf(connector.fields, filled),
            })
          }
        >
          <TextField
            label="Name"
            help="As people call it; it stands on every piece of evidence"
            pointer="/name"
            autoFocus
            value={name}
            onChange={setName}
          />
          <ConnectorFields fields={connector.fields} filled={filled} onChange={setFilled} kept={[]} />
          <SelectField
            label="How often"
            pointer="/every_hours"
            value={every}
            choices={EVERY.map((hours) => ({ value: String(hours), label: everyText(hours) }))}
            onChange={setEvery}
          />
        </Form>
        <ConnectorNeeds needs={connector.needs.filter((need) => isWanted(need, filled))} streams={connector.streams} />
      </div>
    </>
  )
}
