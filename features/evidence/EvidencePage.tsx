// SPDX-License-Identifier: Apache-2.0
import { FileUp } from 'lucide-react'
import type { RowOf } from '../../web/client.ts'
import { Page } from '../../web/layout/Page.tsx'
import { useNeeds } from '../../web/layout/shell.ts'
import { useRows } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { useSearchText, useSearchTexts } from '../../web/search.ts'
import type { Column } from '../../web/table/column.ts'
import { DataTable } from '../../web/table/DataTable.tsx'
import { Filters } from '../../web/table/Filters.tsx'
import { Button, ButtonLink } from '../../web/ui/Button.tsx'
import { CoverageBar } from '../../web/ui/CoverageBar.tsx'
import { Drawer } from '../../web/ui/Drawer.tsx'
import { Empty } from '../../web/ui/Empty.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { Status } from '../../web/ui/Status.tsx'
import { Answer } from '../../web/ui/Text.tsx'
import { count, sentence } from '../../web/words.ts'
import { streamText } from './provenance.ts'
import { later } from '../../web/ui/later.tsx'

const EvidenceView = later(async () => (await import('./EvidenceView.tsx')).EvidenceView)
const ImportDialog = later(async () => (await import('./ImportDialog.tsx')).ImportDialog)

type Row = RowOf<'evidence.list'>

const OUTCOMES = ['complete', 'partial', 'denied', 'unsupported', 'failed'] as const
const SOURCE_KINDS = [
  { value: 'connection', label: 'Connection' },
  { value: 'import', label: 'Imported file' },
  { value: 'person', label: 'Person' },
] as const

const COLUMNS: readonly Column<Row>[] = [
  { id: 'source', header: 'Source', cell: (row) => row.source_name, text: (row) => row.source_name },
  { id: 'stream', header: 'What', cell: (row) => streamText(row.stream), text: (row) => row.stream },
  {
    id: 'kind',
    header: 'Kind',
    width: '150px',
    from: 'lg',
    cell: (row) => sentence(row.kind),
    text: (row) => row.kind,
  },
  {
    id: 'outcome',
    header: 'Outcome',
    width: '120px',
    cell: (row) => <Status state={row.outcome} />,
    text: (row) => row.outcome,
  },
  {
    id: 'coverage',
    header: 'Coverage',
    width: '170px',
    from: 'md',
    cell: (row) => (
      <span className="flex items-center gap-2">
        <CoverageBar listed={row.listed} collected={row.collected} unreachable={row.unreachable} small />
        <span className="tabular shrink-0 text-ink-3">
          {row.collected.toLocaleString('en')}/{row.listed.toLocaleString('en')}
        </span>
      </span>
    ),
    text: (row) => row.collected,
  },
  {
    id: 'observed',
    header: 'Observed',
    width: '160px',
    from: 'sm',
    cell: (row) => <Moment at={row.observed_at} />,
    text: (row) => row.observed_at,
  },
  {
    id: 'late',
    header: 'Standing',
    width: '120px',
    from: 'md',
    cell: (row) =>
      row.superseded_by ? (
        <span className="text-ink-3">Corrected</span>
      ) : row.late ? (
        <Status state="late" />
      ) : row.fresh ? (
        'Fresh'
      ) : (
        <span className="text-ink-3">Out of date</span>
      ),
    text: (row) => (row.superseded_by ? 'corrected' : row.late ? 'late' : row.fresh ? 'fresh' : 'out of date'),
  },
]

/** Everything that was read from systems, files and people, newest knowledge first. */
export function EvidencePage() {
  const texts = useSearchTexts()
  const [open, setOpen] = useSearchText('open')
  const [importing, setImporting] = useSearchText('import')
  const needs = useNeeds('so_admin', 'compliance_manager', 'control_owner', 'executive')
  const outcome = OUTCOMES.find((other) => other === texts['outcome'])
  const source_kind = SOURCE_KINDS.find((other) => other.value === texts['from'])?.value
  const list = useRows('evidence.list', {
    ...(outcome ? { outcome } : {}),
    ...(source_kind ? { source_kind } : {}),
    ...(texts['control'] ? { control: texts['control'] } : {}),
    ...(texts['source'] ? { source: texts['source'] } : {}),
  })
  const odd = list.rows.filter((row) => row.outcome !== 'complete').length
  return (
    <Page
      title="Evidence"
      actions={
        <>
          <ButtonLink to={paths.facts}>Facts</ButtonLink>
          <Button weight="primary" because={needs} onClick={() => setImporting('open')}>
            <FileUp /> Add a file
          </Button>
        </>
      }
    >
      {list.rows.length > 0 && (
        <Answer>
          {list.whole ? '' : 'The newest '}
          <b>{count(list.rows.length, 'reading')}</b> from systems, files and people
          {odd > 0
            ? `; ${odd === 1 ? 'one was not complete and counts' : `${odd} were not complete and count`} as no data where it matters.`
            : ', all complete.'}
          {list.whole ? '' : ' Older ones follow below.'}
        </Answer>
      )}
      <DataTable
        label="readings"
        columns={COLUMNS}
        rows={list}
        rowKey={(row) => row.id}
        href={(row) => paths.evidenceItem(row.id)}
        onOpen={(row) => setOpen(row.id)}
        openKey={open}
        filters={
          <Filters
            filters={[
              {
                name: 'outcome',
                label: 'Outcome',
                choices: OUTCOMES.map((value) => ({ value, label: sentence(value) })),
              },
              { name: 'from', label: 'From', choices: SOURCE_KINDS },
              ...(texts['control'] ? [{ name: 'control', label: 'Control', choices: [] }] : []),
              ...(texts['source'] ? [{ name: 'source', label: 'Source', choices: [] }] : []),
            ]}
          />
        }
        empty={
          <Empty
            title="No evidence yet"
            says="Connect a system and Assay reads it on a schedule, or add a file you already have. Each reading keeps its bytes, its counts and its place in the ledger."
          >
            <ButtonLink to={paths.newConnection} weight="primary">
              Connect a system
            </ButtonLink>
            <Button onClick={() => setImporting('open')}>Add a file</Button>
          </Empty>
        }
      />
      <Drawer
        open={open !== undefined}
        onClose={() => setOpen(undefined)}
        title="Evidence"
        page={open && paths.evidenceItem(open)}
      >
        {open && <EvidenceView id={open} />}
      </Drawer>
      {importing && <ImportDialog onClose={() => setImporting(undefined)} />}
    </Page>
  )
}
