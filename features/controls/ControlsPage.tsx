// SPDX-License-Identifier: Apache-2.0
import { useMemo, useState } from 'react'
import type { RowOf } from '../../web/client.ts'
import { Page } from '../../web/layout/Page.tsx'
import { useNeeds } from '../../web/layout/shell.ts'
import { useAsk, useRows } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { useSearchTexts } from '../../web/search.ts'
import { MiniStrip } from '../../web/strip/MiniStrip.tsx'
import type { Column } from '../../web/table/column.ts'
import { DataTable } from '../../web/table/DataTable.tsx'
import { Filters } from '../../web/table/Filters.tsx'
import { Button, ButtonLink } from '../../web/ui/Button.tsx'
import { Empty } from '../../web/ui/Empty.tsx'
import { Status } from '../../web/ui/Status.tsx'
import { Answer } from '../../web/ui/Text.tsx'
import { count } from '../../web/words.ts'
import { ComponentLetters } from '../readiness/Components.tsx'
import { FREQUENCIES, STANDING_LOOKS, type Standing } from './control-looks.ts'
import { later } from '../../web/ui/later.tsx'

const AssignDialog = later(async () => (await import('./AssignDialog.tsx')).AssignDialog)

type Control = RowOf<'controls.list'>
type Ready = RowOf<'readiness.controls'>
interface Row extends Control {
  readonly ready: Ready | undefined
}
const STANDINGS = Object.keys(STANDING_LOOKS) as readonly Standing[]

const COLUMNS: readonly Column<Row>[] = [
  { id: 'id', header: 'Control', width: '78px', cell: (row) => row.id, text: (row) => row.id },
  { id: 'title', header: 'Title', cell: (row) => row.title, text: (row) => row.title },
  {
    id: 'state',
    header: 'State',
    width: '120px',
    cell: (row) => <Today row={row} />,
    text: (row) => todayOf(row),
  },
  {
    id: 'components',
    header: 'Components',
    width: '112px',
    from: 'sm',
    cell: (row) => (row.ready ? <ComponentLetters components={row.ready.components} /> : ''),
    text: (row) => row.ready?.score ?? null,
  },
  {
    id: 'days',
    header: 'Days',
    width: '28%',
    from: 'md',
    cell: (row) => (row.ready ? <MiniStrip days={row.ready.cells} /> : ''),
  },
  {
    id: 'owner',
    header: 'Owner',
    width: '140px',
    from: 'lg',
    cell: (row) => row.owner?.name ?? <span className="text-ink-3">Nobody</span>,
    text: (row) => row.owner?.name ?? null,
  },
  {
    id: 'frequency',
    header: 'How often',
    width: '120px',
    cell: (row) => FREQUENCIES[row.frequency] ?? row.frequency,
    text: (row) => row.frequency,
    optional: true,
  },
  {
    id: 'criteria',
    header: 'Criteria',
    width: '160px',
    cell: (row) => row.criteria.join(', '),
    text: (row) => row.criteria.join(' '),
    optional: true,
  },
  {
    id: 'key',
    header: 'Key',
    width: '60px',
    cell: (row) => (row.is_key ? 'Key' : ''),
    text: (row) => (row.is_key ? 'key' : ''),
    optional: true,
  },
]

/** The letter of the last day that has come. */
const todayOf = (row: Row): string =>
  row.state === 'in_scope' ? (row.ready?.cells.trimEnd().at(-1) ?? '-') : row.state

const WORDS: Readonly<Record<string, string>> = {
  o: 'operating',
  f: 'failing',
  n: 'no_data',
  x: 'excepted',
  '-': 'not_due',
  '.': 'not_in_effect',
}

function Today({ row }: { row: Row }) {
  if (row.state !== 'in_scope') return <Status state={row.state} {...STANDING_LOOKS[row.state]} />
  return <Status state={WORDS[todayOf(row)] ?? 'not_due'} />
}

