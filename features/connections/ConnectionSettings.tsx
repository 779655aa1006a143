// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { Output } from '../../web/client.ts'
import { Form } from '../../web/form/Form.tsx'
import { SelectField, TextField } from '../../web/form/fields.tsx'
import { useNeeds } from '../../web/layout/shell.ts'
import { useCommand } from '../../web/operations.ts'
import { say } from '../../web/ui/toasts.ts'
import { ConnectorFields, filledFrom, settingsOf, type Filled } from './ConnectorFields.tsx'
import { everyText } from './health-looks.ts'

const EVERY = [1, 6, 12, 24, 168] as const

/** How a connection is reached, named and scheduled. Secrets can only be replaced. */
export function ConnectionSettings({ connection }: { connection: Output<'connections.get'> }) {
  const [name, setName] = useState(connection.name)
  const [every, setEvery] = useState(String(connection.every_hours))
  const [filled, setFilled] = useState<Filled>(() => filledFrom(connection.fields, connection.config))
  const because = useNeeds('so_admin', 'compliance_manager')
  const update = useCommand('connections.update', () =>
    say('The settings are saved', 'The permissions are looked at again.'),
  )
  return (
    <Form
      attempt={update}
      submit="Save"
      because={because}
      onSubmit={() =>
        update.mutate({
          id: connection.id,
          name,
          every_hours: Number(every),
          ...settingsOf(connection.fields, filled),
        })
      }
    >
      <TextField label="Name" pointer="/name" value={name} onChange={setName} />
      <ConnectorFields
        fields={connection.fields}
        filled={filled}
        onChange={setFilled}
        kept={connection.secrets.filter((secret) => secret.is_set).map((secret) => secret.name)}
      />
      <SelectField
        label="How often"
        pointer="/every_hours"
        value={every}
        choices={[...new Set([...EVERY, connection.every_hours])].map((hours) => ({
          value: String(hours),
          label: everyText(hours),
        }))}
        onChange={setEvery}
      />
    </Form>
  )
}
