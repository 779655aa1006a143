// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { RowOf } from '../../web/client.ts'
import { A } from '../../web/layout/Page.tsx'
import { useAsk } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { Button } from '../../web/ui/Button.tsx'
import { Mono } from '../../web/ui/Code.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { SkeletonRows } from '../../web/ui/Skeleton.tsx'
import { Status, Tag } from '../../web/ui/Status.tsx'
import { Answer, Section } from '../../web/ui/Text.tsx'
import { count } from '../../web/words.ts'
import { FactBody } from './FactBody.tsx'
import { Preview } from './Preview.tsx'

type Belief = RowOf<'evidence.subject'>

/** Everything that was ever believed about one subject, newest first, each with its place in the captured bytes. */
export function SubjectView({ subject }: { subject: number }) {
  const asked = useAsk('evidence.subject', { subject_id: subject })
  return (
    <Loaded of={asked} waiting={<SkeletonRows rows={5} />}>
      {({ rows }) => (
        <div className="flex flex-col gap-6">
          <Answer>
            <b>{rows[0]?.label}</b>: {count(rows.length, 'belief')} over time.
          </Answer>
          {rows.map((row) => (
            <Belief key={row.id} row={row} />
          ))}
        </div>
      )}
    </Loaded>
  )
}

function Belief({ row }: { row: Belief }) {
  const [looks, setLooks] = useState(false)
  return (
    <Section
      title={
        <span className="flex flex-wrap items-center gap-2 text-base">
          <Moment at={row.valid_from} />{' '}
          {row.valid_to ? (
            <>
              to <Moment at={row.valid_to} />
            </>
          ) : (
            'until now'
          )}
          {row.superseded_at && <Tag tone="except">Mistaken, corrected later</Tag>}
          {row.late && <Status state="late" />}
        </span>
      }
      says={
        <>
          Known since <Moment at={row.recorded_at} />, from{' '}
          <A to={paths.evidenceItem(row.collection_id)}>{row.source_name}</A> at <Mono>{row.pointer}</Mono>
        </>
      }
      aside={
        <Button small onClick={() => setLooks(!looks)}>
          {looks ? 'Hide the bytes' : 'Show the bytes'}
        </Button>
      }
    >
      {looks && <Preview id={row.collection_id} n={row.capture_n} pointer={row.pointer} />}
      <FactBody body={row.body} />
    </Section>
  )
}
