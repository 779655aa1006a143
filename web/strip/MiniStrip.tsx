// SPDX-License-Identifier: Apache-2.0
import { memo } from 'react'
import { daysInWords, dayLook, pathsOf, type DayCodes } from './days.ts'

/** A day strip for a table's cell: no axis, its words in the label. */
export const MiniStrip = memo(function MiniStrip({
  days,
  width = 200,
  height = 14,
}: {
  days: DayCodes
  width?: number
  height?: number
}) {
  const cell = days.length > 0 ? width / days.length : width
  return (
    <svg
      role="img"
      aria-label={daysInWords(days)}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      height={height}
      className="block w-full"
    >
      <rect y={height * 0.2} width={width} height={height * 0.8} className="fill-sunken" />
      {pathsOf(days, cell, height).map((path) => (
        <path key={path.code} d={path.d} className={dayLook(path.code).fill} />
      ))}
    </svg>
  )
})
