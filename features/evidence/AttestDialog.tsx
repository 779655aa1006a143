// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { RowOf } from '../../web/client.ts'
import { momentText, today } from '../../web/dates.ts'
import { CheckField, RadioField } from '../../web/form/choices.tsx'
import { Form, useFaults } from '../../web/form/Form.tsx'
import { TextArea, TextField } from '../../web/form/fields.tsx'
import { useAsk, useCommand } from '../../web/operations.ts'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { say } from '../../web/ui/toasts.ts'
import { streamWords } from './provenance.ts'

type Attestation = RowOf<'evidence.attestations'>
type Outcome = Attestation['outcome']

/** Attests that a control was performed, not performed, or had no occasion, in a period. */
export function AttestDialog({
  control,
  before,
  onClose,
}: {
  control: string
  before: Attestation | undefined
  onClose: () => void
}) {
  const [outcome, setOutcome] = useState<Outcome>(before?.outcome ?? 'performed')
  const [statement, setStatement] = useState(before?.statement ?? '')
  const [from, setFrom] = useState(before?.period_from ?? today())
  const [to, setTo] = useState(before?.period_to ?? today())
  const [evidence, setEvidence] = useState<readonly string[]>(before?.collection_ids ?? [])
  const attest = useCommand('evidence.attest', () => {
    say(`Attested for ${control}`)
    onClose()
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title={before ? `Correct the attestation of ${control}` : `Attest ${control}`}
      says={
        before
          ? 'The earlier one stays visible; this one replaces it.'
          : 'Your name and the moment become part of the record.'
      }
    >
      <Form
        attempt={attest}
        submit={before ? 'Correct' : 'Attest'}
        onCancel={onClose}
        onSubmit={() =>
          attest.mutate({
            control,
            statement,
            outcome,
            period_from: from,
            period_to: to,
            evidence: [...evidence],
            ...(before ? { supersedes: before.id } : {}),
          })
        }
      >
        <RadioField
          label="In this period it was"
          value={outcome}
          choices={[
            { value: 'performed', label: 'Performed' },
            { value: 'not_performed', label: 'Not performed' },
            {
              value: 'no_occurrence',
              label: 'Not called for',
              says: 'Nothing happened that it answers to; this counts with evidence that would have shown it',
            },
          ]}
          onChange={(value) => setOutcome(value as Outcome)}
        />
        <div className="flex flex-wrap gap-4">
          <TextField
            label="First day"
            type="date"
            max={today()}
            pointer="/period_from"
            value={from}
            onChange={setFrom}
          />
          <TextField label="Last day" type="date" max={today()} pointer="/period_to" value={to} onChange={setTo} />
        </div>
        <TextArea
          label="What was done, in your words"
          pointer="/statement"
          rows={3}
          value={statement}
          onChange={setStatement}
        />
        <EvidenceField control={control} value={evidence} onChange={setEvidence} />
      </Form>
    </Dialog>
  )
}

function EvidenceField({
  control,
  value,
  onChange,
}: {
  control: string
  value: readonly string[]
  onChange: (ids: readonly string[]) => void
}) {
  const links = useAsk('evidence.links', { control }, { now: true })
  const recent = useAsk('evidence.list', { limit: 20, source_kind: 'person' }, { now: true })
  const faults = useFaults('/evidence')
  const choices = new Map<string, string>()
  for (const link of links.data?.rows ?? [])
    if (link.state !== 'withdrawn' && link.state !== 'rejected' && link.superseded_by === null)
      choices.set(link.collection_id, `${link.source_name}, ${momentText(link.observed_at)}`)
  for (const row of recent.data?.rows ?? [])
    if (row.superseded_by === null && !choices.has(row.id))
      choices.set(row.id, `${row.source_name}, ${streamWords(row.stream)}, ${momentText(row.observed_at)}`)
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1.5 font-medium">Evidence it rests on</legend>
      {choices.size === 0 && (
        <p className="text-sm text-ink-2">None yet: add a document to the evidence list of the control first.</p>
      )}
      {[...choices].map(([id, label]) => (
        <CheckField
          key={id}
          label={label}
          value={value.includes(id)}
          onChange={(on) => onChange(on ? [...value, id] : value.filter((other) => other !== id))}
        />
      ))}
      {faults.length > 0 && <p className="text-sm text-fail-text">{faults.join('; ')}</p>}
    </fieldset>
  )
}
