// SPDX-License-Identifier: Apache-2.0
import type { RowOf } from '../../web/client.ts'
import { Page } from '../../web/layout/Page.tsx'
import { useAsk, useRows } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { useSearchText, useSearchTexts } from '../../web/search.ts'
import type { Column } from '../../web/table/column.ts'
import { DataTable } from '../../web/table/DataTable.tsx'
import { Filters } from '../../web/table/Filters.tsx'
import { Drawer } from '../../web/ui/Drawer.tsx'
import { Empty } from '../../web/ui/Empty.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { Answer } from '../../web/ui/Text.tsx'
import { sentence } from '../../web/words.ts'
import { SubjectView } from './SubjectView.tsx'

type Fact = RowOf<'evidence.facts'>

const COLUMNS: readonly Column<Fact>[] = [
  { id: 'label', header: 'Subject', cell: (row) => row.label, text: (row) => row.label },
  {
    id: 'kind',
    header: 'Kind',
    width: '170px',
    from: 'sm',
    cell: (row) => sentence(row.kind),
    text: (row) => row.kind,
  },
  {
    id: 'source',
    header: 'Source',
    width: '200px',
    from: 'md',
    cell: (row) => row.source_name,
    text: (row) => row.source_name,
  },
  {
    id: 'since',
    header: 'So since',
    width: '160px',
    cell: (row) => <Moment at={row.valid_from} />,
    text: (row) => row.valid_from,
  },
  {
    id: 'recorded',
    header: 'Known since',
    width: '160px',
    from: 'lg',
    cell: (row) => <Moment at={row.recorded_at} />,
    text: (row) => row.recorded_at,
  },
]

/** Facts as they stood at the dates of the page, by subject. */
export function FactsPage() {
  const { kind, q } = useSearchTexts()
  const [open, setOpen] = useSearchText('open')
  const kinds = useAsk('kinds.list', {}, { now: true })
  const list = useRows('evidence.facts', { ...(kind ? { kind } : {}), ...(q ? { search: q } : {}) })
  return (
    <Page title="Facts" crumbs={[{ label: 'Evidence', to: paths.evidence }]}>
      <Answer>
        What the sources say of each subject, as it stood. A fact is so from one moment to another, and known since a
        third.
      </Answer>
      <DataTable
        label="facts"
        columns={COLUMNS}
        rows={list}
        rowKey={(row) => String(row.subject_id)}
        onOpen={(row) => setOpen(String(row.subject_id))}
        openKey={open}
        filters={
          <Filters
            search="Search subjects"
            filters={[
              {
                name: 'kind',
                label: 'Kind',
                choices: (kinds.data?.rows ?? []).map((row) => ({ value: row.id, label: sentence(row.id) })),
              },
            ]}
          />
        }
        empty={
          <Empty title="No facts like these" says="Facts come from connections and from files of scanners or tables." />
        }
      />
      <Drawer open={open !== undefined} onClose={() => setOpen(undefined)} title="Subject">
        {open && <SubjectView subject={Number(open)} />}
      </Drawer>
    </Page>
  )
}
