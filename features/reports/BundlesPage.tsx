// SPDX-License-Identifier: Apache-2.0
import { Package } from 'lucide-react'
import type { RowOf } from '../../web/client.ts'
import { Page } from '../../web/layout/Page.tsx'
import { useNeeds } from '../../web/layout/shell.ts'
import { useRows } from '../../web/operations.ts'
import { useSearchText } from '../../web/search.ts'
import type { Column } from '../../web/table/column.ts'
import { DataTable } from '../../web/table/DataTable.tsx'
import { Button } from '../../web/ui/Button.tsx'
import { Drawer } from '../../web/ui/Drawer.tsx'
import { Empty } from '../../web/ui/Empty.tsx'
import { later } from '../../web/ui/later.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { Status } from '../../web/ui/Status.tsx'
import { Answer } from '../../web/ui/Text.tsx'
import { count, sizeText } from '../../web/words.ts'
import { BUNDLE_LOOKS } from './bundle-looks.ts'

const BundleView = later(async () => (await import('./BundleView.tsx')).BundleView)

const ExportDialog = later(async () => (await import('./ExportDialog.tsx')).ExportDialog)

type Row = RowOf<'bundles.list'>

const COLUMNS: readonly Column<Row>[] = [
  { id: 'name', header: 'Bundle', cell: (row) => row.name, text: (row) => row.name },
  {
    id: 'state',
    header: 'State',
    width: '130px',
    cell: (row) => <Status state={row.state} {...BUNDLE_LOOKS[row.state]} />,
    text: (row) => row.state,
  },
  {
    id: 'records',
    header: 'Records',
    width: '100px',
    align: 'end',
    from: 'sm',
    cell: (row) => row.records?.toLocaleString('en') ?? '–',
    text: (row) => row.records,
  },
  {
    id: 'size',
    header: 'Size',
    width: '100px',
    align: 'end',
    from: 'sm',
    cell: (row) => (row.size_bytes === null ? '–' : sizeText(row.size_bytes)),
    text: (row) => row.size_bytes,
  },
  {
    id: 'at',
    header: 'Asked for',
    width: '170px',
    from: 'md',
    cell: (row) => <Moment at={row.requested_at} />,
    text: (row) => row.requested_at,
  },
]

/** Evidence bundles: what was exported, and everything needed to verify it without Assay. */
export function BundlesPage() {
  const [open, setOpen] = useSearchText('open')
  const [asking, setAsking] = useSearchText('export')
  const needs = useNeeds('so_admin', 'compliance_manager', 'control_owner', 'executive')
  const list = useRows('bundles.list', {}, 100)
  const done = list.rows.filter((row) => row.state === 'done').length
  return (
    <Page
      title="Bundles"
      actions={
        <Button weight="primary" because={needs} onClick={() => setAsking('open')}>
          <Package /> Export a bundle
        </Button>
      }
    >
      {list.rows.length > 0 && (
        <Answer>
          <b>{count(done, 'bundle')}</b> {done === 1 ? 'is' : 'are'} ready. Each holds its evidence, the log and the
          proofs, and verifies without Assay.
        </Answer>
      )}
      <DataTable
        label="bundles"
        columns={COLUMNS}
        rows={list}
        rowKey={(row) => row.id}
        onOpen={(row) => setOpen(row.id)}
        openKey={open}
        empty={
          <Empty
            title="No bundle yet"
            says="A bundle is a zip that anybody can verify with bash and openssl alone: the evidence, the signed log, the proofs and the time-stamps."
          >
            <Button weight="primary" because={needs} onClick={() => setAsking('open')}>
              Export a bundle
            </Button>
          </Empty>
        }
      />
      <Drawer open={open !== undefined} onClose={() => setOpen(undefined)} title="Bundle">
        {open && <BundleView id={open} />}
      </Drawer>
      {asking && <ExportDialog onClose={() => setAsking(undefined)} onMade={setOpen} />}
    </Page>
  )
}
