// SPDX-License-Identifier: Apache-2.0
import { Check } from 'lucide-react'
import { useState } from 'react'
import type { Output } from '../../web/client.ts'
import { cx } from '../../web/class-names.ts'
import { here, today } from '../../web/dates.ts'
import { Page } from '../../web/layout/Page.tsx'
import { useShell } from '../../web/layout/shell.ts'
import { useAsk } from '../../web/operations.ts'
import { useSearchText } from '../../web/search.ts'
import { later } from '../../web/ui/later.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { InterviewStep } from './InterviewStep.tsx'
import { blankScope, type ScopeDraft } from './scope-draft.ts'

const ExaminedStep = later(async () => (await import('./BeginSteps.tsx')).ExaminedStep)
const ReportStep = later(async () => (await import('./BeginSteps.tsx')).ReportStep)
const ProvidersStep = later(async () => (await import('./BeginSteps.tsx')).ProvidersStep)
const AdoptStep = later(async () => (await import('../controls/AdoptStep.tsx')).AdoptStep)
const SourceStep = later(async () => (await import('../connections/SourceStep.tsx')).SourceStep)

const STEPS = [
  { id: 'questions', title: 'A few questions' },
  { id: 'examined', title: 'What is examined' },
  { id: 'report', title: 'The report' },
  { id: 'providers', title: 'Providers' },
  { id: 'controls', title: 'Controls' },
  { id: 'source', title: 'First source' },
] as const
type StepId = (typeof STEPS)[number]['id']
const KEPT = 'assay.begin'

export type Suggestion = NonNullable<Output<'system.suggest'>['suggestion']>

/** What has been answered and written so far; survives a reload of the page. */
export interface Begun {
  readonly draft: ScopeDraft
  readonly suggestion: Suggestion | null
}

/** From an empty organisation to a scope, controls and a first source. */
export function BeginPage() {
  const scoped = useAsk('system.get', {}, { now: true })
  return (
    <Page title="Begin">
      <Loaded of={scoped}>{(got) => <Steps isScoped={got.scope !== null} />}</Loaded>
    </Page>
  )
}

function Steps({ isScoped }: { isScoped: boolean }) {
  const { me } = useShell()
  const [at, setAt] = useSearchText('step')
  const go = (next: string): void => {
    setAt(next)
    window.scrollTo(0, 0)
  }
  const step = STEPS.find((other) => other.id === at)?.id ?? (isScoped ? 'controls' : 'questions')
  const [begun, setBegun] = useState<Begun>(
    () => kept() ?? { draft: blankScope(me.organization.name, today(), here), suggestion: null },
  )
  const keep = (next: Begun): void => {
    sessionStorage.setItem(KEPT, JSON.stringify(next))
    setBegun(next)
  }
  const change = (part: Partial<ScopeDraft>): void => keep({ ...begun, draft: { ...begun.draft, ...part } })
  return (
    <div className="grid grid-cols-1 gap-8 lg:grid-cols-[200px_minmax(0,1fr)]">
      <Progress step={step} isScoped={isScoped} go={go} />
      <div>
        {step === 'questions' && (
          <InterviewStep
            begun={begun}
            onDone={(next) => {
              keep(next)
              go('examined')
            }}
          />
        )}
        {step === 'examined' && <ExaminedStep begun={begun} change={change} onDone={() => go('report')} />}
        {step === 'report' && <ReportStep begun={begun} change={change} onDone={() => go('providers')} />}
        {step === 'providers' && <ProvidersStep begun={begun} change={change} onDone={() => go('controls')} />}
        {step === 'controls' && <AdoptStep onDone={() => go('source')} />}
        {step === 'source' && <SourceStep later />}
      </div>
    </div>
  )
}

function Progress({ step, isScoped, go }: { step: StepId; isScoped: boolean; go: (step: string) => void }) {
  const now = STEPS.findIndex((other) => other.id === step)
  return (
    <ol className="flex gap-x-5 gap-y-1 overflow-x-auto pb-1 lg:flex-col">
      {STEPS.map((other, i) => {
        const done = i < now || (isScoped && i < 4)
        return (
          <li key={other.id} className="shrink-0">
            <button
              type="button"
              aria-current={other.id === step ? 'step' : undefined}
              className={cx(
                'flex h-8 items-center gap-2.5 rounded px-1 text-left hover:text-ink',
                other.id === step ? 'font-medium text-ink' : 'text-ink-2',
              )}
              onClick={() => go(other.id)}
            >
              <span
                aria-hidden="true"
                className={cx(
                  'tabular inline-flex size-5 items-center justify-center rounded-full border text-xs',
                  other.id === step ? 'border-accent bg-accent text-accent-ink' : 'border-line-strong',
                )}
              >
                {done && other.id !== step ? <Check size={12} /> : i + 1}
              </span>
              {other.title}
            </button>
          </li>
        )
      })}
    </ol>
  )
}

function kept(): Begun | undefined {
  const text = sessionStorage.getItem(KEPT)
  return text === null ? undefined : (JSON.parse(text) as Begun)
}
