// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import { today } from '../../web/dates.ts'
import { Form } from '../../web/form/Form.tsx'
import { TextArea, TextField } from '../../web/form/fields.tsx'
import { useCommand } from '../../web/operations.ts'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { say } from '../../web/ui/toasts.ts'

/** Leaves a control out of scope, or takes it back in, from a day on and with a reason. */
export function ScopeDialog({
  control,
  move,
  onClose,
}: {
  control: { id: string; title: string }
  move: 'exclude' | 'include'
  onClose: () => void
}) {
  const [because, setBecause] = useState('')
  const [from, setFrom] = useState(today())
  const done = (): void => {
    say(move === 'exclude' ? `${control.id} is left out` : `${control.id} is in scope again`)
    onClose()
  }
  const exclude = useCommand('controls.exclude', done)
  const include = useCommand('controls.include', done)
  const attempt = move === 'exclude' ? exclude : include
  return (
    <Dialog
      open
      onClose={onClose}
      title={move === 'exclude' ? `Leave out ${control.id}?` : `Take ${control.id} back in?`}
      says={
        move === 'exclude'
          ? `"${control.title}" counts for nothing from that day on. What was recorded before stays.`
          : `"${control.title}" counts again from that day on.`
      }
    >
      <Form
        attempt={attempt}
        submit={move === 'exclude' ? `Leave out ${control.id}` : `Take ${control.id} in`}
        danger={move === 'exclude'}
        onCancel={onClose}
        onSubmit={() => attempt.mutate({ control_id: control.id, because, from })}
      >
        <TextArea label="Because" pointer="/because" rows={3} value={because} onChange={setBecause} />
        <TextField label="From" type="date" pointer="/from" value={from} onChange={setFrom} />
      </Form>
    </Dialog>
  )
}
