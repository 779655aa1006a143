// SPDX-License-Identifier: Apache-2.0
import { dayLook, type DayCodes } from './days.ts'

/** The states that occur, each with a sample of its cell and how many days it had. */
export function Legend({ days, counts = true }: { days: DayCodes; counts?: boolean }) {
  const codes = ['o', 'f', 'n', 'x', '-', '.'].filter((code) => days.includes(code))
  if (codes.length === 0) return null
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-sm text-ink-2">
      {codes.map((code) => (
        <li key={code} className="flex items-center gap-1.5">
          <svg width="12" height="12" aria-hidden="true">
            <rect
              x="0.5"
              y="0.5"
              width="11"
              height="11"
              className={`${dayLook(code).fill} ${code === '.' ? 'stroke-line-strong' : ''}`}
            />
          </svg>
          {dayLook(code).label}
          {counts && <span className="tabular text-ink-3">{days.split(code).length - 1}</span>}
        </li>
      ))}
    </ul>
  )
}
