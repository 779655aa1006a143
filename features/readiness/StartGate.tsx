// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react'
import type { Output } from '../../web/client.ts'
import { useNeeds } from '../../web/layout/shell.ts'
import { Button } from '../../web/ui/Button.tsx'
import { later } from '../../web/ui/later.tsx'
import { Mark } from '../../web/ui/Mark.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { Note, Section } from '../../web/ui/Text.tsx'
import { capital } from '../../web/words.ts'
import { useNames } from '../people/useNames.tsx'

type Overview = Output<'readiness.overview'>
type Gate = Overview['start_gate'][number]

const StartDialog = later(async () => (await import('./StartDialog.tsx')).StartDialog)

const SHOWN = 12

/** What stands against starting the period, by name, and an executive's decision to start all the same. */
export function StartGate({ gate, decision }: { gate: readonly Gate[]; decision: Overview['start_decision'] }) {
  const [asking, setAsking] = useState(false)
  const needs = useNeeds('executive')
  if (gate.length === 0 && decision === null) return null
  const open = gate.filter((rule) => !rule.met)
  return (
    <Section
      title={gate.length === 0 ? 'The period started with holes' : 'May the period start?'}
      says={
        gate.length > 0 &&
        (open.length === 0
          ? 'Nothing stands against it.'
          : 'A management signatory may decide to start all the same, and names the risk.')
      }
      aside={
        open.length > 0 && (
          <Button small because={needs} onClick={() => setAsking(true)}>
            Start all the same
          </Button>
        )
      }
    >
      {decision && <Decided decision={decision} whole={gate.length === 0} />}
      {gate.length > 0 && (
        <ul className="divide-y divide-line border-y border-line">
          {gate.map((rule) => (
            <Rule key={rule.rule} rule={rule} />
          ))}
        </ul>
      )}
      {asking && <StartDialog criteria={gate[0]?.missing ?? []} onClose={() => setAsking(false)} />}
    </Section>
  )
}

function Rule({ rule }: { rule: Gate }) {
  return (
    <li className="flex gap-3 py-2.5">
      <span className="mt-0.75">
        <Mark tone={rule.met ? 'pass' : 'late'} />
      </span>
      <div>
        <p>
          {capital(rule.rule)}
          <span className="sr-only">{rule.met ? ': met' : ': not met'}</span>
        </p>
        {rule.missing.length > 0 && <p className="text-sm text-ink-2">Still missing: {shortened(rule.missing)}</p>}
      </div>
    </li>
  )
}

function Decided({ decision, whole }: { decision: NonNullable<Overview['start_decision']>; whole: boolean }) {
  const nameOf = useNames()
  return (
    <Note tone="except">
      <p>
        {nameOf(decision.decided_by)} decided on <Moment at={decision.recorded_at} /> to start with holes:{' '}
        {decision.because}
      </p>
      {whole && (
        <ul className="mt-1 list-disc pl-5 text-sm">
          {decision.holes.map((hole) => (
            <li key={hole.rule}>
              Not met: {hole.rule} ({shortened(hole.missing)})
            </li>
          ))}
        </ul>
      )}
    </Note>
  )
}

const shortened = (names: readonly string[]): string =>
  names.slice(0, SHOWN).join(', ') + (names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '')
