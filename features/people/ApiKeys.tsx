// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { Output, RowOf } from '../../web/client.ts'
import { Form } from '../../web/form/Form.tsx'
import { TextField } from '../../web/form/fields.tsx'
import { Lines } from '../../web/form/Lines.tsx'
import { useAsk, useCommand } from '../../web/operations.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { Button } from '../../web/ui/Button.tsx'
import { CodeBlock, Mono } from '../../web/ui/Code.tsx'
import { Dialog } from '../../web/ui/Dialog.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { SkeletonRows } from '../../web/ui/Skeleton.tsx'
import { Section } from '../../web/ui/Text.tsx'
import { say } from '../../web/ui/toasts.ts'
import { useNames } from './useNames.tsx'

type Key = RowOf<'people.keys'>

/** Keys by which programs act with one's own roles, within their scopes. */
export function ApiKeys() {
  const asked = useAsk('people.keys', {}, { now: true })
  const [making, setMaking] = useState(false)
  const nameOf = useNames()
  const revoke = useCommand('people.revokeKey', () => say('The key is revoked', 'It opens nothing from now on.'))
  return (
    <Section
      title="API keys"
      says="For the command line and other programs. A key acts with your roles, within its scopes, until it expires."
      aside={
        <Button weight="primary" small onClick={() => setMaking(true)}>
          Make a key
        </Button>
      }
    >
      <Loaded of={asked} waiting={<SkeletonRows rows={2} />}>
        {({ rows }) => (
          <PlainTable
            label="API keys"
            rows={rows}
            rowKey={(row) => row.id}
            empty="No key yet."
            columns={[
              {
                id: 'name',
                header: 'Name',
                cell: (row) => (
                  <>
                    {row.name}
                    <span className="block text-ink-3">{nameOf(row.user_id)}</span>
                  </>
                ),
              },
              { id: 'scopes', header: 'May', from: 'sm', cell: (row) => <Mono>{row.scopes.join(', ')}</Mono> },
              {
                id: 'seen',
                header: 'Last used',
                from: 'md',
                cell: (row) => (row.seen_at ? <Moment at={row.seen_at} /> : 'Never'),
              },
              { id: 'until', header: 'Until', cell: (row) => <Until row={row} /> },
              {
                id: 'do',
                header: '',
                align: 'end',
                cell: (row) =>
                  row.revoked_at === null && (
                    <Button
                      small
                      weight="danger"
                      busy={revoke.isPending}
                      onClick={() => revoke.mutate({ key: row.id })}
                    >
                      Revoke
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Loaded>
      {making && <MakeKey onClose={() => setMaking(false)} />}
    </Section>
  )
}

function Until({ row }: { row: Key }) {
  if (row.revoked_at) return <span className="text-ink-3">Revoked</span>
  return <Moment at={row.expires_at} />
}

function MakeKey({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState(['*'])
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
            help="Operations, one a line: controls.list, all of a noun such as evidence.*, or * for everything your roles allow"
            pointer="/scopes"
            rows={3}
            value={scopes}
            onChange={setScopes}
          />
          <TextField label="Days until it ends" type="number" min={1} pointer="/days" value={days} onChange={setDays} />
        </Form>
      )}
    </Dialog>
  )
}
