// SPDX-License-Identifier: Apache-2.0
import type { Output } from '../../web/client.ts'
import { dayText } from '../../web/dates.ts'
import { TextField } from '../../web/form/fields.tsx'
import { Page } from '../../web/layout/Page.tsx'
import { useAsk } from '../../web/operations.ts'
import { paths } from '../../web/paths.ts'
import { useSearchText, useSearchTexts } from '../../web/search.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { ButtonLink } from '../../web/ui/Button.tsx'
import { Empty } from '../../web/ui/Empty.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Select } from '../../web/ui/Select.tsx'
import { Answer, Note, Section } from '../../web/ui/Text.tsx'
import { capital, count, sentence } from '../../web/words.ts'
import { Costs } from './Costs.tsx'
import { Timeline } from './Timeline.tsx'

type Plan = Output<'system.plan'>

/** The timeline counted back from the report, what else could be done, and what it may cost. */
export function PlanPage() {
  const { type, months, by } = useSearchTexts()
  const scope = useAsk('system.get', {})
  const scoped = Boolean(scope.data?.scope)
  const asked = useAsk(
    'system.plan',
    {
      ...(type === 'type1' || type === 'type2' ? { type } : {}),
      ...(months ? { window_months: Number(months) } : {}),
      ...(by ? { target_report_date: by } : {}),
    },
    { enabled: scoped },
  )
  return (
    <Page title="Plan" crumbs={[{ label: 'Scope', to: paths.scope }]}>
      {scope.data && !scoped ? (
        <Empty title="A plan needs a scope" says="The interview takes a few minutes; the plan follows from it.">
          <ButtonLink to={paths.begin} weight="primary">
            Begin the interview
          </ButtonLink>
        </Empty>
      ) : (
        <>
          <WhatIf />
          <Loaded of={asked}>{(plan) => <Planned plan={plan} />}</Loaded>
        </>
      )}
    </Page>
  )
}

/** What would follow from another type, period or date; nothing is saved. */
function WhatIf() {
  const [type, setType] = useSearchText('type')
  const [months, setMonths] = useSearchText('months')
  const [by, setBy] = useSearchText('by')
  return (
    <div className="flex flex-wrap items-end gap-4 print:hidden">
      <p className="basis-full text-ink-2">What would follow from something else? Nothing here is saved.</p>
      <div className="w-40">
        <p className="mb-1.5 font-medium">Type</p>
        <Select
          label="Type of report"
          value={type ?? 'scoped'}
          choices={[
            { value: 'scoped', label: 'As scoped' },
            { value: 'type1', label: 'Type 1' },
            { value: 'type2', label: 'Type 2' },
          ]}
          onChange={(value) => setType(value === 'scoped' ? undefined : value)}
        />
      </div>
      <div className="w-40">
        <p className="mb-1.5 font-medium">Period</p>
        <Select
          label="Length of the period"
          value={months ?? 'scoped'}
          choices={[
            { value: 'scoped', label: 'As scoped' },
            ...[3, 6, 9, 12].map((n) => ({ value: String(n), label: `${n} months` })),
          ]}
          onChange={(value) => setMonths(value === 'scoped' ? undefined : value)}
        />
      </div>
      <TextField label="Report due" type="date" value={by ?? ''} onChange={(day) => setBy(day || undefined)} />
    </div>
  )
}

/** When the report can be there; or that it cannot be there on the day that was asked for. */
function InHand({ plan }: { plan: Plan }) {
  const earliest = dayText(plan.earliest_report_date)
  if (!plan.feasible)
    return (
      <>
        A report on <b>{dayText(plan.report_date)}</b> is not possible: even if everything goes quickly, it takes until{' '}
        <b>{earliest}</b>.
      </>
    )
  if (plan.report_date === plan.earliest_report_date)
    return (
      <>
        The report can be in hand on <b>{earliest}</b> at the earliest, if everything goes quickly.
      </>
    )
  return (
    <>
      The report is planned for <b>{dayText(plan.report_date)}</b>; if everything goes quickly it can be in hand on{' '}
      {earliest}.
    </>
  )
}

function Planned({ plan }: { plan: Plan }) {
  return (
    <>
      <Answer>
        <InHand plan={plan} />{' '}
        {plan.open_gaps > 0 && `${count(plan.open_gaps, 'gap')} ${plan.open_gaps === 1 ? 'is' : 'are'} open now.`}
      </Answer>
      <Note tone={plan.feasible ? 'pass' : 'late'}>{capital(plan.because)}.</Note>
      <Section
        title="Timeline"
        says="Solid: everything goes quickly. Dashed: with careful durations. All of it is an estimate."
      >
        <Timeline quick={plan.quick} careful={plan.careful} today={plan.today} />
        <PlainTable
          label="Phases"
          rows={plan.quick}
          rowKey={(row) => row.id}
          columns={[
            { id: 'phase', header: 'Phase', cell: (row) => sentence(row.id) },
            { id: 'work', header: 'Work', from: 'sm', cell: (row) => <span className="text-ink-2">{row.work}</span> },
            { id: 'from', header: 'From', width: '120px', cell: (row) => dayText(row.from) },
            { id: 'to', header: 'To', width: '120px', cell: (row) => dayText(row.to) },
          ]}
        />
      </Section>
      {plan.alternatives.length > 0 && (
        <Section title="What else could be done">
          <PlainTable
            label="Alternatives"
            rows={plan.alternatives}
            rowKey={(row) => row.id}
            columns={[
              { id: 'change', header: 'Change', cell: (row) => row.change },
              { id: 'date', header: 'Report on', width: '120px', cell: (row) => dayText(row.report_date) },
              {
                id: 'but',
                header: 'Consequence',
                from: 'sm',
                cell: (row) => <span className="text-ink-2">{row.consequence}</span>,
              },
            ]}
          />
        </Section>
      )}
      <Costs plan={plan} />
      <Section title="The years after">
        <ul className="flex flex-col gap-1.5">
          {plan.years.map((year) => (
            <li key={year.date + year.what} className="flex gap-4">
              <span className="tabular w-28 shrink-0 text-ink-3">{dayText(year.date)}</span>
              {year.what}
            </li>
          ))}
        </ul>
      </Section>
    </>
  )
}
