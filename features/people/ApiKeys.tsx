// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { RowOf } from '../../web/client.ts'
import { useAsk, useCommand } from '../../web/operations.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { Button } from '../../web/ui/Button.tsx'
import { Mono } from '../../web/ui/Code.tsx'
import { later } from '../../web/ui/later.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { SkeletonRows } from '../../web/ui/Skeleton.tsx'
import { Section } from '../../web/ui/Text.tsx'
import { say } from '../../web/ui/toasts.ts'
import { useNames } from './useNames.tsx'

const MakeKey = later(async () => (await import('./MakeKey.tsx')).MakeKey)

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
