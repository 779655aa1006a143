// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { Output } from '../../web/client.ts'
import { dayText } from '../../web/dates.ts'
import { A } from '../../web/layout/Page.tsx'
import { paths } from '../../web/paths.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { Button } from '../../web/ui/Button.tsx'
import { Section } from '../../web/ui/Text.tsx'
import { Status } from '../../web/ui/Status.tsx'
import { later } from '../../web/ui/later.tsx'

const LinkDialog = later(async () => (await import('./LinkDialog.tsx')).LinkDialog)

const DecideDialog = later(async () => (await import('./DecideDialog.tsx')).DecideDialog)

type Item = Output<'evidence.get'>
type Link = Item['links'][number]

/** What a piece of evidence was put forward for, and what was decided about it. */
export function Links({ item }: { item: Item }) {
  const [deciding, setDeciding] = useState<Link | undefined>(undefined)
  const [linking, setLinking] = useState(false)
  return (
    <Section
      title="Put forward for"
      aside={
        <Button
          small
          because={item.superseded_by !== null && 'A corrected item is no longer put forward'}
          onClick={() => setLinking(true)}
        >
          Put forward for a control
        </Button>
      }
    >
      <PlainTable
        label="Controls it is put forward for"
        rows={item.links}
        rowKey={(row) => row.id}
        empty="No control yet. Facts of this reading are judged by checks without being put forward."
        columns={[
          {
            id: 'control',
            header: 'Control',
            width: '90px',
            cell: (row) => <A to={paths.control(row.control_id)}>{row.control_id}</A>,
          },
          { id: 'slot', header: 'As', cell: (row) => row.slot },
          {
            id: 'period',
            header: 'Period',
            width: '190px',
            from: 'lg',
            cell: (row) =>
              row.period_from && row.period_to ? `${dayText(row.period_from)} to ${dayText(row.period_to)}` : '–',
          },
          {
            id: 'state',
            header: 'State',
            cell: (row) => (
              <>
                <Status state={row.state} />
                {row.because && <span className="block text-ink-2">{row.because}</span>}
              </>
            ),
          },
          {
            id: 'do',
            header: '',
            width: '90px',
            align: 'end',
            cell: (row) =>
              row.state === 'withdrawn' ? null : (
                <Button small weight="quiet" onClick={() => setDeciding(row)}>
                  Decide
                </Button>
              ),
          },
        ]}
      />
      {deciding && <DecideDialog link={deciding} onClose={() => setDeciding(undefined)} />}
      {linking && <LinkDialog collection={item.id} onClose={() => setLinking(false)} />}
    </Section>
  )
}
