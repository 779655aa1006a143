// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { Output } from '../../web/client.ts'
import { Form } from '../../web/form/Form.tsx'
import { TextArea, TextField } from '../../web/form/fields.tsx'
import { useCommand } from '../../web/operations.ts'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { say } from '../../web/ui/toasts.ts'
import { PersonField } from '../people/PersonField.tsx'

/** Hands a task on, moves its date, or says better what to do. */
export function ChangeTask({ task, onClose }: { task: Output<'tasks.get'>; onClose: () => void }) {
  const [owner, setOwner] = useState(task.owner ?? undefined)
  const [due, setDue] = useState(task.due_on)
  const [remediation, setRemediation] = useState(task.remediation)
  const [because, setBecause] = useState('')
  const update = useCommand('tasks.update', () => {
    say('The task is changed')
    onClose()
  })
  return (
    <Dialog open onClose={onClose} title="Owner and date">
      <Form
        attempt={update}
        submit="Save"
        onCancel={onClose}
        onSubmit={() =>
          update.mutate({ id: task.id, based_on: task.n, owner: owner ?? null, due_on: due, remediation, because })
        }
      >
        <PersonField label="Owner" pointer="/owner" optional value={owner} onChange={setOwner} />
        <TextField label="Due" type="date" pointer="/due_on" value={due} onChange={setDue} />
        <TextArea label="What to do" pointer="/remediation" value={remediation} onChange={setRemediation} />
        <TextArea label="Why it changes" optional pointer="/because" rows={2} value={because} onChange={setBecause} />
      </Form>
    </Dialog>
  )
}
