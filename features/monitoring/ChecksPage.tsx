// SPDX-License-Identifier: Apache-2.0
import { Plus } from 'lucide-react'
import type { RowOf } from '../../web/client.ts'
import { Page } from '../../web/layout/Page.tsx'
import { useRows } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { useSearchTexts } from '../../web/search.ts'
import type { Column } from '../../web/table/column.ts'
import { DataTable } from '../../web/table/DataTable.tsx'
import { Filters } from '../../web/table/Filters.tsx'
import { ButtonLink } from '../../web/ui/Button.tsx'
import { Empty } from '../../web/ui/Empty.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { Status } from '../../web/ui/Status.tsx'
import { Answer } from '../../web/ui/Text.tsx'
import { count, listed, sentence } from '../../web/words.ts'
import { CHECK_LOOKS, SEVERITIES } from './check-looks.ts'
import { OutcomeBar, outcomeWords } from './OutcomeBar.tsx'

type Row = RowOf<'checks.list'>
type State = Row['state']
const STATES = Object.keys(CHECK_LOOKS) as readonly State[]

const COLUMNS: readonly Column<Row>[] = [
  { id: 'title', header: 'Check', cell: (row) => row.title, text: (row) => row.title },
  {
    id: 'state',
    header: 'State',
    width: '130px',
    cell: (row) => <Status state={row.state} {...CHECK_LOOKS[row.state]} />,
    text: (row) => STATES.indexOf(row.state),
  },
  {
    id: 'counts',
    header: 'Subjects',
    width: '220px',
    from: 'md',
    cell: (row) =>
      row.state === 'not_set_up' ? (
        <span className="text-ink-3">No source yet</span>
      ) : (
        <span className="flex items-center gap-2" title={outcomeWords(row.counts)}>
          <span className="w-20 shrink-0">
            <OutcomeBar counts={row.counts} thin />
          </span>
          <span className="truncate text-ink-2">{outcomeWords(row.counts)}</span>
        </span>
      ),
    text: (row) => row.counts.fail,
  },
  {
    id: 'severity',
    header: 'Severity',
    width: '100px',
    from: 'lg',
    cell: (row) => sentence(row.severity),
    text: (row) => SEVERITIES.indexOf(row.severity),
  },
  {
    id: 'controls',
    header: 'Speaks for',
    width: '180px',
    from: 'lg',
    cell: (row) => row.controls.map((control) => control.control_id).join(', '),
    text: (row) => row.controls.map((control) => control.control_id).join(' '),
  },
  {
    id: 'run',
    header: 'Last run',
    width: '160px',
    from: 'xl',
    cell: (row) => (row.last_run_at ? <Moment at={row.last_run_at} /> : '–'),
    text: (row) => row.last_run_at,
  },
  {
    id: 'kind',
    header: 'About',
    width: '150px',
    cell: (row) => sentence(row.kind),
    text: (row) => row.kind,
    optional: true,
  },
  { id: 'id', header: 'Id', width: '220px', cell: (row) => row.id, text: (row) => row.id, optional: true },
]

/** Every automated question, what it finds now, and the controls it speaks for. */
export function ChecksPage() {
  const texts = useSearchTexts()
  const state = STATES.find((other) => other === texts['state'])
  const severity = SEVERITIES.find((other) => other === texts['severity'])
  const list = useRows(
    'checks.list',
    {
      ...(state ? { state } : {}),
      ...(severity ? { severity } : {}),
      ...(texts['control'] ? { control: texts['control'] } : {}),
    },
    500,
  )
  const word = texts['q']?.toLowerCase() ?? ''
  const filtered = Boolean(state ?? severity ?? texts['control'] ?? texts['q'])
  const shown = list.rows
    .filter((row) => `${row.id} ${row.title} ${row.says}`.toLowerCase().includes(word))
    .toSorted((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state))
  return (
    <Page
      title="Checks"
      actions={
        <ButtonLink to={paths.newCheck} weight="primary">
          <Plus /> Write a check
        </ButtonLink>
      }
    >
      {list.rows.length > 0 && <Standing rows={list.rows} />}
      <DataTable
        label="checks"
        columns={COLUMNS}
        rows={{ ...list, rows: shown }}
        rowKey={(row) => row.id}
        href={(row) => paths.check(row.id)}
        filters={
          <Filters
            search="Search checks"
            filters={[
              {
                name: 'state',
                label: 'State',
                choices: STATES.map((value) => ({ value, label: CHECK_LOOKS[value].label })),
              },
              {
                name: 'severity',
                label: 'Severity',
                choices: SEVERITIES.map((value) => ({ value, label: sentence(value) })),
              },
              ...(texts['control'] ? [{ name: 'control', label: 'Control', choices: [] }] : []),
            ]}
          />
        }
        empty={
          <Empty
            title={filtered ? 'No checks like these' : 'No checks yet'}
            says={
              filtered
                ? 'Take a filter away to see them all.'
                : 'Those that come with Assay appear within a minute. Write one of your own in a few lines of YAML.'
            }
          />
        }
      />
    </Page>
  )
}

/** How many checks do what, as the end of a sentence: for one and for several. */
const SAID = {
  pass: ['passes', 'pass'],
  fail: ['fails', 'fail'],
  no_data: ['has no data', 'have no data'],
  inconclusive: ['is inconclusive', 'are inconclusive'],
  excepted: ['is excepted', 'are excepted'],
} as const

function Standing({ rows }: { rows: readonly Row[] }) {
  const of = (state: State): number => rows.filter((row) => row.state === state).length
  const running = rows.length - of('not_set_up')
  const parts = (Object.keys(SAID) as (keyof typeof SAID)[])
    .filter((state) => of(state) > 0)
    .map((state) => `${of(state)} ${SAID[state][of(state) === 1 ? 0 : 1]}`)
  return (
    <Answer>
      <b>{count(running, 'check')}</b> {running === 1 ? 'has' : 'have'} something to judge: {listed(parts)}.
      {of('not_set_up') > 0 && ` ${of('not_set_up')} more wait for a source.`}
    </Answer>
  )
}
