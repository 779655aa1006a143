// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router'
import { daysBetween } from '../../lib/time.ts'
import type { Output } from '../../web/client.ts'
import { useDay } from '../../web/clocks.ts'
import { dayDistance, dayText } from '../../web/dates.ts'
import { paths } from '../../web/paths.ts'
import { Status } from '../../web/ui/Status.tsx'
import { Section } from '../../web/ui/Text.tsx'
import { count } from '../../web/words.ts'

type Due = Output<'readiness.overview'>['next'][number]

const placeOf = (row: Due): { to: string; search?: Record<string, string> } => {
  if (row.kind === 'control') return { to: paths.control(row.id), search: { tab: 'evidence' } }
  if (row.kind === 'policy') return { to: paths.policies, search: { open: row.id } }
  return { to: paths.tasks, search: { open: row.id } }
}
const KINDS = { control: 'Perform', policy: 'Review', task: 'Task' } as const

/** What has to be done next, overdue first. */
export function Next({ next }: { next: readonly Due[] }) {
  const today = useDay()
  return (
    <Section title="What is next">
      {next.length === 0 && <p className="text-ink-3">Nothing is due in the next 90 days.</p>}
      <ul className="divide-y divide-line">
        {next.slice(0, 10).map((row) => (
          <li key={row.kind + row.id}>
            <Link {...placeOf(row)} className="flex items-center gap-3 py-2 hover:bg-hover">
              <span className="w-14 shrink-0 text-sm text-ink-3">{KINDS[row.kind]}</span>
              <span className="min-w-0 flex-1 line-clamp-2">{row.title}</span>
              <span className="shrink-0 text-sm" title={dayText(row.due)}>
                {row.overdue ? (
                  <Status state="overdue" label={lateText(row.due, today)} />
                ) : (
                  <span className="text-ink-2">{dayDistance(row.due, today)}</span>
                )}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  )
}

/** `58 days late`; a thing that is due today and overdue by its grace is late today. */
function lateText(due: string, today: string): string {
  const days = daysBetween(due, today)
  return days <= 0 ? 'due today' : `${count(days, 'day')} late`
}
