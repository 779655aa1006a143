// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { Output, RowOf } from '../../web/client.ts'
import { dayText } from '../../web/dates.ts'
import { A } from '../../web/layout/Page.tsx'
import { useNeeds } from '../../web/layout/shell.ts'
import { useAsk } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { Button } from '../../web/ui/Button.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { SkeletonRows } from '../../web/ui/Skeleton.tsx'
import { Status, Tag } from '../../web/ui/Status.tsx'
import { Section } from '../../web/ui/Text.tsx'
import { Attestations } from './Attestations.tsx'
import type { LinkTo } from './ImportDialog.tsx'
import { later } from '../../web/ui/later.tsx'

const ImportDialog = later(async () => (await import('./ImportDialog.tsx')).ImportDialog)

const DecideDialog = later(async () => (await import('./DecideDialog.tsx')).DecideDialog)

type Slot = Output<'controls.get'>['slots'][number]
type Link = RowOf<'evidence.links'>

/** The evidence list of a control: each place with what was put forward for it, and people's attestations. */
export function ControlEvidence({ control, slots }: { control: string; slots: readonly Slot[] }) {
  const asked = useAsk('evidence.links', { control })
  const [adding, setAdding] = useState<LinkTo | undefined>(undefined)
  const [deciding, setDeciding] = useState<Link | undefined>(undefined)
  const needs = useNeeds('so_admin', 'compliance_manager', 'control_owner', 'executive')
  return (
    <div className="flex flex-col gap-8">
      <Section
        title="Evidence list"
        says="What shows that the control is designed and performed. Required places count for readiness."
      >
        <Loaded of={asked} waiting={<SkeletonRows rows={4} />}>
          {({ rows }) => (
            <ul className="divide-y divide-line border-y border-line">
              {slots.map((slot) => {
                const own = rows.filter((row) => row.slot === slot.id && row.state !== 'withdrawn')
                return (
                  <li
                    key={slot.id}
                    className="grid gap-x-6 gap-y-2 py-3 md:grid-cols-[minmax(0,2fr)_minmax(0,3fr)_auto]"
                  >
                    <div>
                      <p className="font-medium">{slot.title}</p>
                      <p className="mt-0.5 flex gap-1.5">
                        <Tag>{slot.kind === 'automated' ? 'From a source' : 'Document'}</Tag>
                        {slot.required && <Tag>Required</Tag>}
                      </p>
                    </div>
                    <div className="flex flex-col gap-2">
                      {own.length === 0 && (
                        <span className="text-ink-3">
                          {slot.kind === 'automated'
                            ? 'Judged by its checks, or put a reading forward'
                            : 'Nothing put forward yet'}
                        </span>
                      )}
                      {own.map((link) => (
                        <PutForward key={link.id} link={link} onDecide={() => setDeciding(link)} />
                      ))}
                    </div>
                    <div>
                      <Button
                        small
                        because={needs}
                        onClick={() => setAdding({ control, slot: slot.id, title: slot.title })}
                      >
                        Add
                      </Button>
                    </div>
                  </li>
                )
              })}
            </ul>
          )}
        </Loaded>
      </Section>
      <Attestations control={control} />
      {adding && <ImportDialog link={adding} onClose={() => setAdding(undefined)} />}
      {deciding && <DecideDialog link={deciding} onClose={() => setDeciding(undefined)} />}
    </div>
  )
}

function PutForward({ link, onDecide }: { link: Link; onDecide: () => void }) {
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <Status state={link.state} />
      <A to={paths.evidenceItem(link.collection_id)}>{link.source_name}</A>
      <span className="text-sm text-ink-2">
        {link.period_from && link.period_to ? (
          `${dayText(link.period_from)} to ${dayText(link.period_to)}`
        ) : (
          <Moment at={link.observed_at} />
        )}
      </span>
      <Button small weight="quiet" onClick={onDecide}>
        Decide
      </Button>
      {link.because && <span className="basis-full text-sm text-ink-2">{link.because}</span>}
    </div>
  )
}
