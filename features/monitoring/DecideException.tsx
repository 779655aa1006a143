// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { RowOf } from '../../web/client.ts'
import { RadioField } from '../../web/form/choices.tsx'
import { Form } from '../../web/form/Form.tsx'
import { TextArea } from '../../web/form/fields.tsx'
import { useCommand } from '../../web/operations.ts'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { say } from '../../web/ui/toasts.ts'
import { useNames } from '../people/useNames.tsx'

/** Another person approves what was asked for, or refuses it. */
export function DecideException({
  request,
  onClose,
}: {
  request: RowOf<'checks.exceptionRequests'>
  onClose: () => void
}) {
  const [approve, setApprove] = useState(true)
  const [because, setBecause] = useState('')
  const nameOf = useNames()
  const decide = useCommand('checks.decideException', () => {
    say(
      approve ? 'The exception is approved' : 'The exception is refused',
      approve ? 'It ends by itself; days that failed before stay failed.' : undefined,
    )
    onClose()
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title="Decide on an exception"
      says={`${nameOf(request.requested_by)} asks that failures of ${request.subject ?? 'all subjects'} are accepted.`}
    >
      <Form
        attempt={decide}
        submit={approve ? 'Approve' : 'Refuse'}
        danger={!approve}
        onCancel={onClose}
        because={!approve && !because.trim() && 'Say why it is refused first'}
        onSubmit={() => decide.mutate({ request_id: request.id, approve, ...(approve ? {} : { because }) })}
      >
        <p className="prose-line">{request.because}</p>
        <p className="prose-line">Meanwhile: {request.compensating_control}</p>
        <p>
          Until <Moment at={request.valid_to} />
        </p>
        <RadioField
          label="Decision"
          value={approve ? 'approve' : 'refuse'}
          choices={[
            { value: 'approve', label: 'Approve' },
            { value: 'refuse', label: 'Refuse' },
          ]}
          onChange={(value) => setApprove(value === 'approve')}
        />
        {!approve && (
          <TextArea label="Why it is refused" pointer="/because" rows={3} value={because} onChange={setBecause} />
        )}
      </Form>
    </Dialog>
  )
}
