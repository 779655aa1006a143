// SPDX-License-Identifier: Apache-2.0
import { CalendarRange, Pencil } from 'lucide-react'
import type { Output } from '../../web/client.ts'
import { dayText } from '../../web/dates.ts'
import { daysBetween } from '../../lib/time.ts'
import { A, Page } from '../../web/layout/Page.tsx'
import { useNeeds } from '../../web/layout/shell.ts'
import { useAsk, useCommand } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { Button, ButtonLink } from '../../web/ui/Button.tsx'
import { Empty } from '../../web/ui/Empty.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Tabs } from '../../web/ui/Tabs.tsx'
import { Answer, Note } from '../../web/ui/Text.tsx'
import { say } from '../../web/ui/toasts.ts'
import { categoryText, count, listed } from '../../web/words.ts'
import { Boundary } from './Boundary.tsx'
import { ControlSet } from './ControlSet.tsx'
import { periodOfMonths } from './period.ts'
import { PeriodWarnings } from './PeriodWarnings.tsx'
import { ScopeVersions } from './ScopeVersions.tsx'

type Got = Output<'system.get'>
type Scope = NonNullable<Got['scope']>

/** What the report is to cover, as it counts at the dates of the page. */
export function ScopePage() {
  const asked = useAsk('system.get', {})
  return (
    <Page
      title="Scope"
      actions={
        <>
          <ButtonLink to={paths.plan}>
            <CalendarRange /> Plan
          </ButtonLink>
          <ButtonLink to={asked.data?.scope ? paths.editScope : paths.begin} weight="primary">
            <Pencil /> {asked.data?.scope ? 'Change the scope' : 'Begin'}
          </ButtonLink>
        </>
      }
    >
      <Loaded of={asked}>{(got) => (got.scope ? <Scoped got={got} scope={got.scope} /> : <NothingYet />)}</Loaded>
    </Page>
  )
}

function NothingYet() {
  return (
    <Empty
      title="Nothing is scoped yet"
      says="A short interview suggests what to examine, which categories, what type of report and which controls. You decide; each exclusion has its reason."
    >
      <ButtonLink to={paths.begin} weight="primary">
        Begin the interview
      </ButtonLink>
    </Empty>
  )
}

function Scoped({ got, scope }: { got: Got; scope: Scope }) {
  const { document } = scope
  return (
    <>
      <Answer>
        The report covers <b>{document.system_name}</b> of {document.organization_name} for{' '}
        {listed(document.categories.map((category) => categoryText(category).toLowerCase()))}:{' '}
        <Engagement scope={scope} />
        <Length scope={scope} months={got.window_months ?? 0} />.{' '}
        {count(got.applicable_criteria, 'criterion', 'criteria')} apply.
      </Answer>
      <Approval scope={got.draft ?? scope} isNewer={got.draft !== null} />
      <Tabs
        tabs={[
          { id: 'boundary', label: 'Boundary', content: <Boundary document={document} /> },
          {
            id: 'controls',
            label: 'Control set',
            count: got.control_set?.controls.length,
            content: got.control_set && <ControlSet set={got.control_set} />,
          },
          {
            id: 'period',
            label: 'Period',
            count: got.warnings.length || undefined,
            content: <PeriodWarnings warnings={got.warnings} />,
          },
          { id: 'versions', label: 'Versions', content: <ScopeVersions /> },
        ]}
      />
    </>
  )
}

/** How long the period is: in months when it is whole ones, else in days. */
function Length({ scope, months }: { scope: Scope; months: number }) {
  const { engagement } = scope.document
  if (engagement.type === 'type1') return null
  const { period_from, period_to } = engagement
  const whole = months > 0 && periodOfMonths(period_from, months).to === period_to
  return <> ({whole ? count(months, 'month') : count(daysBetween(period_from, period_to) + 1, 'day')})</>
}

function Engagement({ scope }: { scope: Scope }) {
  const { engagement } = scope.document
  return engagement.type === 'type1' ? (
    <>
      a <b>type 1</b> as of {dayText(engagement.as_of)}
    </>
  ) : (
    <>
      a <b>type 2</b> from {dayText(engagement.period_from)} to {dayText(engagement.period_to)}
    </>
  )
}

function Approval({ scope, isNewer }: { scope: Scope; isNewer: boolean }) {
  const because = useNeeds('executive')
  const approve = useCommand('system.approveScope', ({ n }) => say(`Version ${n} of the scope is approved`))
  if (scope.state === 'approved') return null
  return (
    <Note tone="late">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <span>
          Version {scope.n} waits for the approval of a management signatory.
          {isNewer && ' Until then the version below counts.'}{' '}
          <A to={paths.scope} search={{ tab: 'versions' }}>
            Compare the versions
          </A>
        </span>
        <Button small because={because} busy={approve.isPending} onClick={() => approve.mutate({ n: scope.n })}>
          Approve version {scope.n}
        </Button>
      </div>
      {approve.error && <p role="alert">{approve.error.message}</p>}
    </Note>
  )
}
