// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import { endOfDay } from '../../lib/time.ts'
import { here } from '../../web/dates.ts'
import { Form } from '../../web/form/Form.tsx'
import { TextArea, TextField } from '../../web/form/fields.tsx'
import { useCommand } from '../../web/operations.ts'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { say } from '../../web/ui/toasts.ts'

/** Asks that a failure is accepted until a day; somebody else has to approve it. */
export function ExceptDialog({ check, subject, onClose }: { check: string; subject?: number; onClose: () => void }) {
  const [because, setBecause] = useState('')
  const [compensating, setCompensating] = useState('')
  const [until, setUntil] = useState('')
  const ask = useCommand('checks.askException', () => {
    say('The exception is asked for', 'Once somebody else approves it, it holds; days that failed before stay failed.')
    onClose()
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title="Ask for an exception"
      says="An exception is dated, has a compensating control, and is approved by another person than you."
    >
      <Form
        attempt={ask}
        submit="Ask for the exception"
        onCancel={onClose}
        because={!until && 'Say until when first'}
        onSubmit={() =>
          ask.mutate({
            id: check,
            ...(subject === undefined ? {} : { subject_id: subject }),
            because,
            compensating_control: compensating,
            until: endOfDay(until, here),
          })
        }
      >
        <TextArea label="Why it is to be accepted" pointer="/because" rows={3} value={because} onChange={setBecause} />
        <TextArea
          label="What keeps the risk down meanwhile"
          pointer="/compensating_control"
          rows={2}
          value={compensating}
          onChange={setCompensating}
        />
        <TextField label="Last day" type="date" pointer="/until" value={until} onChange={setUntil} />
      </Form>
    </Dialog>
  )
}
