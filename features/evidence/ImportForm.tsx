// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import { useNavigate } from '@tanstack/react-router'
import type { Uploaded } from '../../web/client.ts'
import { CheckField } from '../../web/form/choices.tsx'
import { Form } from '../../web/form/Form.tsx'
import { TextField } from '../../web/form/fields.tsx'
import { useShell } from '../../web/layout/shell.ts'
import { useCommand } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { say } from '../../web/ui/toasts.ts'
import { count } from '../../web/words.ts'
import { EMPTY_TABLE, missingOf, TableFields, tableOf, type TableDraft } from './TableFields.tsx'

/** Says of a scanner's file or a table what Assay has to know before it reads it. */
export function ImportForm({
  uploaded,
  format,
  headers,
  onDone,
}: {
  uploaded: Uploaded | undefined
  format: 'ocsf' | 'sarif' | 'xccdf' | 'csv'
  headers: readonly string[]
  onDone: () => void
}) {
  const { me } = useShell()
  const navigate = useNavigate()
  const isTable = format === 'csv'
  const [series, setSeries] = useState('')
  const [observed, setObserved] = useState('')
  const [prepared, setPrepared] = useState(me.name ?? '')
  const [whole, setWhole] = useState(false)
  const [table, setTable] = useState<TableDraft>(EMPTY_TABLE)
  const read = useCommand('evidence.import', (done) => {
    const [only] = done.collections
    const facts = done.collections.reduce((sum, collection) => sum + collection.collected, 0)
    say(
      done.state === 'done' ? `${count(facts, 'fact')} read from ${done.name}` : `${done.name} is being read`,
      done.state === 'done' ? undefined : 'It is large, so it goes on in the background.',
    )
    onDone()
    if (only) void navigate({ to: paths.evidenceItem(only.id) })
  })
  const missing = isTable ? missingOf(table) : undefined
  return (
    <Form
      attempt={read}
      submit="Read the file"
      because={(!uploaded && 'The file is still being sent') || missing}
      onSubmit={() =>
        uploaded &&
        read.mutate({
          upload: uploaded.id,
          format,
          series,
          whole,
          ...(observed ? { observed_at: new Date(observed).toISOString() } : {}),
          ...(isTable ? { prepared_by: prepared, table: tableOf(table) } : {}),
        })
      }
    >
      <TextField
        label="Series"
        help='What it is one of, such as "production account, weekly": a newer file of the series replaces what the older one said'
        pointer="/series"
        value={series}
        onChange={setSeries}
      />
      <TextField
        label="When the source was looked at"
        help="Needed when the file does not say it itself"
        optional={!isTable}
        type="datetime-local"
        pointer="/observed_at"
        value={observed}
        onChange={setObserved}
      />
      {isTable ? (
        <>
          <TextField
            label="Prepared by"
            help="Whoever exported or wrote the table; their name stays with every fact"
            pointer="/prepared_by"
            value={prepared}
            onChange={setPrepared}
          />
          <TableFields headers={headers} draft={table} onChange={setTable} />
        </>
      ) : (
        <CheckField
          label="It is a whole scan, although it has fewer rules than the one before"
          help="What is not in it then counts as ended"
          value={whole}
          onChange={setWhole}
        />
      )}
    </Form>
  )
}
