// SPDX-License-Identifier: Apache-2.0
import type { LocalDate } from '../../lib/time.ts'
import { weekdayText } from '../dates.ts'
import { Mark } from '../ui/Mark.tsx'
import { dayLook } from './days.ts'

const TIP_PX = 240

/** What a day was, above its cell, kept inside the strip's width. */
export function DayTip({
  left,
  width,
  top = -6,
  day,
  code,
  words,
  title,
}: {
  left: number
  width: number
  top?: number
  day: LocalDate
  code: string
  words?: string | undefined
  title?: string | undefined
}) {
  const look = dayLook(code)
  const x = Math.max(0, Math.min(width - TIP_PX, left - TIP_PX / 2))
  return (
    <div
      role="presentation"
      className="floats pointer-events-none absolute z-20 w-60 -translate-y-full px-3 py-2 text-sm print:hidden"
      style={{ left: x, top }}
    >
      {title && <p className="truncate font-medium">{title}</p>}
      <p className="flex items-center justify-between gap-3">
        <span className="tabular">{weekdayText(day)}</span>
        <span className="flex items-center gap-1.5">
          <Mark tone={look.tone} />
          {look.label}
        </span>
      </p>
      {words && <p className="mt-1 text-ink-2">{words}</p>}
    </div>
  )
}
