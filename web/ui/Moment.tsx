// SPDX-License-Identifier: Apache-2.0
import { dayText, distanceText, momentText, utcText } from '../dates.ts'

/** When something happened, in the reader's zone; the record's own text in UTC is in the title. */
export function Moment({ at, distance }: { at: string; distance?: boolean }) {
  return (
    <time dateTime={at} title={utcText(at)} className="whitespace-nowrap">
      {distance ? distanceText(at) : momentText(at)}
    </time>
  )
}

export function Day({ at }: { at: string }) {
  return (
    <time dateTime={at} className="whitespace-nowrap">
      {dayText(at)}
    </time>
  )
}
