// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { Input, Output } from '../../web/client.ts'
import { dayText, today } from '../../web/dates.ts'
import { CheckField } from '../../web/form/choices.tsx'
import { Form } from '../../web/form/Form.tsx'
import { SelectField, TextArea, TextField } from '../../web/form/fields.tsx'
import { useAsk, useCommand } from '../../web/operations.ts'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { say } from '../../web/ui/toasts.ts'
import { FREQUENCIES, NATURES } from './control-looks.ts'

type Control = Output<'controls.get'>
type Changes = Input<'controls.update'>['changes']

const choicesOf = (labels: Readonly<Record<string, string>>) =>
  Object.entries(labels).map(([value, label]) => ({ value, label }))

/** Writes a new version of a control that holds from a day on; what held before stays. */
export function EditControl({ control: newest, onClose }: { control: Control; onClose: () => void }) {
  // The version that was opened, whoever saves another meanwhile: the change is told apart from theirs by it.
  const [control] = useState(newest)
  const [title, setTitle] = useState(control.title)
  const [statement, setStatement] = useState(control.statement)
  const [role, setRole] = useState(control.owner_role)
  const [nature, setNature] = useState(control.nature)
  const [frequency, setFrequency] = useState(control.frequency)
  const [isKey, setIsKey] = useState(control.is_key)
  const [policy, setPolicy] = useState(control.policy_id)
  const [criteria, setCriteria] = useState(control.criteria.join(', '))
  const [from, setFrom] = useState(today())
  const [because, setBecause] = useState('')
  const policies = useAsk('policies.list', {}, { now: true })
  const update = useCommand('controls.update', ({ n }) => {
    say(`Version ${n} of ${control.id} is saved`)
    onClose()
  })
  const changes = {
    ...(title === control.title ? {} : { title }),
    ...(statement === control.statement ? {} : { statement }),
    ...(role === control.owner_role ? {} : { owner_role: role }),
    ...(nature === control.nature ? {} : { nature }),
    ...(frequency === control.frequency ? {} : { frequency }),
    ...(isKey === control.is_key ? {} : { is_key: isKey }),
    ...(policy === control.policy_id ? {} : { policy_id: policy }),
    ...(criteria === control.criteria.join(', ') ? {} : { criteria: criteria.split(/\s*,\s*/) }),
  } as Changes
  const first = control.version === 1 ? control.versions[0]?.from : undefined
  const isMoved = typeof first === 'string' && from < first
  return (
    <Dialog
      open
      onClose={onClose}
      wide
      title={`Change ${control.id}`}
      says="The auditor tests the words. Say what is really done, by whom and how often."
    >
      <Form
        attempt={update}
        submit={`Save as version ${(control.version ?? 0) + 1}`}
        because={Object.keys(changes).length === 0 && !isMoved && 'Nothing is changed yet'}
        onCancel={onClose}
        onSubmit={() =>
          update.mutate({
            control_id: control.id,
            based_on: control.version ?? 1,
            effective_from: from,
            because,
            changes,
          })
        }
      >
        <TextField label="Title" pointer="/changes/title" value={title} onChange={setTitle} />
        <TextArea label="Statement" pointer="/changes/statement" rows={5} value={statement} onChange={setStatement} />
        <TextField label="Role of the owner" pointer="/changes/owner_role" value={role} onChange={setRole} />
        <div className="grid gap-4 sm:grid-cols-2">
          <SelectField label="How it is done" value={nature} choices={choicesOf(NATURES)} onChange={setNature} />
          <SelectField label="How often" value={frequency} choices={choicesOf(FREQUENCIES)} onChange={setFrequency} />
        </div>
        <SelectField
          label="Policy it rests on"
          pointer="/changes/policy_id"
          value={policy}
          choices={(policies.data?.rows ?? []).map((row) => ({ value: row.id, label: `${row.id} ${row.title}` }))}
          onChange={setPolicy}
        />
        <TextField
          label="Criteria it supports"
          help="Ids with commas between"
          pointer="/changes/criteria"
          value={criteria}
          onChange={setCriteria}
        />
        <CheckField
          label="Key control"
          help="Its criterion is capped when it does not work, and no other makes up for it"
          value={isKey}
          onChange={setIsKey}
        />
        <TextField
          label="Holds from"
          help={
            typeof first === 'string'
              ? `It is said to be in effect since ${dayText(first)}; an earlier day corrects that, and stays marked as said later`
              : undefined
          }
          type="date"
          pointer="/effective_from"
          value={from}
          onChange={setFrom}
        />
        <TextArea label="Why it changes" pointer="/because" rows={2} value={because} onChange={setBecause} />
      </Form>
    </Dialog>
  )
}
