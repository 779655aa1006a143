// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import { Form } from '../../web/form/Form.tsx'
import { SelectField, TextField } from '../../web/form/fields.tsx'
import { useAsk, useCommand } from '../../web/operations.ts'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { say } from '../../web/ui/toasts.ts'

/** Puts evidence forward for a control and one of its evidence slots. */
export function LinkDialog({ collection, onClose }: { collection: string; onClose: () => void }) {
  const [control, setControl] = useState<string | undefined>(undefined)
  const [slot, setSlot] = useState<string | undefined>(undefined)
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const controls = useAsk('controls.list', { state: 'in_scope', limit: 500 }, { now: true })
  const chosen = useAsk('controls.get', { id: control ?? '' }, { now: true, enabled: control !== undefined })
  const link = useCommand('evidence.link', () => {
    say(`Put forward for ${control ?? 'the control'}`)
    onClose()
  })
  return (
    <Dialog open onClose={onClose} title="Put forward for a control">
      <Form
        attempt={link}
        submit="Put forward"
        onCancel={onClose}
        because={(!control && 'Choose the control first') || (!slot && 'Choose what it is first')}
        onSubmit={() =>
          control &&
          slot &&
          link.mutate({
            collection,
            control,
            slot,
            ...(from ? { period_from: from } : {}),
            ...(to ? { period_to: to } : {}),
          })
        }
      >
        <SelectField
          label="Control"
          pointer="/control"
          value={control}
          choices={(controls.data?.rows ?? []).map((row) => ({ value: row.id, label: `${row.id} ${row.title}` }))}
          onChange={(id) => {
            setControl(id)
            setSlot(undefined)
          }}
        />
        {control && (
          <SelectField
            label="As"
            help="What of the control's evidence list this is"
            pointer="/slot"
            value={slot}
            choices={(chosen.data?.slots ?? []).map((row) => ({ value: row.id, label: row.title }))}
            onChange={setSlot}
          />
        )}
        <div className="flex flex-wrap gap-4">
          <TextField
            label="First day it speaks about"
            type="date"
            optional
            pointer="/period_from"
            value={from}
            onChange={setFrom}
          />
          <TextField label="Last day" type="date" optional pointer="/period_to" value={to} onChange={setTo} />
        </div>
      </Form>
    </Dialog>
  )
}
