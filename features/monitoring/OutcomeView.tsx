// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { Output } from '../../web/client.ts'
import { useNeeds } from '../../web/layout/shell.ts'
import { useAsk } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { Button } from '../../web/ui/Button.tsx'
import { CodeBlock, Mono } from '../../web/ui/Code.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { SkeletonRows } from '../../web/ui/Skeleton.tsx'
import { Status, StatusPill } from '../../web/ui/Status.tsx'
import { Answer, Section } from '../../web/ui/Text.tsx'
import { Trail } from '../../web/ui/Trail.tsx'
import { capital } from '../../web/words.ts'
import { FactBody } from '../evidence/FactBody.tsx'
import { Preview } from '../evidence/Preview.tsx'
import { later } from '../../web/ui/later.tsx'
import { ASKERS } from './check-looks.ts'
import { reasonFor } from './reason.ts'

const ExceptDialog = later(async () => (await import('./ExceptDialog.tsx')).ExceptDialog)

type Outcome = Output<'checks.outcome'>

/** Why one subject got its verdict: the values compared, the fact, the bytes, and how to put it right. */
export function OutcomeView({ check, subject }: { check: string; subject: number }) {
  const asked = useAsk('checks.outcome', { id: check, subject_id: subject })
  return (
    <Loaded of={asked} waiting={<SkeletonRows rows={6} />}>
      {(outcome) => <Why outcome={outcome} subject={subject} />}
    </Loaded>
  )
}

function Why({ outcome, subject }: { outcome: Outcome; subject: number }) {
  const [excepting, setExcepting] = useState(false)
  const needs = useNeeds(...ASKERS)
  const { fact, explanation } = outcome
  const status = outcome.outcome?.status
  return (
    <div className="flex flex-col gap-6">
      {status && <StatusPill state={status} />}
      <Answer>
        <b>{outcome.outcome?.label ?? fact?.label ?? 'The subject'}</b> {status ? SAID[status] : 'was not judged'}.
      </Answer>
      {outcome.outcome?.because && (
        <p className="prose-line text-ink-2">{closed(reasonFor(outcome.outcome.because, outcome.check.says))}</p>
      )}
      {(status === 'fail' || status === 'inconclusive') && (
        <Section
          title="How to put it right"
          aside={
            status === 'fail' && (
              <Button small because={needs} onClick={() => setExcepting(true)}>
                Ask for an exception
              </Button>
            )
          }
        >
          <p className="prose-line whitespace-pre-line">{outcome.check.remediation}</p>
        </Section>
      )}
      {explanation && <Compared explanation={explanation} />}
      {fact && (
        <>
          <Section title="The fact that was judged">
            <FactBody body={fact.body} />
          </Section>
          <Section title="Trail">
            <Trail
              steps={[
                {
                  kind: 'Check',
                  title: outcome.check.title,
                  says: `Version ${outcome.check.version}`,
                  to: paths.check(outcome.check.id),
                },
                { kind: 'Subject', title: fact.label, says: <Mono>{fact.key}</Mono> },
                {
                  kind: 'Fact',
                  title: (
                    <>
                      So since <Moment at={fact.valid_from} />
                    </>
                  ),
                  says: (
                    <>
                      Observed <Moment at={fact.observed_at} />
                    </>
                  ),
                },
                {
                  kind: 'Capture',
                  title: fact.capture_name ?? `Capture ${fact.capture_n}`,
                  says: <Mono>{fact.pointer}</Mono>,
                  to: paths.evidenceItem(fact.collection_id),
                },
              ]}
            />
          </Section>
          <RawCapture fact={fact} />
        </>
      )}
      {outcome.history.length > 0 && (
        <Section title="History">
          <History rows={outcome.history} says={outcome.check.says} />
        </Section>
      )}
      {excepting && <ExceptDialog check={outcome.check.id} subject={subject} onClose={() => setExcepting(false)} />}
    </div>
  )
}

/** A reason as a sentence by itself. */
const closed = (text: string): string => capital(text.endsWith('.') ? text : `${text}.`)

/** What a verdict says of its subject, as the end of a sentence. */
const SAID = {
  pass: 'does what the check asks',
  fail: 'does not do what the check asks',
  inconclusive: 'could not be judged',
  excepted: 'is excepted',
  not_applicable: 'is not what the check asks about',
} as const

function Compared({ explanation }: { explanation: NonNullable<Outcome['explanation']> }) {
  return (
    <Section title="What was compared" says="Each part of the question with the value it had.">
      <ul className="divide-y divide-line border-y border-line">
        {explanation.parts.map((part) => (
          <li key={part.in + part.text} className="flex flex-wrap items-baseline justify-between gap-x-4 py-1.5">
            <Mono>{part.text}</Mono>
            <span className="font-mono text-xs font-medium">{JSON.stringify(part.value)}</span>
          </li>
        ))}
      </ul>
      {explanation.joined.map((join) => (
        <CodeBlock
          key={join.name}
          label={`${join.name}: ${join.rows} joined`}
          text={join.first.map((row) => JSON.stringify(row, null, 2)).join('\n')}
        />
      ))}
    </Section>
  )
}

function RawCapture({ fact }: { fact: NonNullable<Outcome['fact']> }) {
  const [shown, setShown] = useState(false)
  return (
    <Section
      title="The raw capture"
      says="The bytes the source gave, around the place of this fact. The look is recorded."
      aside={
        !shown && (
          <Button small onClick={() => setShown(true)}>
            Show the bytes
          </Button>
        )
      }
    >
      {shown && <Preview id={fact.collection_id} n={fact.capture_n} pointer={fact.pointer} />}
    </Section>
  )
}

function History({ rows, says }: { rows: Outcome['history']; says: string }) {
  return (
    <PlainTable
      label="History of the verdict"
      rows={rows}
      rowKey={(row) => `${row.version} ${row.valid_from} ${row.recorded_at}`}
      columns={[
        {
          id: 'status',
          header: 'Verdict',
          cell: (row) => (
            <>
              <Status state={row.status} />
              {row.because && <span className="block text-ink-2">{reasonFor(row.because, says)}</span>}
            </>
          ),
        },
        {
          id: 'from',
          header: 'From',
          width: '160px',
          cell: (row) => <Moment at={row.valid_from} />,
        },
        {
          id: 'to',
          header: 'To',
          width: '160px',
          from: 'sm',
          cell: (row) => (row.superseded_at ? 'corrected' : row.valid_to ? <Moment at={row.valid_to} /> : 'now'),
        },
      ]}
    />
  )
}
