// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { Output } from '../../web/client.ts'
import { Form } from '../../web/form/Form.tsx'
import { TextArea } from '../../web/form/fields.tsx'
import { useCommand } from '../../web/operations.ts'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { say } from '../../web/ui/toasts.ts'

/** Switches a connection off, with the reason, or on again. */
export function SwitchDialog({ connection, onClose }: { connection: Output<'connections.get'>; onClose: () => void }) {
  const [because, setBecause] = useState('')
  const off = connection.enabled
  const change = useCommand('connections.setEnabled', () => {
    say(off ? `${connection.name} is switched off` : `${connection.name} is switched on`)
    onClose()
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title={off ? `Switch off ${connection.name}?` : `Switch on ${connection.name}?`}
      says={
        off
          ? 'It is no longer read and no longer waited for. Everything it brought stays, and what it would have proved has no data.'
          : 'It is read again on its schedule. The days in between stay without data.'
      }
    >
      <Form
        attempt={change}
        submit={off ? `Switch off ${connection.name}` : `Switch on ${connection.name}`}
        danger={off}
        onCancel={onClose}
        onSubmit={() =>
          change.mutate({ id: connection.id, enabled: !off, ...(off && because !== '' ? { because } : {}) })
        }
      >
        {off && <TextArea label="Because" pointer="/because" rows={3} value={because} onChange={setBecause} />}
      </Form>
    </Dialog>
  )
}
