// SPDX-License-Identifier: Apache-2.0
import type { Output } from '../../web/client.ts'
import { dayText, weekdayText } from '../../web/dates.ts'
import { A } from '../../web/layout/Page.tsx'
import { useAsk } from '../../web/operations.ts'
import { reasonFor } from '../monitoring/reason.ts'
import { paths } from '../../web/paths.ts'
import { dayLook } from '../../web/strip/days.ts'
import { PlainTable } from '../../web/table/PlainTable.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Moment } from '../../web/ui/Moment.tsx'
import { SkeletonRows } from '../../web/ui/Skeleton.tsx'
import { Status, StatusPill } from '../../web/ui/Status.tsx'
import { Answer, Section } from '../../web/ui/Text.tsx'
import { sentence } from '../../web/words.ts'

type Day = Output<'readiness.days'>

/** More than this is read better at the check. */
const MOST = 20

/** What made one day of one control what it was: subjects, readings and people's words. */
export function DayView({ id, day }: { id: string; day: string }) {
  const asked = useAsk('readiness.days', { id, day })
  return (
    <Loaded of={asked} waiting={<SkeletonRows rows={5} />}>
      {(found) => <Made day={found} />}
    </Loaded>
  )
}

function Made({ day }: { day: Day }) {
  const look = dayLook(day.state)
  return (
    <div className="flex flex-col gap-6">
      <StatusPill state={day.state} tone={look.tone} label={look.label} />
      <Answer>
        {weekdayText(day.day)}: {day.words}
      </Answer>
      {day.subjects.length > 0 && (
        <Section title="Subjects in trouble that day">
          <PlainTable
            label="Subjects in trouble"
            rows={day.subjects.slice(0, MOST)}
            rowKey={(row) => `${row.check_id} ${row.subject_id}`}
            columns={[
              {
                id: 'label',
                header: 'Subject',
                cell: (row) => (
                  <>
                    <A to={paths.check(row.check_id)} search={{ subject: String(row.subject_id) }}>
                      {row.label}
                    </A>
                    <span className="block text-ink-2">
                      {row.because === null ? row.title : reasonFor(row.because, row.title)}
                    </span>
                  </>
                ),
              },
              { id: 'status', header: 'Verdict', width: '130px', cell: (row) => <Status state={row.status} /> },
              { id: 'since', header: 'Since', width: '160px', from: 'sm', cell: (row) => <Moment at={row.since} /> },
            ]}
          />
          {day.subjects.length > MOST && (
            <p className="text-sm text-ink-3">{day.subjects.length - MOST} more; see the check for all of them.</p>
          )}
        </Section>
      )}
      {day.checks.length > 0 && (
        <Section title="Checks">
          <ul className="flex flex-col gap-1.5">
            {day.checks.map((check) => (
              <li key={check.check_id} className="flex flex-wrap items-center gap-x-3">
                <Status state={check.state} tone={dayLook(check.state).tone} label={dayLook(check.state).label} />
                <A to={paths.check(check.check_id)}>{check.check_id}</A>
                <span className="text-sm text-ink-3">{countsText(check)}</span>
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section title="Readings of the day">
        <PlainTable
          label="Readings"
          rows={day.runs}
          rowKey={(row) => `${row.check_id} ${row.collection_id}`}
          empty="Nothing was read on this day; what stood from the day before counts while it is fresh."
          columns={[
            { id: 'at', header: 'Judged', width: '160px', cell: (row) => <Moment at={row.at} /> },
            {
              id: 'what',
              header: 'Check and reading',
              cell: (row) => (
                <>
                  <A to={paths.evidenceItem(row.collection_id)}>{row.title}</A>
                  {row.because && <span className="block text-ink-2">{row.because}</span>}
                </>
              ),
            },
            { id: 'state', header: 'State', width: '110px', cell: (row) => sentence(row.state) },
          ]}
        />
      </Section>
      <Said said={day.said} />
    </div>
  )
}

function Said({ said }: { said: Day['said'] }) {
  if (said.length === 0) return null
  return (
    <Section title="What people said of it">
      <ul className="flex flex-col gap-2">
        {said.map((row) => (
          <li key={row.id}>
            {row.title}
            <span className="block text-sm text-ink-2">
              {row.by === 'attestation' ? 'Attested' : 'Evidence'}, {sentence(row.outcome).toLowerCase()},{' '}
              {dayText(row.from)} to {dayText(row.to)}
              {!row.corroborated && '; a word alone, without evidence'}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  )
}

const countsText = (check: Day['checks'][number]): string =>
  [
    check.failing > 0 ? `${check.failing} failing` : '',
    check.inconclusive > 0 ? `${check.inconclusive} inconclusive` : '',
    check.excepted > 0 ? `${check.excepted} excepted` : '',
  ]
    .filter(Boolean)
    .join(', ')
