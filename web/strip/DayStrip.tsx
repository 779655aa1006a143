// SPDX-License-Identifier: Apache-2.0
import { useId, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { addDays, daysBetween, type LocalDate } from '../../lib/time.ts'
import { weekdayText } from '../dates.ts'
import { useWidth } from './width.ts'
import { dayLook, daysInWords, fittingMonth, monthsOf, pathsOf, stepped, type DayCodes } from './days.ts'
import { DayTip } from './DayTip.tsx'
import { Legend } from './Legend.tsx'

interface Props {
  /** What the strip is of; read aloud. */
  label: string
  from: LocalDate
  days: DayCodes
  today?: LocalDate | undefined
  /** What happened on a day, in a few words. */
  says?: ((day: LocalDate, code: string) => string) | undefined
  onOpen?: ((day: LocalDate) => void) | undefined
  height?: number
  legend?: boolean
}

const AXIS_PX = 18

/** One control, one row, one cell a day. Arrows move by day, with shift by month; Enter opens the day. */
export function DayStrip({ label, from, days, today, says, onOpen, height = 28, legend = true }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box, 1000)
  const [at, setAt] = useState<number | undefined>(undefined)
  const tip = useId()
  const cell = days.length > 0 ? width / days.length : width
  const now = today === undefined ? -1 : daysBetween(from, today)
  const code = at === undefined ? undefined : days[at]
  const day = addDays(from, at ?? Math.max(0, Math.min(now, days.length - 1)))
  const words = says?.(day, days[at ?? 0] ?? ' ')
  const text = `${weekdayText(day)}: ${dayLook(code ?? days[Math.max(0, now)]).label}${words ? `. ${words}` : ''}`

  const keys = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && at !== undefined) onOpen?.(day)
    const next = stepped(event.key, event.shiftKey, at ?? Math.max(0, now), from, days.length)
    if (next === undefined) return
    event.preventDefault()
    setAt(next)
  }
  const hover = (event: PointerEvent<SVGElement>): void => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left
    setAt(Math.max(0, Math.min(days.length - 1, Math.floor(x / cell))))
  }
  return (
    <div className="flex flex-col gap-2">
      <div
        ref={box}
        role="slider"
        tabIndex={0}
        aria-label={`${label}: ${daysInWords(days)}`}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, days.length - 1)}
        aria-valuenow={at ?? Math.max(0, Math.min(now, days.length - 1))}
        aria-valuetext={text}
        aria-describedby={tip}
        className="relative rounded-sm"
        onKeyDown={keys}
        onBlur={() => setAt(undefined)}
      >
        <svg
          width="100%"
          height={height + AXIS_PX}
          viewBox={`0 0 ${width} ${height + AXIS_PX}`}
          preserveAspectRatio="none"
          className={onOpen ? 'block cursor-pointer' : 'block'}
          onPointerMove={hover}
          onPointerLeave={() => setAt(undefined)}
          onClick={() => at !== undefined && onOpen?.(day)}
        >
          <rect y={height * 0.2} width={width} height={height * 0.8} className="fill-none stroke-line" />
          {pathsOf(days, cell, height).map((path) => (
            <path key={path.code} d={path.d} className={dayLook(path.code).fill} />
          ))}
          {monthsOf(from, days.length).map((month, i, all) => (
            <g key={month.index} transform={`translate(${month.index * cell} 0)`}>
              <path d={`M.5 ${height}v4`} className="stroke-line-strong" />
              <text x="4" y={height + 13} className="fill-ink-3 text-[11px]">
                {fittingMonth(month.label, ((all[i + 1]?.index ?? days.length) - month.index) * cell)}
              </text>
            </g>
          ))}
          {now >= 0 && now < days.length && (
            <path
              d={`M${(now + 0.5) * cell} 0v${height + 3}m-3.5 3.5l3.5 -3.5l3.5 3.5z`}
              className="fill-accent stroke-accent"
              strokeWidth="1.25"
            />
          )}
          {at !== undefined && (
            <rect
              x={at * cell - 0.5}
              y={-0.5}
              width={Math.max(cell, 2) + 1}
              height={height + 1}
              className="fill-none stroke-ink"
              strokeWidth="1.25"
            />
          )}
        </svg>
        {at !== undefined && (
          <DayTip left={(at + 0.5) * cell} width={width} day={day} code={code ?? ' '} words={words} />
        )}
      </div>
      <p id={tip} className="sr-only">
        Left and right arrows move by day, with shift by month.{onOpen ? ' Enter opens the day.' : ''}
      </p>
      {legend && <Legend days={days} />}
    </div>
  )
}
