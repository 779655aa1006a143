// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import { Form } from '../../web/form/Form.tsx'
import { TextArea } from '../../web/form/fields.tsx'
import { useCommand } from '../../web/operations.ts'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { say } from '../../web/ui/toasts.ts'
import { listed } from '../../web/words.ts'

/** The decision of a management signatory that the period starts although something stands against it. */
export function StartDialog({ criteria, onClose }: { criteria: readonly string[]; onClose: () => void }) {
  const [because, setBecause] = useState('')
  const start = useCommand('readiness.startWithHoles', () => {
    say('The decision is on record', 'It says by name what was missing.')
    onClose()
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title="Start with holes?"
      says={
        criteria.length === 0
          ? 'What stands against the start becomes part of the record.'
          : `No control works yet for ${listed(criteria)}. Days on which a criterion has none stay uncovered, and the auditor sees them.`
      }
    >
      <Form
        attempt={start}
        submit="Decide to start"
        onCancel={onClose}
        onSubmit={() => start.mutate({ criteria: [...criteria], because })}
      >
        <TextArea
          label="The risk that is taken"
          help="At least 20 characters: why not later, and until when it is closed"
          pointer="/because"
          rows={4}
          value={because}
          onChange={setBecause}
        />
      </Form>
    </Dialog>
  )
}
