// SPDX-License-Identifier: Apache-2.0
import { useRef } from 'react'
import { daysBetween, daysOf } from '../../lib/time.ts'
import type { Output } from '../../web/client.ts'
import { dayText } from '../../web/dates.ts'
import { fittingMonth, monthsOf } from '../../web/strip/days.ts'
import { useWidth } from '../../web/strip/width.ts'
import { sentence } from '../../web/words.ts'

type Phase = Output<'system.plan'>['quick'][number]

const LABEL_PX = 150
const ROW_PX = 34
const AXIS_PX = 22
const FILLS: Readonly<Record<string, string>> = {
  observation: 'fill-pass-mark',
  fieldwork: 'fill-auditor-mark',
  draft_and_review: 'fill-auditor-mark',
}

/** The phases from now to the report: the quick plan as a bar, the careful one as an outline behind it. */
export function Timeline({
  quick,
  careful,
  today,
}: {
  quick: readonly Phase[]
  careful: readonly Phase[]
  today: string
}) {
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box, 900)
  const all = [...quick, ...careful]
  const from = all.reduce((first, phase) => (phase.from < first ? phase.from : first), today)
  const to = all.reduce((last, phase) => (phase.to > last ? phase.to : last), today)
  const left = width < 560 ? 0 : LABEL_PX
  const days = daysOf(from, to).length
  const px = (width - left) / Math.max(1, days)
  const x = (day: string): number => left + daysBetween(from, day) * px
  const height = AXIS_PX + quick.length * ROW_PX
  return (
    <div ref={box}>
      <svg role="img" aria-label={inWords(quick)} width="100%" height={height} viewBox={`0 0 ${width} ${height}`}>
        {monthsOf(from, days).map((month, i, months) => (
          <g key={month.index} transform={`translate(${left + month.index * px} 0)`}>
            <path d={`M.5 ${AXIS_PX - 6}V${height}`} className="stroke-line" />
            <text x="4" y="12" className="fill-ink-3 text-[11px]">
              {fittingMonth(month.label, ((months[i + 1]?.index ?? days) - month.index) * px)}
            </text>
          </g>
        ))}
        {quick.map((phase, i) => {
          const slow = careful.find((other) => other.id === phase.id)
          const y = AXIS_PX + i * ROW_PX
          return (
            <g key={phase.id}>
              <title>{`${sentence(phase.id)}: ${dayText(phase.from)} to ${dayText(phase.to)}`}</title>
              {left > 0 && (
                <text x="0" y={y + 21} className="fill-ink text-[13px]">
                  {sentence(phase.id)}
                </text>
              )}
              {slow && (
                <rect
                  x={x(slow.from)}
                  y={y + 6}
                  width={Math.max(2, (daysBetween(slow.from, slow.to) + 1) * px)}
                  height={22}
                  rx="3"
                  className="fill-none-soft stroke-line-strong"
                  strokeDasharray="3 3"
                />
              )}
              <rect
                x={x(phase.from)}
                y={y + 10}
                width={Math.max(2, (daysBetween(phase.from, phase.to) + 1) * px)}
                height={14}
                rx="2"
                className={FILLS[phase.id] ?? 'fill-accent'}
              />
            </g>
          )
        })}
        <path d={`M${x(today)} ${AXIS_PX - 6}V${height}`} className="stroke-accent" strokeWidth="1.5" />
        <text x={x(today) + 4} y={height - 2} className="fill-accent text-[11px]">
          Today
        </text>
      </svg>
    </div>
  )
}

const inWords = (phases: readonly Phase[]): string =>
  phases.map((phase) => `${sentence(phase.id)} from ${dayText(phase.from)} to ${dayText(phase.to)}`).join(', ')
