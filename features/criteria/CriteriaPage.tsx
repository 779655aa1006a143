// SPDX-License-Identifier: Apache-2.0
import type { RowOf } from '../../web/client.ts'
import { Page } from '../../web/layout/Page.tsx'
import { useAsk } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { useSearchTexts } from '../../web/search.ts'
import type { Column } from '../../web/table/column.ts'
import { DataTable } from '../../web/table/DataTable.tsx'
import { Filters } from '../../web/table/Filters.tsx'
import { ButtonLink } from '../../web/ui/Button.tsx'
import { Empty } from '../../web/ui/Empty.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Status } from '../../web/ui/Status.tsx'
import { Answer } from '../../web/ui/Text.tsx'
import { count } from '../../web/words.ts'
import { sentence } from '../readiness/criterion.ts'
import { tally } from '../readiness/criterion.ts'
import { InternalView } from '../readiness/InternalView.tsx'
import { READY_LOOKS } from '../readiness/readiness-looks.ts'
import { ScoreBar } from '../readiness/ScoreBar.tsx'

type Row = RowOf<'readiness.criteria'>
const CATEGORIES = [
  { value: 'common', label: 'Security' },
  { value: 'availability', label: 'Availability' },
  { value: 'confidentiality', label: 'Confidentiality' },
  { value: 'processing_integrity', label: 'Processing integrity' },
  { value: 'privacy', label: 'Privacy' },
] as const
const STATUSES = ['not_ready', 'at_risk', 'ready'] as const

const COLUMNS: readonly Column<Row>[] = [
  { id: 'id', header: 'Criterion', width: '80px', cell: (row) => row.id, text: (row) => row.id },
  { id: 'title', header: 'Title', cell: (row) => row.title, text: (row) => row.title },
  {
    id: 'status',
    header: 'Readiness',
    width: '115px',
    cell: (row) =>
      row.status ? (
        <Status state={row.status} {...READY_LOOKS[row.status]} />
      ) : (
        <Status state="excluded" label="Not relevant" />
      ),
    text: (row) => (row.status ? STATUSES.indexOf(row.status) : 3),
  },
  {
    id: 'score',
    header: 'Score and caps',
    width: '240px',
    from: 'md',
    cell: (row) => <ScoreBar score={row.score} caps={row.caps} />,
    text: (row) => row.score,
  },
  {
    id: 'controls',
    header: 'Controls',
    width: '100px',
    from: 'sm',
    cell: (row) => (row.thin ? `${row.controls.length}, thin` : row.controls.length),
    text: (row) => row.controls.length,
  },
  {
    id: 'gaps',
    header: 'Open gaps',
    width: '90px',
    align: 'end',
    from: 'sm',
    cell: (row) => (row.open_gaps === 0 ? <span className="text-ink-3">None</span> : row.open_gaps),
    text: (row) => row.open_gaps,
  },
]

/** The criteria of the scope with their readiness, and what holds each back. */
export function CriteriaPage() {
  const asked = useAsk('readiness.criteria', {})
  return (
    <Page title="Criteria">
      <Loaded of={asked}>{({ rows }) => (rows.length === 0 ? <Nothing /> : <List rows={rows} />)}</Loaded>
    </Page>
  )
}

function Nothing() {
  return (
    <Empty title="No criteria apply yet" says="Which criteria apply follows from the categories of the scope.">
      <ButtonLink to={paths.begin} weight="primary">
        Begin with the scope
      </ButtonLink>
    </Empty>
  )
}

function List({ rows }: { rows: readonly Row[] }) {
  const { category, status, q } = useSearchTexts()
  const shown = rows.filter(
    (row) =>
      (category === undefined || row.category === category) &&
      (status === undefined || row.status === status) &&
      `${row.id} ${row.title} ${row.group_title}`.toLowerCase().includes(q?.toLowerCase() ?? ''),
  )
  const relevant = rows.flatMap((row) => (row.status ? [{ status: row.status }] : []))
  const out = rows.length - relevant.length
  return (
    <>
      <Answer>
        <b>{sentence(tally(relevant))}</b>
        {out > 0 && ` ${count(out, 'criterion', 'criteria')} ${out === 1 ? 'is' : 'are'} not relevant to the system.`}
      </Answer>
      <InternalView />
      <DataTable
        label="criteria"
        columns={COLUMNS}
        rows={shown}
        rowKey={(row) => row.id}
        href={(row) => paths.criterion(row.id)}
        filters={
          <Filters
            search="Search criteria"
            filters={[
              { name: 'category', label: 'Category', choices: CATEGORIES },
              {
                name: 'status',
                label: 'Readiness',
                choices: STATUSES.map((value) => ({ value, label: READY_LOOKS[value].label })),
              },
            ]}
          />
        }
        empty={<Empty title="No criteria like these" says="Take a filter away to see them all." />}
      />
    </>
  )
}
