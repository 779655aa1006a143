// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { Output } from '../../web/client.ts'
import { RadioField } from '../../web/form/choices.tsx'
import { Form } from '../../web/form/Form.tsx'
import { TextArea } from '../../web/form/fields.tsx'
import { useCommand } from '../../web/operations.ts'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { say } from '../../web/ui/toasts.ts'

/** Another person says that the work is done, or sends it back. */
export function VerifyTask({ task, onClose }: { task: Output<'tasks.get'>; onClose: () => void }) {
  const [done, setDone] = useState(true)
  const [because, setBecause] = useState('')
  const verify = useCommand('tasks.verify', () => {
    say(done ? 'Verified and closed' : 'Sent back')
    onClose()
  })
  return (
    <Dialog open onClose={onClose} title="Verify">
      <Form
        attempt={verify}
        submit={done ? 'Verify' : 'Send back'}
        onCancel={onClose}
        onSubmit={() => verify.mutate({ id: task.id, based_on: task.n, done, because })}
      >
        <RadioField
          label="The work is"
          value={done ? 'done' : 'not'}
          choices={[
            { value: 'done', label: 'Done' },
            { value: 'not', label: 'Not done' },
          ]}
          onChange={(value) => setDone(value === 'done')}
        />
        <TextArea label="What you looked at" pointer="/because" rows={3} value={because} onChange={setBecause} />
      </Form>
    </Dialog>
  )
}
