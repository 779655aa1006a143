// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import { today } from '../../web/dates.ts'
import { Form } from '../../web/form/Form.tsx'
import { TextArea, TextField } from '../../web/form/fields.tsx'
import { useNeeds, useShell } from '../../web/layout/shell.ts'
import { useAsk, useCommand } from '../../web/operations.ts'
import { Button } from '../../web/ui/Button.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Answer, Note } from '../../web/ui/Text.tsx'
import { say } from '../../web/ui/toasts.ts'
import { count } from '../../web/words.ts'
import { PersonField } from '../people/PersonField.tsx'

/** Adopts the proposed controls, all or those left ticked, with an owner and a first day. */
export function AdoptStep({ onDone }: { onDone: () => void }) {
  const asked = useAsk('controls.list', { state: 'proposed', limit: 500 }, { now: true })
  return (
    <Loaded of={asked}>
      {({ rows }) =>
        rows.length === 0 ? (
          <div className="flex flex-col items-start gap-4">
            <Note tone="pass">Every control that the scope asks for is adopted or was left out with a reason.</Note>
            <Button weight="primary" onClick={onDone}>
              Continue
            </Button>
          </div>
        ) : (
          <Adopt rows={rows} onDone={onDone} />
        )
      }
    </Loaded>
  )
}

interface Proposed {
  readonly id: string
  readonly title: string
  readonly statement: string
}

function Adopt({ rows, onDone }: { rows: readonly Proposed[]; onDone: () => void }) {
  const { me } = useShell()
  const because = useNeeds('so_admin', 'compliance_manager')
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set())
  const [from, setFrom] = useState(today())
  const [owner, setOwner] = useState<string | undefined>(me.id)
  const [reason, setReason] = useState('')
  const adopt = useCommand('controls.adopt', ({ adopted }) => {
    say(`${count(adopted.length, 'control')} adopted`)
    onDone()
  })
  const chosen = rows.filter((row) => !left.has(row.id)).map((row) => row.id)
  return (
    <Form
      attempt={adopt}
      submit={`Adopt ${count(chosen.length, 'control')}`}
      because={
        because ??
        ((chosen.length === 0 && 'Choose at least one control') ||
          (left.size > 0 && reason.trim() === '' && 'Say why the others are left out'))
      }
      onSubmit={() =>
        adopt.mutate({
          ...(left.size > 0 ? { controls: chosen, leave_out_because: reason } : {}),
          effective_from: from,
          ...(owner ? { owner } : {}),
        })
      }
    >
      <Answer>
        <b>{count(rows.length, 'control')}</b> suit the stage, categories and facts. Adopt them as your own; each can be
        reworded, because the auditor tests the words.
      </Answer>
      <TextField
        label="Performed from"
        help="The first day on which they are really done; days before it are not in effect"
        type="date"
        pointer="/effective_from"
        value={from}
        onChange={setFrom}
      />
      <PersonField
        label="Who answers for them for now"
        help="Owners can be changed one by one or many at once later"
        pointer="/owner"
        value={owner}
        onChange={setOwner}
      />
      <fieldset>
        <legend className="mb-2 font-medium">Controls</legend>
        <ul className="max-h-[40dvh] divide-y divide-line overflow-y-auto border-y border-line">
          {rows.map((row) => (
            <li key={row.id}>
              <label className="grid grid-cols-[16px_72px_1fr] gap-x-3 py-2">
                <input
                  type="checkbox"
                  className="mt-0.5 size-4 accent-accent"
                  checked={!left.has(row.id)}
                  onChange={(event) => setLeft((old) => changed(old, row.id, !event.target.checked))}
                />
                <span className="font-mono text-xs leading-5 text-ink-3">{row.id}</span>
                <span>
                  {row.title}
                  <span className="block text-sm text-ink-2">{row.statement}</span>
                </span>
              </label>
            </li>
          ))}
        </ul>
      </fieldset>
      {left.size > 0 && (
        <TextArea
          label={`Why ${count(left.size, 'control')} ${left.size === 1 ? 'is' : 'are'} left out`}
          help={`${[...left].join(', ')}: a control that suits the scope is left out with a reason; each can be taken back in`}
          pointer="/leave_out_because"
          rows={2}
          value={reason}
          onChange={setReason}
        />
      )}
    </Form>
  )
}

function changed(old: ReadonlySet<string>, id: string, isLeft: boolean): ReadonlySet<string> {
  const next = new Set(old)
  if (isLeft) next.add(id)
  else next.delete(id)
  return next
}
