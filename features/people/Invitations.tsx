// SPDX-License-Identifier: Apache-2.0
import { useShell } from '../../web/layout/shell.ts'
import { useAsk, useCommand } from '../../web/operations.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { Button } from '../../web/ui/Button.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { Section } from '../../web/ui/Text.tsx'
import { say } from '../../web/ui/toasts.ts'
import { roleText } from '../../web/words.ts'
import { useNames } from './useNames.tsx'

/** Links that were made and not yet opened; nothing when there is none. */
export function Invitations() {
  const { me } = useShell()
  const nameOf = useNames()
  const asked = useAsk('people.invitations', {}, { now: true, enabled: me.grantable.length > 0 })
  const revoke = useCommand('people.revokeInvitation', () => say('The invitation is withdrawn'))
  const rows = asked.data?.rows ?? []
  if (rows.length === 0) return null
  return (
    <Section title="Open invitations">
      <PlainTable
        label="Open invitations"
        rows={rows}
        rowKey={(row) => row.id}
        columns={[
          { id: 'name', header: 'Name', cell: (row) => row.name },
          { id: 'email', header: 'Address', from: 'sm', cell: (row) => row.email },
          { id: 'roles', header: 'Roles', from: 'md', cell: (row) => row.roles.map(roleText).join(', ') },
          { id: 'by', header: 'Invited by', from: 'lg', cell: (row) => nameOf(row.invited_by) },
          { id: 'until', header: 'Until', cell: (row) => <Moment at={row.expires_at} /> },
          {
            id: 'do',
            header: '',
            align: 'end',
            cell: (row) => (
              <Button
                small
                weight="danger"
                busy={revoke.isPending}
                onClick={() => revoke.mutate({ invitation: row.id })}
              >
                Withdraw
              </Button>
            ),
          },
        ]}
      />
    </Section>
  )
}
