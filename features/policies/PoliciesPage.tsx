// SPDX-License-Identifier: Apache-2.0
import type { RowOf } from '../../web/client.ts'
import { dayText } from '../../web/dates.ts'
import { Page } from '../../web/layout/Page.tsx'
import { useAsk } from '../../web/operations.ts'
import { useSearchText, useSearchTexts } from '../../web/search.ts'
import type { Column } from '../../web/table/column.ts'
import { DataTable } from '../../web/table/DataTable.tsx'
import { Filters } from '../../web/table/Filters.tsx'
import { Drawer } from '../../web/ui/Drawer.tsx'
import { Empty } from '../../web/ui/Empty.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Status } from '../../web/ui/Status.tsx'
import { Answer } from '../../web/ui/Text.tsx'
import { count } from '../../web/words.ts'
import { POLICY_LOOKS } from './policy-looks.ts'
import { later } from '../../web/ui/later.tsx'

const PolicyView = later(async () => (await import('./PolicyView.tsx')).PolicyView)

type Row = RowOf<'policies.list'>
const STATES = ['missing', 'overdue', 'not_yet_in_force', 'in_date'] as const

const COLUMNS: readonly Column<Row>[] = [
  { id: 'id', header: 'Policy', width: '76px', cell: (row) => row.id, text: (row) => row.id },
  { id: 'title', header: 'Title', cell: (row) => row.title, text: (row) => row.title },
  {
    id: 'state',
    header: 'State',
    width: '120px',
    cell: (row) => <Status state={row.state} {...POLICY_LOOKS[row.state]} />,
    text: (row) => STATES.indexOf(row.state),
  },
  {
    id: 'version',
    header: 'Version',
    width: '90px',
    from: 'md',
    cell: (row) => row.in_force?.version_label ?? '–',
    text: (row) => row.in_force?.version_label ?? null,
  },
  {
    id: 'review',
    header: 'Next review',
    width: '130px',
    from: 'sm',
    cell: (row) => (row.in_force ? dayText(row.in_force.next_review) : '–'),
    text: (row) => row.in_force?.next_review ?? null,
  },
  {
    id: 'needed',
    header: 'Needed by',
    width: '160px',
    from: 'lg',
    cell: (row) =>
      row.needed_by.length === 0 ? (
        <span className="text-ink-3">No control</span>
      ) : (
        count(row.needed_by.length, 'control')
      ),
    text: (row) => row.needed_by.length,
  },
]

/** The 25 policies: which are in date, and which controls rest on them. */
export function PoliciesPage() {
  const asked = useAsk('policies.list', {})
  const texts = useSearchTexts()
  const [open, setOpen] = useSearchText('open')
  const state = STATES.find((other) => other === texts['state'])
  return (
    <Page title="Policies">
      <Loaded of={asked}>
        {({ rows }) => {
          const needed = rows.filter((row) => row.needed_by.length > 0)
          const ready = needed.filter((row) => row.state === 'in_date')
          const shown = rows.filter(
            (row) =>
              (!state || row.state === state) &&
              `${row.id} ${row.title}`.toLowerCase().includes(texts['q']?.toLowerCase() ?? ''),
          )
          return (
            <>
              <Answer>
                Controls in scope rest on <b>{count(needed.length, 'policy', 'policies')}</b>; {ready.length} of them{' '}
                {ready.length === 1 ? 'is' : 'are'} approved and in date.
              </Answer>
              <DataTable
                label="policies"
                columns={COLUMNS}
                rows={shown}
                rowKey={(row) => row.id}
                onOpen={(row) => setOpen(row.id)}
                openKey={open}
                filters={
                  <Filters
                    search="Search policies"
                    filters={[
                      {
                        name: 'state',
                        label: 'State',
                        choices: STATES.map((value) => ({ value, label: POLICY_LOOKS[value].label })),
                      },
                    ]}
                  />
                }
                empty={<Empty title="No policies like these" says="Take a filter away to see them all." />}
              />
            </>
          )
        }}
      </Loaded>
      <Drawer open={open !== undefined} onClose={() => setOpen(undefined)} title={`Policy ${open ?? ''}`}>
        {open && <PolicyView id={open} />}
      </Drawer>
    </Page>
  )
}
