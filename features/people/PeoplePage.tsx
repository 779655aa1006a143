// SPDX-License-Identifier: Apache-2.0
import { UserPlus } from 'lucide-react'
import { useState } from 'react'
import type { RowOf } from '../../web/client.ts'
import { Page } from '../../web/layout/Page.tsx'
import { useShell } from '../../web/layout/shell.ts'
import { useRows } from '../../web/operations.ts'
import { useSearchText, useSearchTexts } from '../../web/search.ts'
import type { Column } from '../../web/table/column.ts'
import { DataTable } from '../../web/table/DataTable.tsx'
import { Filters } from '../../web/table/Filters.tsx'
import { Button } from '../../web/ui/Button.tsx'
import { Drawer } from '../../web/ui/Drawer.tsx'
import { Empty } from '../../web/ui/Empty.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { Status, Tag } from '../../web/ui/Status.tsx'
import { Answer } from '../../web/ui/Text.tsx'
import { capital, count, listed, roleText } from '../../web/words.ts'
import { Invitations } from './Invitations.tsx'
import { later } from '../../web/ui/later.tsx'

const PersonView = later(async () => (await import('./PersonView.tsx')).PersonView)

const InviteDialog = later(async () => (await import('./InviteDialog.tsx')).InviteDialog)

type Person = RowOf<'people.list'>
const SIDES = ['management', 'auditor', 'advisor', 'external'] as const

const COLUMNS: readonly Column<Person>[] = [
  {
    id: 'name',
    header: 'Name',
    cell: (row) => row.name ?? <span className="text-ink-3">Erased</span>,
    text: (row) => row.name,
  },
  { id: 'email', header: 'Address', from: 'md', cell: (row) => row.email ?? '–', text: (row) => row.email },
  {
    id: 'side',
    header: 'Side',
    width: '120px',
    cell: (row) => <Tag {...(row.side === 'auditor' ? { tone: 'auditor' } : {})}>{capital(row.side)}</Tag>,
    text: (row) => row.side,
  },
  {
    id: 'roles',
    header: 'Roles',
    from: 'sm',
    cell: (row) => row.roles.map(roleText).join(', '),
    text: (row) => row.roles.map(roleText).join(', '),
  },
  {
    id: 'factor',
    header: 'Second factor',
    width: '130px',
    from: 'lg',
    cell: (row) =>
      row.has_second_factor ? <Status state="pass" label="Enrolled" /> : <Status state="no_data" label="None" />,
    text: (row) => (row.has_second_factor ? 'enrolled' : 'none'),
  },
  {
    id: 'state',
    header: 'Access',
    width: '110px',
    from: 'sm',
    cell: (row) => (row.state === 'active' ? 'May sign in' : <span className="text-ink-3">Shut out</span>),
    text: (row) => row.state,
  },
  {
    id: 'seen',
    header: 'Last here',
    width: '160px',
    from: 'xl',
    cell: (row) => (row.seen_at ? <Moment at={row.seen_at} /> : 'Never'),
    text: (row) => row.seen_at,
  },
]

/** Who may sign in, on which side of the examination, with which roles. */
export function PeoplePage() {
  const { me } = useShell()
  const [open, setOpen] = useSearchText('open')
  const texts = useSearchTexts()
  const [inviting, setInviting] = useState(false)
  const list = useRows('people.list', {}, 500)
  const active = list.rows.filter((row) => row.state === 'active')
  const bySide = SIDES.map((side) => ({ side, n: active.filter((row) => row.side === side).length })).filter(
    ({ n }) => n > 0,
  )
  const shown = list.rows.filter(
    (row) =>
      (texts['side'] === undefined || row.side === texts['side']) &&
      `${row.name ?? ''} ${row.email ?? ''}`.toLowerCase().includes(texts['q']?.toLowerCase() ?? ''),
  )
  const person = list.rows.find((row) => row.id === open)
  return (
    <Page
      title="People and roles"
      actions={
        <Button
          weight="primary"
          because={me.grantable.length === 0 && 'Your roles do not let you invite; ask an administrator'}
          onClick={() => setInviting(true)}
        >
          <UserPlus /> Invite
        </Button>
      }
    >
      {list.rows.length > 0 && (
        <Answer>
          <b>{count(active.length, 'person', 'people')}</b> may sign in:{' '}
          {listed(bySide.map(({ side, n }) => `${n} on the ${side} side`))}. Nobody stands on two sides.
        </Answer>
      )}
      <Invitations />
      <DataTable
        label="people"
        columns={COLUMNS}
        rows={{ ...list, rows: shown }}
        rowKey={(row) => row.id}
        onOpen={(row) => setOpen(row.id)}
        openKey={open}
        filters={
          <Filters
            search="Search people"
            filters={[
              { name: 'side', label: 'Side', choices: SIDES.map((value) => ({ value, label: capital(value) })) },
            ]}
          />
        }
        empty={<Empty title="Nobody like this" says="Take a filter away, or invite somebody." />}
      />
      <Drawer
        open={person !== undefined}
        onClose={() => setOpen(undefined)}
        title={person?.name ?? 'Erased'}
        says={person?.email}
      >
        {person && <PersonView person={person} />}
      </Drawer>
      {inviting && <InviteDialog onClose={() => setInviting(false)} />}
    </Page>
  )
}
