// SPDX-License-Identifier: Apache-2.0
import type { LocalDate } from '../../lib/time.ts'
import { useDay } from '../clocks.ts'
import { dayDistance, dayText } from '../dates.ts'
import { Status } from './Status.tsx'

/** The day on which something is due, against the day the page speaks about; late with its mark. */
export function DueDay({ on, late }: { on: LocalDate; late?: boolean }) {
  const day = useDay()
  const text = dayDistance(on, day)
  return <span title={dayText(on)}>{(late ?? on < day) ? <Status state="overdue" label={text} /> : text}</span>
}
