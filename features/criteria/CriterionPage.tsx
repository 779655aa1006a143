// SPDX-License-Identifier: Apache-2.0
import { useParams } from '@tanstack/react-router'
import type { Output } from '../../web/client.ts'
import { A, Page } from '../../web/layout/Page.tsx'
import { useAsk } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { MiniStrip } from '../../web/strip/MiniStrip.tsx'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { later } from '../../web/ui/later.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { StatusPill, Tag } from '../../web/ui/Status.tsx'
import { Answer, Note, Section } from '../../web/ui/Text.tsx'
import { count } from '../../web/words.ts'
import { ComponentLetters } from '../readiness/Components.tsx'
import { Gaps } from '../readiness/Gaps.tsx'
import { InternalView } from '../readiness/InternalView.tsx'
import { COMPONENT_NAMES, percent, READY_LOOKS } from '../readiness/readiness-looks.ts'
import { ScoreBar } from '../readiness/ScoreBar.tsx'

const Relevance = later(async () => (await import('./Relevance.tsx')).Relevance)

type Criterion = Output<'readiness.criterion'>

/** One criterion: its controls, what holds it back, and what would move it to ready. */
export function CriterionPage() {
  const { id = '' }: { id?: string } = useParams({ strict: false })
  const asked = useAsk('readiness.criterion', { id })
  return (
    <Page title={asked.data?.title ?? id} mark={asked.data && id} crumbs={[{ label: 'Criteria', to: paths.criteria }]}>
      <Loaded of={asked}>{(criterion) => <Standing criterion={criterion} />}</Loaded>
    </Page>
  )
}

function Standing({ criterion }: { criterion: Criterion }) {
  return (
    <>
      <div className="flex flex-wrap items-center gap-2">
        {criterion.status ? (
          <StatusPill state={criterion.status} {...READY_LOOKS[criterion.status]} />
        ) : (
          <StatusPill state="excluded" label="Not relevant" />
        )}
        <Tag>
          {criterion.group} {criterion.group_title}
        </Tag>
        {criterion.thin && <Tag tone="late">Rests on one control</Tag>}
      </div>
      <Answer>{criterion.paraphrase}</Answer>
      <InternalView />
      {criterion.caps.length > 0 && (
        <Note tone="late">
          {criterion.caps.map((cap) => (
            <p key={cap.because}>
              Its score cannot exceed {percent(cap.at)}: {cap.because}.
            </p>
          ))}
        </Note>
      )}
      <Section
        title={count(criterion.rows.length, 'control')}
        says="Each control with its four components and its days; key controls weigh more."
        aside={<span className="w-56">{<ScoreBar score={criterion.score} caps={[]} />}</span>}
      >
        <Controls rows={criterion.rows} />
      </Section>
      <Moves moves={criterion.moves} caps={criterion.caps} />
      <Gaps gaps={criterion.gaps} />
      <Subservice rows={criterion.subservice} />
      <Section title="What an auditor is likely to ask">
        <p className="prose-line">{criterion.auditor_asks}</p>
      </Section>
      <Section title="Worth considering" says="Points of focus, in our words. None is required, and none is scored.">
        <ul className="flex flex-col gap-1.5">
          {criterion.consider.map((point) => (
            <li key={point.id} className="prose-line">
              {point.text} {point.role && point.role !== 'both' && <Tag>{point.role}</Tag>}
            </li>
          ))}
        </ul>
      </Section>
      <Relevance id={criterion.id} relevance={criterion.relevance} />
    </>
  )
}

function Controls({ rows }: { rows: Criterion['rows'] }) {
  return (
    <PlainTable
      label="Controls of the criterion"
      rows={rows}
      rowKey={(row) => row.control_id}
      empty="No control in scope supports it. Adopt one, or map one of yours to it."
      columns={[
        {
          id: 'id',
          header: 'Control',
          width: '90px',
          cell: (row) => <A to={paths.control(row.control_id)}>{row.control_id}</A>,
        },
        {
          id: 'title',
          header: 'Title',
          cell: (row) => (
            <>
              {row.title} {row.is_key && <Tag>Key</Tag>}
              {row.ineffective && <span className="block text-fail-text">Not effective: {row.ineffective}</span>}
            </>
          ),
        },
        {
          id: 'components',
          header: 'Components',
          width: '110px',
          cell: (row) => <ComponentLetters components={row.components} />,
        },
        { id: 'owner', header: 'Owner', width: '150px', from: 'lg', cell: (row) => row.owner?.name ?? 'Nobody' },
        { id: 'days', header: 'Days', width: '34%', from: 'md', cell: (row) => <MiniStrip days={row.cells} /> },
      ]}
    />
  )
}

/** A gain that rounds to nothing is still one. */
const gainText = (gain: number): string => (gain < 0.005 ? 'under 1 %' : `+${percent(gain)}`)

function Moves({ moves, caps }: Pick<Criterion, 'moves' | 'caps'>) {
  if (moves.length === 0) return null
  return (
    <Section
      title="What would move it"
      says={
        caps.length === 0
          ? 'The largest gain first.'
          : 'First what caps it: nothing below lifts the score past a cap. A control that is not effective keeps its cap until it is, or until its task names an effective control that makes up for it.'
      }
    >
      <PlainTable
        label="What would move it"
        rows={moves.slice(0, 8)}
        rowKey={(row) => row.control_id + row.component}
        columns={[
          { id: 'gain', header: 'Gain', width: '80px', cell: (row) => gainText(row.gain) },
          {
            id: 'control',
            header: 'Control',
            width: '90px',
            cell: (row) => <A to={paths.control(row.control_id)}>{row.control_id}</A>,
          },
          {
            id: 'component',
            header: 'Component',
            width: '160px',
            from: 'sm',
            cell: (row) => COMPONENT_NAMES[row.component],
          },
          { id: 'because', header: 'Because', cell: (row) => row.because },
        ]}
      />
    </Section>
  )
}

function Subservice({ rows }: { rows: Criterion['subservice'] }) {
  if (rows.length === 0) return null
  return (
    <Section title="Rests on subservice organisations">
      <ul className="flex flex-col gap-2">
        {rows.map((row) => (
          <li key={row.name}>
            <span className="font-medium">{row.name}</span>{' '}
            <Tag>{row.method === 'inclusive' ? 'Inclusive' : 'Carve-out'}</Tag>
            <span className="block text-ink-2">{row.service}</span>
            {row.expected_controls.length > 0 && (
              <span className="block text-sm text-ink-2">Expected there: {row.expected_controls.join('; ')}</span>
            )}
          </li>
        ))}
      </ul>
    </Section>
  )
}
