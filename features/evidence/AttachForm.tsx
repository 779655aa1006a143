// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { Uploaded } from '../../web/client.ts'
import { Form } from '../../web/form/Form.tsx'
import { TextField } from '../../web/form/fields.tsx'
import { useShell } from '../../web/layout/shell.ts'
import { useCommand } from '../../web/operations.ts'
import { say } from '../../web/ui/toasts.ts'
import type { LinkTo } from './ImportDialog.tsx'

/** Says of a document where it comes from, who prepared it and which days it speaks about. */
export function AttachForm({
  uploaded,
  name,
  link,
  onDone,
}: {
  uploaded: Uploaded | undefined
  name: string
  link: LinkTo | undefined
  onDone: () => void
}) {
  const { me } = useShell()
  const [source, setSource] = useState('')
  const [prepared, setPrepared] = useState(me.name ?? '')
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const attach = useCommand('evidence.attach', () => {
    say(`${name} is kept as evidence`)
    onDone()
  })
  return (
    <Form
      attempt={attach}
      submit="Keep as evidence"
      because={!uploaded && 'The file is still being sent'}
      onSubmit={() =>
        uploaded &&
        attach.mutate({
          upload: uploaded.id,
          source,
          prepared_by: prepared,
          period_from: from || null,
          period_to: to || null,
          ...(link
            ? {
                link: {
                  control: link.control,
                  slot: link.slot,
                  ...(from ? { period_from: from } : {}),
                  ...(to ? { period_to: to } : {}),
                },
              }
            : {}),
        })
      }
    >
      <TextField
        label="Where it comes from"
        help='The system or place, such as "board meeting" or "ticket tracker"'
        pointer="/source"
        value={source}
        onChange={setSource}
      />
      <TextField label="Prepared by" pointer="/prepared_by" value={prepared} onChange={setPrepared} />
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
  )
}
