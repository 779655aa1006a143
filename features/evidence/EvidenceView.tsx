// SPDX-License-Identifier: Apache-2.0
import type { Output } from '../../web/client.ts'
import { A } from '../../web/layout/Page.tsx'
import { useAsk } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { Mono } from '../../web/ui/Code.tsx'
import { CoverageBar } from '../../web/ui/CoverageBar.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { SkeletonRows } from '../../web/ui/Skeleton.tsx'
import { Status, StatusPill } from '../../web/ui/Status.tsx'
import { Answer, Fact, Facts, Note, Section } from '../../web/ui/Text.tsx'
import { capital, count } from '../../web/words.ts'
import { useNames } from '../people/useNames.tsx'
import { Captures } from './Captures.tsx'
import { Links } from './Links.tsx'
import { producerText, READ_TEXT, reconciledText, sourceText, streamText } from './provenance.ts'
import { ProvenanceChip } from './ProvenanceChip.tsx'

type Item = Output<'evidence.get'>

/** One reading: where it comes from, what it covers, the bytes, and what it is used for. */
export function EvidenceView({ id }: { id: string }) {
  const asked = useAsk('evidence.get', { id })
  return (
    <Loaded of={asked} waiting={<SkeletonRows rows={6} />}>
      {(item) => <Item item={item} />}
    </Loaded>
  )
}

function Item({ item }: { item: Item }) {
  return (
    <div className="flex flex-col gap-6">
      <div className="flex flex-wrap gap-2">
        <StatusPill state={item.outcome} />
        {item.late && <StatusPill state="late" />}
        {!item.fresh && <StatusPill state="idle" label="Out of date" />}
      </div>
      <Answer>
        {streamText(item.stream)} from <b>{item.source_name}</b>, {READ_TEXT[item.outcome]}:{' '}
        {count(item.collected, 'fact')} of the kind {item.kind.replaceAll('-', ' ')}.
      </Answer>
      <ProvenanceChip
        source={sourceText(item.source_kind)}
        at={item.observed_at}
        by={producerText(item.producer)}
        manifest={item.manifest}
      />
      <Notes item={item} />
      <Section title="Coverage">
        <CoverageBar {...item} />
        {item.missing.length > 0 && (
          <ul className="flex flex-col gap-1 text-sm">
            {item.missing.map((row) => (
              <li key={row.subject}>
                <Mono>{row.subject}</Mono> <span className="text-ink-2">{row.because}</span>
              </li>
            ))}
          </ul>
        )}
      </Section>
      <Section title="Provenance">
        <Provenance item={item} />
      </Section>
      <Captures id={item.id} captures={item.captures} />
      <Links item={item} />
    </div>
  )
}

function Notes({ item }: { item: Item }) {
  return (
    <>
      {item.why && <Note tone={item.outcome === 'complete' ? 'none' : 'fail'}>{item.why}</Note>}
      {item.suspect && <Note tone="late">Doubtful: {item.suspect}. It does not end what was known before.</Note>}
      {item.late && (
        <Note tone="late">
          Recorded more than a day after the moment it speaks about. It counts, and says so wherever it is used.
        </Note>
      )}
      {item.superseded_by && (
        <Note tone="except">
          A later item corrects this one: <A to={paths.evidenceItem(item.superseded_by)}>see it</A>. Both stay provable.
        </Note>
      )}
      {item.supersedes && (
        <Note tone="none">
          This corrects <A to={paths.evidenceItem(item.supersedes)}>an earlier item</A>.
        </Note>
      )}
      {item.remarks.length > 0 && (
        <Note tone="none">
          {item.remarks.map((remark) => (
            <p key={remark}>{capital(remark)}</p>
          ))}
        </Note>
      )}
    </>
  )
}

function Provenance({ item }: { item: Item }) {
  const nameOf = useNames()
  return (
    <Facts>
      <Fact name="Observed">
        <Moment at={item.observed_at} />
      </Fact>
      <Fact name="Recorded">
        <Moment at={item.recorded_at} /> by {nameOf(item.recorded_by)}
      </Fact>
      <Fact name="Fresh until">
        <Moment at={item.fresh_until} /> {!item.fresh && <Status state="late" label="Out of date" />}
      </Fact>
      {item.window_from && item.window_to && (
        <Fact name="Period asked">
          <Moment at={item.window_from} /> to <Moment at={item.window_to} />
        </Fact>
      )}
      <Fact name="Counts">{reconciledText(item.reconciliation)}</Fact>
      <Fact name="Read by">{producerText(item.producer)}</Fact>
      <Fact name="Source">
        <Mono>{item.source_ref}</Mono>
      </Fact>
      <Fact name="Id">
        <Mono>{item.id}</Mono>
      </Fact>
      <Fact name="Root of rows">
        <Mono>{item.rows_root}</Mono>
      </Fact>
    </Facts>
  )
}
