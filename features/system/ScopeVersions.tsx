// SPDX-License-Identifier: Apache-2.0
import { useAsk } from '../../web/operations.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { Mono } from '../../web/ui/Code.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { SkeletonRows } from '../../web/ui/Skeleton.tsx'
import { Status } from '../../web/ui/Status.tsx'
import { shortHash } from '../../web/words.ts'
import { changesBetween } from './scope-changes.ts'

/** Every version that was ever saved, what it changed, and who approved it. */
export function ScopeVersions() {
  const asked = useAsk('system.history', {})
  return (
    <Loaded of={asked} waiting={<SkeletonRows rows={3} />}>
      {({ versions }) => (
        <PlainTable
          label="Versions of the scope"
          rows={versions}
          rowKey={(row) => String(row.n)}
          columns={[
            { id: 'n', header: 'Version', width: '80px', cell: (row) => row.n },
            { id: 'state', header: 'State', width: '130px', cell: (row) => <Status state={row.state} /> },
            {
              id: 'changes',
              header: 'What it changed',
              cell: (row) => {
                const before = versions.find((other) => other.n === row.n - 1)
                return before
                  ? changesBetween(before.document, row.document).join('; ') || 'Nothing'
                  : 'The first version'
              },
            },
            {
              id: 'from',
              header: 'Counts from',
              width: '170px',
              from: 'md',
              cell: (row) => <Moment at={row.effective_from} />,
            },
            {
              id: 'approved',
              header: 'Approved',
              width: '170px',
              from: 'lg',
              cell: (row) => (row.approved_at ? <Moment at={row.approved_at} /> : '–'),
            },
            {
              id: 'manifest',
              header: 'Ledger leaf',
              width: '130px',
              from: 'lg',
              cell: (row) => <Mono full={row.manifest}>{shortHash(row.manifest)}</Mono>,
            },
          ]}
        />
      )}
    </Loaded>
  )
}
