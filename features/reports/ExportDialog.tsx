// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import { today } from '../../web/dates.ts'
import { RadioField } from '../../web/form/choices.tsx'
import { Form } from '../../web/form/Form.tsx'
import { TextField } from '../../web/form/fields.tsx'
import { useCommand } from '../../web/operations.ts'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { say } from '../../web/ui/toasts.ts'

/** Asks for a bundle: everything, or the evidence of some controls or days. */
export function ExportDialog({ onClose, onMade }: { onClose: () => void; onMade: (id: string) => void }) {
  const [name, setName] = useState(`evidence-${today()}`)
  const [part, setPart] = useState<'all' | 'some'>('all')
  const [controls, setControls] = useState('')
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const make = useCommand('bundles.export', ({ id }) => {
    say(`${name}.zip is being made`)
    onClose()
    onMade(id)
  })
  const wanted =
    part === 'all'
      ? {}
      : {
          ...(controls.trim() === '' ? {} : { controls: controls.trim().split(/[\s,]+/) }),
          ...(from ? { from } : {}),
          ...(to ? { to } : {}),
        }
  return (
    <Dialog
      open
      onClose={onClose}
      title="Export a bundle"
      says="The export is recorded in the ledger: who asked, what for, and the SHA-256 of the file."
    >
      <Form
        attempt={make}
        submit="Export"
        onCancel={onClose}
        because={part === 'some' && Object.keys(wanted).length === 0 && 'Name controls or days, or take everything'}
        onSubmit={() => make.mutate({ name, ...wanted })}
      >
        <TextField
          label="Name of the file"
          help="Letters, digits, dots and hyphens"
          pointer="/name"
          spellCheck={false}
          value={name}
          onChange={setName}
        />
        <RadioField
          label="What it holds"
          value={part}
          choices={[
            { value: 'all', label: 'Everything', says: 'All evidence and attestations that are published in the log' },
            { value: 'some', label: 'A part', says: 'The evidence of some controls, or of some days' },
          ]}
          onChange={(value) => setPart(value === 'all' ? 'all' : 'some')}
        />
        {part === 'some' && (
          <>
            <TextField
              label="Controls"
              help="Ids with commas between, such as CHG-02, IAM-01"
              optional
              pointer="/controls"
              value={controls}
              onChange={setControls}
            />
            <div className="flex flex-wrap gap-4">
              <TextField label="Observed from" type="date" optional pointer="/from" value={from} onChange={setFrom} />
              <TextField label="To, included" type="date" optional pointer="/to" value={to} onChange={setTo} />
            </div>
          </>
        )}
      </Form>
    </Dialog>
  )
}
