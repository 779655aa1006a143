// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { RowOf } from '../../web/client.ts'
import { A } from '../../web/layout/Page.tsx'
import { paths } from '../../web/paths.ts'
import { Button } from '../../web/ui/Button.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { Status, StatusPill } from '../../web/ui/Status.tsx'
import { Answer, Fact, Facts, Note, Section } from '../../web/ui/Text.tsx'
import { capital, count, sentence } from '../../web/words.ts'
import { ProofPanel } from '../ledger/ProofPanel.tsx'
import { RUN_LOOKS } from './health-looks.ts'

type Run = RowOf<'connections.runs'>

/** One run: when, what each stream brought and how long it took, and the records that announce and end it. */
export function RunView({ run }: { run: Run }) {
  const [proof, setProof] = useState<string | undefined>(undefined)
  return (
    <div className="flex flex-col gap-6">
      <StatusPill state={run.state} {...RUN_LOOKS[run.state]} />
      <Answer>
        {run.state === 'done' && 'The run read its source.'}
        {run.state === 'failed' && 'The run read nothing.'}
        {(run.state === 'queued' || run.state === 'running') && 'The run is under way.'}
      </Answer>
      {run.because && <Note tone="fail">{capital(run.because)}</Note>}
      <Facts>
        <Fact name="Asked">
          <Moment at={run.requested_at} />
        </Fact>
        <Fact name="Started">{run.started_at ? <Moment at={run.started_at} /> : 'Not yet'}</Fact>
        <Fact name="Finished">{run.finished_at ? <Moment at={run.finished_at} /> : 'Not yet'}</Fact>
      </Facts>
      <Section title="Streams">
        <ul className="divide-y divide-line border-y border-line">
          {run.streams.map((stream) => (
            <li key={stream.stream} className="flex flex-col gap-1 py-2.5">
              <span className="flex flex-wrap items-center gap-x-3">
                <span className="font-medium">{sentence(stream.stream)}</span>
                <Status state={stream.outcome} />
                <span className="tabular text-sm text-ink-3">{(stream.milliseconds / 1000).toFixed(1)} s</span>
                <A to={paths.evidenceItem(stream.collection_id)}>Evidence</A>
              </span>
              <span className="text-sm text-ink-2">
                {count(stream.collected, 'fact')} of {stream.listed.toLocaleString('en')} listed
                {stream.census && `, ${stream.census.n.toLocaleString('en')} counted independently`}
              </span>
              {stream.why && <span className="text-sm text-fail-text">{capital(stream.why)}</span>}
            </li>
          ))}
        </ul>
      </Section>
      <Section
        title="In the ledger"
        says="The intent was recorded before the run started, the end after it: a run that was dropped shows."
        aside={
          <>
            <Button small onClick={() => setProof(run.intent)}>
              Proof of the intent
            </Button>
            <Button
              small
              because={run.ended === null && 'It has not ended'}
              onClick={() => setProof(run.ended ?? undefined)}
            >
              Proof of the end
            </Button>
          </>
        }
      >
        {proof && <ProofPanel manifest={proof} />}
      </Section>
    </div>
  )
}
