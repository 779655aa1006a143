// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import { today } from '../../web/dates.ts'
import { RadioField } from '../../web/form/choices.tsx'
import { Form } from '../../web/form/Form.tsx'
import { SelectField, TextField } from '../../web/form/fields.tsx'
import { useAsk, useCommand } from '../../web/operations.ts'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { say } from '../../web/ui/toasts.ts'
import { addMonths } from '../system/period.ts'

/** Approves a version: its document, the day it takes effect and the day of its next review. */
export function ApprovePolicy({ policy, onClose }: { policy: { id: string; title: string }; onClose: () => void }) {
  const [where, setWhere] = useState<'here' | 'elsewhere'>('here')
  const [label, setLabel] = useState('1.0')
  const [collection, setCollection] = useState<string | undefined>(undefined)
  const [reference, setReference] = useState('')
  const [sha256, setSha256] = useState('')
  const [from, setFrom] = useState(today())
  const [review, setReview] = useState(addMonths(today(), 12))
  const documents = useAsk('evidence.list', { kind: 'document', limit: 200 }, { now: true })
  const approve = useCommand('policies.approve', () => {
    say(`${policy.title}, version ${label}, is approved`)
    onClose()
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Approve "${policy.title}"`}
      says="The approval is a record of its own in the ledger."
    >
      <Form
        attempt={approve}
        submit="Approve"
        onCancel={onClose}
        onSubmit={() =>
          approve.mutate({
            id: policy.id,
            version_label: label,
            effective_from: from,
            next_review: review,
            ...(where === 'here' ? (collection ? { collection_id: collection } : {}) : { reference, sha256 }),
          })
        }
      >
        <TextField
          label="Version"
          help="As printed on the document"
          pointer="/version_label"
          value={label}
          onChange={setLabel}
        />
        <RadioField
          label="Where the document is"
          value={where}
          choices={[
            { value: 'here', label: 'In Assay, as evidence' },
            { value: 'elsewhere', label: 'Somewhere else, known by its hash' },
          ]}
          onChange={(value) => setWhere(value === 'here' ? 'here' : 'elsewhere')}
        />
        {where === 'here' ? (
          <SelectField
            label="Document"
            help="Not there yet? Add the file on the Evidence page first."
            pointer="/collection_id"
            value={collection}
            choices={(documents.data?.rows ?? []).map((row) => ({
              value: row.id,
              label: row.source_name,
              says: row.remarks[0] ?? row.stream,
            }))}
            onChange={setCollection}
          />
        ) : (
          <>
            <TextField label="Where it is kept" pointer="/reference" value={reference} onChange={setReference} />
            <TextField
              label="SHA-256 of the file"
              pointer="/sha256"
              spellCheck={false}
              value={sha256}
              onChange={setSha256}
            />
          </>
        )}
        <div className="flex flex-wrap gap-4">
          <TextField label="In force from" type="date" pointer="/effective_from" value={from} onChange={setFrom} />
          <TextField label="Next review" type="date" pointer="/next_review" value={review} onChange={setReview} />
        </div>
      </Form>
    </Dialog>
  )
}
