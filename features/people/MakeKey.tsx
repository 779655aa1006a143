// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { Output } from '../../web/client.ts'
import { Form } from '../../web/form/Form.tsx'
import { TextField } from '../../web/form/fields.tsx'
import { Lines } from '../../web/form/Lines.tsx'
import { useCommand } from '../../web/operations.ts'
import { CodeBlock } from '../../web/ui/Code.tsx'
import { Button } from '../../web/ui/Button.tsx'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { Moment } from '../../web/ui/Moment.tsx'

/** What a program usually brings in, asks for and takes away. */
const USUAL: readonly string[] = ['evidence.*', 'connections.*', 'checks.*', 'controls.*', 'readiness.*', 'bundles.*']

/** Makes a key and shows it once. */
export function MakeKey({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState([...USUAL])
  const [days, setDays] = useState('90')
  const [made, setMade] = useState<Output<'people.createKey'> | undefined>(undefined)
  const make = useCommand('people.createKey', setMade)
  return (
    <Dialog open onClose={onClose} title={made ? 'Your new key' : 'Make a key'}>
      {made ? (
        <div className="flex flex-col gap-4">
          <CodeBlock text={made.key} label="Shown once" wrap />
          <CodeBlock label="Try it" text={`ASSAY_API_KEY=${made.key} npx assay controls list`} wrap />
          <p className="text-ink-2">
            It ends on <Moment at={made.expires_at} />. Assay keeps only its hash.
          </p>
          <div>
            <Button weight="primary" onClick={onClose}>
              I have copied it
            </Button>
          </div>
        </div>
      ) : (
        <Form
          attempt={make}
          submit="Make the key"
          onCancel={onClose}
          onSubmit={() =>
            make.mutate({
              name,
              scopes: scopes.map((scope) => scope.trim()).filter((scope) => scope !== ''),
              days: Number(days),
            })
          }
        >
          <TextField label="Name" help="What will use it" pointer="/name" autoFocus value={name} onChange={setName} />
          <Lines
            label="What it may do"
            help="Operations, one a line: controls.list, or all of a noun such as evidence.*"
            pointer="/scopes"
            rows={6}
            value={scopes}
            onChange={setScopes}
          />
          <TextField label="Days until it ends" type="number" min={1} pointer="/days" value={days} onChange={setDays} />
        </Form>
      )}
    </Dialog>
  )
}
