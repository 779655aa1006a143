// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import { Form } from '../../web/form/Form.tsx'
import { SelectField, TextArea, TextField } from '../../web/form/fields.tsx'
import { useCommand } from '../../web/operations.ts'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { say } from '../../web/ui/toasts.ts'
import { sentence } from '../../web/words.ts'
import { PersonField } from '../people/PersonField.tsx'
import { SEVERITIES, TASK_TYPES } from './task-looks.ts'

type Type = keyof typeof TASK_TYPES
type Severity = (typeof SEVERITIES)[number]

/** Notes work to do, or a gap that no rule can see. */
export function NewTask({ onClose }: { onClose: () => void }) {
  const [type, setType] = useState<Type>('other')
  const [title, setTitle] = useState('')
  const [finding, setFinding] = useState('')
  const [remediation, setRemediation] = useState('')
  const [severity, setSeverity] = useState<Severity>('medium')
  const [owner, setOwner] = useState<string | undefined>(undefined)
  const [due, setDue] = useState('')
  const create = useCommand('tasks.create', () => {
    say('The task is noted')
    onClose()
  })
  return (
    <Dialog open onClose={onClose} title="Note a task">
      <Form
        attempt={create}
        submit="Note it"
        onCancel={onClose}
        onSubmit={() =>
          create.mutate({
            type: type as 'other',
            title,
            finding,
            remediation,
            severity,
            owner: owner ?? null,
            ...(due ? { due_on: due } : {}),
          })
        }
      >
        <TextField label="Title" pointer="/title" autoFocus value={title} onChange={setTitle} />
        <TextArea label="What is wrong" pointer="/finding" rows={3} value={finding} onChange={setFinding} />
        <TextArea label="What to do" pointer="/remediation" rows={3} value={remediation} onChange={setRemediation} />
        <div className="grid gap-4 sm:grid-cols-2">
          <SelectField
            label="Kind"
            value={type}
            choices={Object.entries(TASK_TYPES).map(([value, label]) => ({ value, label }))}
            onChange={setType}
          />
          <SelectField
            label="Severity"
            value={severity}
            choices={SEVERITIES.map((value) => ({ value, label: sentence(value) }))}
            onChange={(value) => setSeverity(value as Severity)}
          />
        </div>
        <PersonField label="Owner" pointer="/owner" optional value={owner} onChange={setOwner} />
        <TextField
          label="Due"
          type="date"
          optional
          help="By severity unless given"
          pointer="/due_on"
          value={due}
          onChange={setDue}
        />
      </Form>
    </Dialog>
  )
}
