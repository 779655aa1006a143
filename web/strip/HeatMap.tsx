// SPDX-License-Identifier: Apache-2.0
import { memo, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { addDays, daysBetween, type LocalDate } from '../../lib/time.ts'
import { weekdayText } from '../dates.ts'
import { usePrinting } from '../media.ts'
import { DayTip } from './DayTip.tsx'
import { dayLook, fittingMonth, monthsOf, pathsOf, stepped, type DayCodes } from './days.ts'
import { useWidth } from './width.ts'

export interface HeatRow {
  readonly id: string
  readonly title: string
  readonly days: DayCodes
}
export interface HeatGroup {
  readonly id: string
  readonly title: string
  readonly rows: readonly HeatRow[]
}

interface Props {
  label: string
  groups: readonly HeatGroup[]
  from: LocalDate
  /** Days of the window. */
  length: number
  today?: LocalDate | undefined
  onOpen: (row: HeatRow, day: LocalDate) => void
}

const ROW_PX = 8
/** On paper rows stand closer, so that the whole map is seen on one sheet. */
const PRINTED_ROW_PX = 5
/** Between the strips of two controls. */
const ROW_GAP_PX = 2
const GROUP_PX = 8
const LABEL_PX = 40
const AXIS_PX = 18

interface Placed {
  readonly row: HeatRow
  readonly y: number
}

/** All controls, all days: one strip a control, set together by criteria group. Arrows move, Enter opens. */
export function HeatMap({ label, groups, from, length, today, onOpen }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box, 1000)
  const narrow = width < 480
  const left = narrow ? 36 : LABEL_PX
  const [at, setAt] = useState<{ row: number; day: number } | undefined>(undefined)
  const rowPx = usePrinting() ? PRINTED_ROW_PX : ROW_PX
  const { placed, marks, height } = useMemo(() => place(groups, rowPx), [groups, rowPx])
  const cell = (width - left) / Math.max(1, length)
  const now = today === undefined ? -1 : daysBetween(from, today)
  const here = at === undefined ? undefined : placed[at.row]
  const day = addDays(from, at?.day ?? 0)

  const hover = (event: PointerEvent<SVGElement>): void => {
    const corner = event.currentTarget.getBoundingClientRect()
    const x = Math.floor((event.clientX - corner.left - left) / cell)
    const y = event.clientY - corner.top - AXIS_PX
    const row = placed.findIndex((other) => y >= other.y && y < other.y + rowPx)
    setAt(row < 0 || x < 0 || x >= length ? undefined : { row, day: x })
  }
  const keys = (event: KeyboardEvent): void => {
    const from_ = at ?? { row: 0, day: Math.max(0, Math.min(now, length - 1)) }
    if (event.key === 'Enter' && here) onOpen(here.row, day)
    const down = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    const sideways = stepped(event.key, event.shiftKey, from_.day, from, length)
    if (down === 0 && sideways === undefined) return
    event.preventDefault()
    setAt({
      row: Math.max(0, Math.min(placed.length - 1, from_.row + down)),
      day: sideways ?? from_.day,
    })
  }
  return (
    <div
      ref={box}
      role="application"
      aria-roledescription="heat map"
      aria-label={`${label}. ${placed.length} controls over ${length} days. Up and down move by control, left and right by day, with shift by month; Enter opens.`}
      tabIndex={0}
      className="relative rounded-sm"
      onKeyDown={keys}
      onBlur={() => setAt(undefined)}
    >
      <svg
        width="100%"
        height={height + AXIS_PX}
        viewBox={`0 0 ${width} ${height + AXIS_PX}`}
        preserveAspectRatio="none"
        className="block cursor-pointer"
        onPointerMove={hover}
        onPointerLeave={() => setAt(undefined)}
        onClick={() => here && onOpen(here.row, day)}
      >
        {monthsOf(from, length).map((month, i, all) => (
          <g key={month.index} transform={`translate(${left + month.index * cell} 0)`}>
            <path d={`M.5 ${AXIS_PX - 4}v${height + 4}`} className="stroke-line" />
            <text x="4" y="11" className="fill-ink-3 text-[11px]">
              {fittingMonth(month.label, ((all[i + 1]?.index ?? length) - month.index) * cell)}
            </text>
          </g>
        ))}
        {marks.map((mark) => (
          <text key={mark.id} x="0" y={AXIS_PX + mark.y + 8} className="fill-ink-2 text-[11px] font-medium">
            <title>{mark.title}</title>
            {mark.id}
          </text>
        ))}
        {placed.map(({ row, y }) => (
          <g key={row.id} transform={`translate(${left} ${AXIS_PX + y})`}>
            <Row days={row.days} cell={cell} height={rowPx - ROW_GAP_PX} />
          </g>
        ))}
        {now >= 0 && now < length && (
          <path
            d={`M${left + (now + 0.5) * cell} ${AXIS_PX - 4}v${height + 4}`}
            className="stroke-accent"
            strokeWidth="1.25"
          />
        )}
        {at && here && (
          <>
            <rect
              x={left}
              y={AXIS_PX + here.y - 0.5}
              width={length * cell}
              height={rowPx - ROW_GAP_PX + 1}
              className="fill-none stroke-ink-3"
            />
            <rect
              x={left + at.day * cell - 0.5}
              y={AXIS_PX + here.y - 1}
              width={Math.max(cell, 3) + 1}
              height={rowPx - ROW_GAP_PX + 2}
              className="fill-none stroke-ink"
              strokeWidth="1.5"
            />
          </>
        )}
      </svg>
      {at && here && (
        <DayTip
          left={left + (at.day + 0.5) * cell}
          width={width}
          top={AXIS_PX + here.y - 6}
          day={day}
          code={here.row.days[at.day] ?? ' '}
          title={`${here.row.id} ${here.row.title}`}
        />
      )}
      <p className="sr-only" aria-live="polite">
        {at && here && `${here.row.id} ${here.row.title}, ${weekdayText(day)}: ${dayLook(here.row.days[at.day]).label}`}
      </p>
    </div>
  )
}

const Row = memo(function Row({ days, cell, height }: { days: DayCodes; cell: number; height: number }) {
  return pathsOf(days, cell, height).map((path) => (
    <path key={path.code} d={path.d} className={dayLook(path.code).fill} />
  ))
})

function place(
  groups: readonly HeatGroup[],
  rowPx: number,
): {
  placed: Placed[]
  marks: { id: string; title: string; y: number }[]
  height: number
} {
  const placed: Placed[] = []
  const marks = []
  let y = 0
  for (const group of groups) {
    if (group.rows.length === 0) continue
    marks.push({ id: group.id, title: group.title, y })
    for (const row of group.rows) {
      placed.push({ row, y })
      y += rowPx
    }
    // A group of one row still needs the height of its own label.
    y += GROUP_PX + Math.max(0, 2 - group.rows.length) * 2
  }
  return { placed, marks, height: Math.max(0, y - GROUP_PX) }
}