/** Every control: today, its four components, its days, its owner. */
export function ControlsPage() {
  const texts = useSearchTexts()
  const { q, today, group } = texts
  const state = STANDINGS.find((other) => other === texts['state'])
  const list = useRows('controls.list', { ...(state ? { state } : {}), ...(q ? { search: q } : {}) }, 500)
  const readiness = useAsk('readiness.controls', { limit: 500 })
  const rows = useMemo(() => {
    const ready = new Map((readiness.data?.rows ?? []).map((row) => [row.control_id, row]))
    return list.rows
      .map((row): Row => ({ ...row, ready: ready.get(row.id) }))
      .filter((row) => (state ? true : row.state !== 'not_adopted'))
      .filter((row) => today === undefined || todayOf(row) === today)
      .filter((row) => group === undefined || row.group === group)
  }, [list.rows, readiness.data, state, today, group])
  const [assigning, setAssigning] = useState<readonly string[] | undefined>(undefined)
  const needs = useNeeds('so_admin', 'compliance_manager')
  const filtered = [state, today, group, q].some((filter) => filter !== undefined)
  const groups = [...new Set(list.rows.map((row) => row.group))].toSorted()
  return (
    <Page
      title="Controls"
      actions={
        <ButtonLink to={paths.begin} search={{ step: 'controls' }}>
          Adopt from the library
        </ButtonLink>
      }
    >
      {!list.loading && <Standing rows={rows} />}
      <DataTable
        label="controls"
        columns={COLUMNS}
        rows={{ ...list, rows }}
        rowKey={(row) => row.id}
        href={(row) => paths.control(row.id)}
        bulk={(chosen, clear) => (
          <>
            <Button small because={needs} onClick={() => setAssigning(chosen.map((row) => row.id))}>
              Assign an owner
            </Button>
            <Button small weight="quiet" onClick={clear}>
              Clear
            </Button>
          </>
        )}
        filters={
          <Filters
            search="Search controls"
            filters={[
              {
                name: 'today',
                label: 'State',
                choices: [
                  { value: 'f', label: 'Failing' },
                  { value: 'n', label: 'No data' },
                  { value: 'x', label: 'Excepted' },
                  { value: 'o', label: 'Operating' },
                  { value: '-', label: 'Not due' },
                ],
              },
              { name: 'group', label: 'Group', choices: groups.map((value) => ({ value, label: value })) },
              {
                name: 'state',
                label: 'Scope',
                choices: STANDINGS.map((value) => ({ value, label: STANDING_LOOKS[value].label })),
              },
            ]}
          />
        }
        empty={
          <Empty
            title={filtered ? 'No controls like these' : 'No controls yet'}
            says={
              filtered
                ? 'Take a filter away to see them all.'
                : 'The scope proposes a set that suits the stage and the categories; adopt it, and reword what is done otherwise.'
            }
          >
            <ButtonLink to={paths.begin} search={{ step: 'controls' }} weight="primary">
              Adopt controls
            </ButtonLink>
          </Empty>
        }
      />
      {assigning && <AssignDialog controls={assigning} onClose={() => setAssigning(undefined)} />}
    </Page>
  )
}

function Standing({ rows }: { rows: readonly Row[] }) {
  const inScope = rows.filter((row) => row.state === 'in_scope')
  if (inScope.length === 0) return null
  const of = (letter: string): number => inScope.filter((row) => todayOf(row) === letter).length
  const parts = [
    of('f') > 0 ? `${of('f')} ${of('f') === 1 ? 'fails' : 'fail'}` : '',
    of('n') > 0 ? `${of('n')} ${of('n') === 1 ? 'has' : 'have'} no data` : '',
    of('x') > 0 ? `${of('x')} ${of('x') === 1 ? 'is' : 'are'} excepted` : '',
  ].filter(Boolean)
  const ownerless = inScope.filter((row) => row.owner === null).length
  return (
    <Answer>
      <b>
        {of('o')} of {count(inScope.length, 'control')}
      </b>{' '}
      {of('o') === 1 ? 'operates' : 'operate'} today
      {parts.length > 0 ? `; ${parts.join(', ')}` : ''}
      {ownerless > 0 ? `; ${ownerless} without an owner` : ''}.
    </Answer>
  )
}
