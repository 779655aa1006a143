// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { Output } from '../../web/client.ts'
import { Form } from '../../web/form/Form.tsx'
import { SelectField, TextArea, TextField } from '../../web/form/fields.tsx'
import { useAsk, useCommand } from '../../web/operations.ts'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { say } from '../../web/ui/toasts.ts'

const NONE = 'none'

/** Accepts a gap until a day, with the reason and what makes up for it. */
export function AcceptTask({ task, onClose }: { task: Output<'tasks.get'>; onClose: () => void }) {
  const [until, setUntil] = useState('')
  const [because, setBecause] = useState('')
  const [control, setControl] = useState(NONE)
  const controls = useAsk('controls.list', { state: 'in_scope', limit: 500 }, { now: true })
  const accept = useCommand('tasks.accept', () => {
    say('The gap is accepted', 'It opens again by itself on the day after.')
    onClose()
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title="Accept for a time"
      says="The gap stays visible to the auditor, with this reason. Accepting changes no day of a control."
    >
      <Form
        attempt={accept}
        submit="Accept"
        onCancel={onClose}
        because={!until && 'Say until when first'}
        onSubmit={() =>
          accept.mutate({
            id: task.id,
            based_on: task.n,
            until,
            because,
            ...(control === NONE ? {} : { compensating_control: control }),
          })
        }
      >
        <TextField
          label="Until"
          type="date"
          help="Within 12 months"
          pointer="/until"
          value={until}
          onChange={setUntil}
        />
        <TextArea label="Because" pointer="/because" rows={3} value={because} onChange={setBecause} />
        <SelectField
          label="Control that reduces what is left"
          optional
          pointer="/compensating_control"
          value={control}
          choices={[
            { value: NONE, label: 'None' },
            ...(controls.data?.rows ?? []).map((row) => ({ value: row.id, label: `${row.id} ${row.title}` })),
          ]}
          onChange={setControl}
        />
      </Form>
    </Dialog>
  )
}
