// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { RowOf } from '../../web/client.ts'
import { RadioField } from '../../web/form/choices.tsx'
import { Form } from '../../web/form/Form.tsx'
import { SelectField, TextArea } from '../../web/form/fields.tsx'
import { useCommand } from '../../web/operations.ts'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { lookOf } from '../../web/ui/tone.ts'
import { say } from '../../web/ui/toasts.ts'

type Link = RowOf<'evidence.links'>

/** Reasons of `domain/rules.yaml`, evidence.reject_reasons. */
const REASONS = [
  { value: 'OUT_OF_PERIOD', label: 'Outside the period, or after the as-of date' },
  { value: 'STALE', label: 'Too old for the frequency' },
  { value: 'INCOMPLETE', label: 'Not all items, pages, fields or systems' },
  { value: 'NO_SOURCE', label: 'System, account or date cannot be seen' },
  { value: 'NOT_ATTRIBUTABLE', label: 'Who produced or approved it is unclear' },
  { value: 'WRONG_ENVIRONMENT', label: 'Not the environment in scope' },
  { value: 'ALTERED', label: 'Differs from the source, or was edited' },
  { value: 'NOT_RESPONSIVE', label: 'Does not show what was asked' },
  { value: 'CREATED_AFTER', label: 'Created after the event it should prove' },
  { value: 'IPE_UNSUPPORTED', label: 'Completeness or accuracy not shown' },
] as const

type Decision = 'accepted' | 'rejected' | 'withdrawn'

/** Accepts, rejects or withdraws evidence that was put forward; each decision is kept. */
export function DecideDialog({ link, onClose }: { link: Link; onClose: () => void }) {
  const [state, setState] = useState<Decision>('accepted')
  const [code, setCode] = useState<string | undefined>(undefined)
  const [because, setBecause] = useState('')
  const decide = useCommand('evidence.decide', (done) => {
    say(`${lookOf(done.state).label}: evidence for ${done.control_id}`)
    onClose()
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Evidence for ${link.control_id}`}
      says="The decision becomes part of the evidence's history; an earlier one stays visible."
    >
      <Form
        attempt={decide}
        submit="Decide"
        onCancel={onClose}
        onSubmit={() =>
          decide.mutate({
            link: link.id,
            state,
            ...(state === 'rejected' && code ? { code } : {}),
            ...(because.trim() === '' ? {} : { because }),
          })
        }
      >
        <RadioField
          label="Decision"
          value={state}
          choices={[
            { value: 'accepted', label: 'Accept', says: 'It shows what was asked, for the right period and systems' },
            { value: 'rejected', label: 'Reject', says: 'It cannot be used; whoever put it forward sees why' },
            { value: 'withdrawn', label: 'Withdraw', says: 'It was put forward by mistake' },
          ]}
          onChange={(value) => setState(value as Decision)}
        />
        {state === 'rejected' && (
          <SelectField label="Reason" pointer="/code" value={code} choices={REASONS} onChange={setCode} />
        )}
        <TextArea
          label="In words"
          optional={state !== 'rejected'}
          pointer="/because"
          rows={3}
          value={because}
          onChange={setBecause}
        />
      </Form>
    </Dialog>
  )
}
