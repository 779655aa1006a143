// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router'
import { ArrowRight } from 'lucide-react'
import type { Output } from '../../web/client.ts'
import { dayText } from '../../web/dates.ts'
import { paths } from '../../web/paths.ts'
import { dayLook } from '../../web/strip/days.ts'
import { Mark } from '../../web/ui/Mark.tsx'
import { Section } from '../../web/ui/Text.tsx'

type Change = Output<'readiness.overview'>['changes'][number]

/** Controls whose day turned from one state to another in the last week, newest first. */
export function Changes({ changes }: { changes: readonly Change[] }) {
  return (
    <Section title="What changed this week">
      {changes.length === 0 && <p className="text-ink-3">No control turned from one state to another.</p>}
      <ul className="divide-y divide-line">
        {changes.slice(0, 10).map((change) => (
          <li key={change.control_id + change.day}>
            <Link
              to={paths.control(change.control_id)}
              search={{ day: change.day }}
              className="flex flex-col gap-0.5 py-2 hover:bg-hover"
            >
              <span className="truncate">
                <span className="text-ink-3">{change.control_id}</span> {change.title}
              </span>
              <span className="flex items-center gap-1.5 text-sm text-ink-2">
                <span className="tabular mr-2 text-ink-3">{dayText(change.day)}</span>
                <Mark tone={dayLook(change.before).tone} />
                {dayLook(change.before).label}
                <ArrowRight size={12} aria-label="to" className="text-ink-3" />
                <Mark tone={dayLook(change.after).tone} />
                {dayLook(change.after).label}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  )
}
