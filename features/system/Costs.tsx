// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { Output } from '../../web/client.ts'
import { useNeeds } from '../../web/layout/shell.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { Button } from '../../web/ui/Button.tsx'
import { later } from '../../web/ui/later.tsx'
import { Tag } from '../../web/ui/Status.tsx'
import { Section } from '../../web/ui/Text.tsx'
import { sentence } from '../../web/words.ts'

const CostDialog = later(async () => (await import('./CostDialog.tsx')).CostDialog)

type Plan = Output<'system.plan'>
export type Figure = Plan['costs'][number]

/** What it may cost: the figures to plan with, which management may replace by its own, and what others publish. */
export function Costs({ plan }: { plan: Plan }) {
  const [editing, setEditing] = useState<Figure | undefined>(undefined)
  const needs = useNeeds('so_admin', 'compliance_manager', 'executive')
  return (
    <Section title="Cost" says={plan.cost_note}>
      <PlainTable
        label="Costs"
        rows={[
          ...plan.costs.map((figure) => ({ ...figure, note: null, figure })),
          ...plan.published.map((row) => ({ ...row, figure: undefined })),
        ]}
        rowKey={(row) => `${row.what} ${row.source} ${row.usd_from}`}
        columns={[
          {
            id: 'what',
            header: 'What',
            cell: ({ what, figure }) => (
              <>
                {sentence(what)} <Tag>{figure ? (figure.own ? 'Our figure' : 'Estimate') : 'Published'}</Tag>
              </>
            ),
          },
          {
            id: 'usd',
            header: 'US dollars',
            width: '190px',
            align: 'end',
            cell: (row) => <span className="tabular">{rangeText(row)}</span>,
          },
          {
            id: 'source',
            header: 'Source',
            from: 'md',
            cell: (row) => (
              <span className="text-ink-2">
                {row.source}
                {row.note && `; ${row.note}`}
              </span>
            ),
          },
          {
            id: 'edit',
            header: 'Change',
            width: '90px',
            align: 'end',
            cell: ({ figure }) =>
              figure && (
                <Button small weight="quiet" because={needs} onClick={() => setEditing(figure)}>
                  Change<span className="sr-only"> the figure for {sentence(figure.what).toLowerCase()}</span>
                </Button>
              ),
          },
        ]}
      />
      <p className="prose-line text-sm text-ink-2">What moves it: {plan.drivers.join(', ')}.</p>
      {editing && <CostDialog figure={editing} onClose={() => setEditing(undefined)} />}
    </Section>
  )
}

function rangeText({ usd_from, usd_to }: { usd_from: number; usd_to: number | null }): string {
  if (usd_to === usd_from) return usd_from.toLocaleString('en')
  return `${usd_from.toLocaleString('en')} ${usd_to === null ? 'or more' : `to ${usd_to.toLocaleString('en')}`}`
}
