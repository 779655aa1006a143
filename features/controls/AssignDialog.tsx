// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import { today } from '../../web/dates.ts'
import { Form } from '../../web/form/Form.tsx'
import { TextField } from '../../web/form/fields.tsx'
import { useCommand } from '../../web/operations.ts'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { say } from '../../web/ui/toasts.ts'
import { count } from '../../web/words.ts'
import { PersonField } from '../people/PersonField.tsx'

/** Says who answers for controls from a day on. */
export function AssignDialog({ controls, onClose }: { controls: readonly string[]; onClose: () => void }) {
  const [owner, setOwner] = useState<string | undefined>(undefined)
  const [from, setFrom] = useState(today())
  const assign = useCommand('controls.assign', ({ assigned }) => {
    say(`${count(assigned, 'control')} assigned`)
    onClose()
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title={controls.length === 1 ? `Owner of ${controls[0] ?? ''}` : `Owner of ${controls.length} controls`}
    >
      <Form
        attempt={assign}
        submit="Assign"
        onCancel={onClose}
        onSubmit={() => assign.mutate({ control_ids: [...controls], owner: owner ?? null, from })}
      >
        <PersonField label="Who answers for it" pointer="/owner" optional value={owner} onChange={setOwner} />
        <TextField label="From" type="date" pointer="/from" value={from} onChange={setFrom} />
      </Form>
    </Dialog>
  )
}
