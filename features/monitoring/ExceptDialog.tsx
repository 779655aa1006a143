// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import { endOfDay } from '../../lib/time.ts'
import { here } from '../../web/dates.ts'
import { Form } from '../../web/form/Form.tsx'
import { TextArea, TextField } from '../../web/form/fields.tsx'
import { useCommand } from '../../web/operations.ts'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { say } from '../../web/ui/toasts.ts'
import { PersonField } from '../people/PersonField.tsx'

/** Approves that a failure is known and accepted until a day; somebody else must have asked for it. */
export function ExceptDialog({ check, subject, onClose }: { check: string; subject?: number; onClose: () => void }) {
  const [because, setBecause] = useState('')
  const [compensating, setCompensating] = useState('')
  const [until, setUntil] = useState('')
  const [requested, setRequested] = useState<string | undefined>(undefined)
  const except = useCommand('checks.except', () => {
    say('The exception is approved', 'It ends by itself; days that failed before stay failed.')
    onClose()
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title="Accept for a time"
      says="An exception is dated, has a compensating control, and is approved by another person than the one who asks."
    >
      <Form
        attempt={except}
        submit="Approve the exception"
        onCancel={onClose}
        because={(!until && 'Say until when first') || (!requested && 'Say first who asked for it')}
        onSubmit={() =>
          requested &&
          except.mutate({
            id: check,
            ...(subject === undefined ? {} : { subject_id: subject }),
            because,
            compensating_control: compensating,
            until: endOfDay(until, here),
            requested_by: requested,
          })
        }
      >
        <TextArea label="Why it is accepted" pointer="/because" rows={3} value={because} onChange={setBecause} />
        <TextArea
          label="What keeps the risk down meanwhile"
          pointer="/compensating_control"
          rows={2}
          value={compensating}
          onChange={setCompensating}
        />
        <TextField label="Last day" type="date" pointer="/until" value={until} onChange={setUntil} />
        <PersonField label="Asked for by" pointer="/requested_by" value={requested} onChange={setRequested} />
      </Form>
    </Dialog>
  )
}
