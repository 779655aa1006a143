// SPDX-License-Identifier: Apache-2.0
import { useNavigate } from '@tanstack/react-router'
import type { Output } from '../../web/client.ts'
import { useDates } from '../../web/clocks.ts'
import { dayText } from '../../web/dates.ts'
import { A, Page } from '../../web/layout/Page.tsx'
import { useAsk } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { HeatMap } from '../../web/strip/HeatMap.tsx'
import { Legend } from '../../web/strip/Legend.tsx'
import { ButtonLink } from '../../web/ui/Button.tsx'
import { Empty } from '../../web/ui/Empty.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Answer, Section } from '../../web/ui/Text.tsx'
import { count } from '../../web/words.ts'
import { Categories } from './Categories.tsx'
import { Changes } from './Changes.tsx'
import { Next } from './Next.tsx'
import { Silent } from './Silent.tsx'
import { InternalView } from './InternalView.tsx'
import { StartGate } from './StartGate.tsx'

type Overview = Output<'readiness.overview'>
type Scope = NonNullable<Overview['scope']>

/** Would we pass today, and on what is that based: readiness, day by day, what changed and what is next. */
export function OverviewPage() {
  const asked = useAsk('readiness.overview', {})
  return (
    <Page title="Overview">
      <Loaded of={asked}>
        {(overview) => (overview.scope ? <Standing overview={overview} scope={overview.scope} /> : <Nothing />)}
      </Loaded>
    </Page>
  )
}

function Nothing() {
  const { asOf, knownAt } = useDates()
  if (asOf || knownAt)
    return (
      <Empty title="Nothing was scoped yet at these dates" says="Move the dates at the top, or go back to today." />
    )
  return (
    <Empty
      title="Begin with the scope"
      says="A short interview says what is to be examined. From it follow the criteria, the controls, the plan, and this page."
    >
      <ButtonLink to={paths.begin} weight="primary">
        Begin
      </ButtonLink>
    </Empty>
  )
}

function Standing({ overview, scope }: { overview: Overview; scope: Scope }) {
  return (
    <>
      <Answer>
        <b>{overview.sentence}</b> <Period scope={scope} />
      </Answer>
      <InternalView />
      <Silent silent={overview.silent} />
      <Categories categories={overview.categories} />
      <div className="grid grid-cols-1 gap-x-10 gap-y-8 xl:grid-cols-[minmax(0,1fr)_340px]">
        {overview.controls.in_effect === 0 && overview.heat.length === 0 ? (
          <Empty
            title="No control is in effect"
            says="Adopt the controls that the scope proposes; from their first day on each has a strip here."
          >
            <ButtonLink to={paths.begin} search={{ step: 'controls' }} weight="primary">
              Adopt controls
            </ButtonLink>
          </Empty>
        ) : (
          <Days overview={overview} />
        )}
        <div className="flex flex-col gap-8">
          <Next next={overview.next} />
          <Changes changes={overview.changes} />
          <StartGate gate={overview.start_gate} decision={overview.start_decision} />
        </div>
      </div>
    </>
  )
}

function Period({ scope }: { scope: Scope }) {
  const { engagement } = scope
  if (engagement.type === 'type1') return <>Type 1 as of {dayText(engagement.as_of)}.</>
  if (scope.days_covered === 0) return <>The period begins on {dayText(engagement.period_from)}.</>
  if (scope.days_covered >= scope.days_total) return <>The period ended on {dayText(engagement.period_to)}.</>
  return (
    <>
      Day {scope.days_covered} of {scope.days_total} of the period, which ends on {dayText(engagement.period_to)}.
    </>
  )
}

function Days({ overview }: { overview: Overview }) {
  const navigate = useNavigate()
  const length = overview.heat[0]?.rows[0]?.cells.length ?? 0
  const all = overview.heat.flatMap((group) => group.rows.map((row) => row.cells)).join('')
  const { in_effect, ineffective, without_owner } = overview.controls
  return (
    <Section
      title="Every control, every day"
      says={
        <>
          {count(in_effect, 'control')} in effect
          {ineffective > 0 && `, ${ineffective} of them not effective`}
          {without_owner > 0 && `, ${without_owner} without an owner`}. <A to={paths.controls}>See the list</A>
        </>
      }
    >
      <HeatMap
        label="Control days"
        from={overview.from}
        length={length}
        today={overview.today}
        groups={overview.heat.map((group) => ({
          id: group.group,
          title: group.title,
          rows: group.rows.map((row) => ({ id: row.control_id, title: row.title, days: row.cells })),
        }))}
        onOpen={(row, day) => void navigate({ to: paths.control(row.id), search: { day } })}
      />
      <Legend days={all} counts={false} />
    </Section>
  )
}
