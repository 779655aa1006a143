// SPDX-License-Identifier: Apache-2.0
import { daysBetween } from '../../lib/time.ts'
import type { Output } from '../../web/client.ts'
import { dayDistance, dayText } from '../../web/dates.ts'
import { useAsk } from '../../web/operations.ts'
import { useSearchText } from '../../web/search.ts'
import { DayStrip } from '../../web/strip/DayStrip.tsx'
import { MiniStrip } from '../../web/strip/MiniStrip.tsx'
import { Drawer } from '../../web/ui/Drawer.tsx'
import { Loaded } from '../../web/ui/Loaded.tsx'
import { Skeleton } from '../../web/ui/Skeleton.tsx'
import { Note } from '../../web/ui/Text.tsx'
import { count } from '../../web/words.ts'
import { A } from '../../web/layout/Page.tsx'
import { paths } from '../../web/paths.ts'
import { ComponentCards } from './ComponentCards.tsx'
import { InternalView } from './InternalView.tsx'
import { Gaps } from './Gaps.tsx'
import { later } from '../../web/ui/later.tsx'

const DayView = later(async () => (await import('./DayView.tsx')).DayView)

type Control = Output<'readiness.control'>

/** How a control stands: its days, its four components with their reasons, its gaps. */
export function ControlReadiness({ id }: { id: string }) {
  const asked = useAsk('readiness.control', { id })
  const [day, setDay] = useSearchText('day')
  return (
    <>
      <Loaded of={asked} waiting={<Skeleton className="h-32" />}>
        {(control) => <Standing control={control} onDay={setDay} />}
      </Loaded>
      <Drawer
        open={day !== undefined}
        onClose={() => setDay(undefined)}
        title={day ? dayText(day) : ''}
        says={`What made the day of ${id} what it was`}
      >
        {day && <DayView id={id} day={day} />}
      </Drawer>
    </>
  )
}

function Standing({ control, onDay }: { control: Control; onDay: (day: string) => void }) {
  return (
    <>
      <DayStrip
        label={`Days of ${control.control_id}`}
        from={control.from}
        days={control.cells}
        today={control.today}
        onOpen={onDay}
      />
      {control.checks.length > 0 && (
        <ul className="-mt-2 flex flex-col gap-1">
          {control.checks.map((check) => (
            <li key={check.check_id} className="flex flex-col gap-0.5">
              <MiniStrip days={untilToday(check.cells, control)} width={1000} height={8} />
              <span className="truncate text-xs text-ink-3">
                <A to={paths.check(check.check_id)}>{check.title}</A> {check.strength}
              </span>
            </li>
          ))}
        </ul>
      )}
      {control.late_start_days > 0 && control.since && (
        <Note tone="none">
          In effect from {dayText(control.since)}: on the first {count(control.late_start_days, 'day')} of the period it
          was not there. Management names it among the changes of the period; the auditor decides what that means.
        </Note>
      )}
      {control.ineffective && <Note tone="fail">Counts as not effective: {control.ineffective}.</Note>}
      {control.components && (
        <ComponentCards components={control.components} weights={control.weights} frequency={control.frequency} />
      )}
      {control.components && <InternalView />}
      <Due control={control} />
      {control.gaps.length > 0 && <Gaps gaps={control.gaps} />}
    </>
  )
}

function Due({ control }: { control: Control }) {
  if (!control.next_due || !control.attestation_due) return null
  const { due, overdue_from } = control.next_due
  const late = overdue_from <= control.today
  return (
    <p className={late ? 'text-late-text' : 'text-ink-2'}>
      {late ? 'It was to be performed and attested' : 'It is to be performed and attested'}{' '}
      {dayDistance(due, control.today)} ({dayText(due)});{' '}
      {late ? 'its days count as no data since' : 'without it, its days count as no data from'} {dayText(overdue_from)}.
    </p>
  )
}

/** The days of a check that have come; those to come are blank, as they are in the control's own strip. */
const untilToday = (cells: string, { from, today }: Control): string =>
  cells.slice(0, daysBetween(from, today) + 1).padEnd(cells.length, ' ')
