// SPDX-License-Identifier: Apache-2.0
import { CalendarClock } from 'lucide-react'
import { useState } from 'react'
import { datesText, isMoved, useDates } from '../clocks.ts'
import { cx } from '../class-names.ts'
import { dayText, today } from '../dates.ts'
import { BOX } from '../form/box.ts'
import { useChangeSearch } from '../search.ts'
import { Button } from '../ui/Button.tsx'
import { Popover } from '../ui/Popover.tsx'
import { capital } from '../words.ts'

/** The date control of every page: what was so on a day, as it was known on another. Both are in the URL. */
export function AsOf() {
  const dates = useDates()
  const moved = isMoved(dates)
  return (
    <Popover
      title="Show the programme as of"
      trigger={
        <button
          type="button"
          className={cx(
            'inline-flex h-8 items-center gap-1.5 rounded px-2 text-sm whitespace-nowrap',
            moved ? 'bg-late-soft font-medium text-late-text' : 'text-ink-2 hover:bg-hover hover:text-ink',
          )}
        >
          <CalendarClock size={16} aria-hidden="true" />
          <span className="hidden lg:inline">{moved ? capital(datesText(dates)) : 'As of today'}</span>
          <span className="lg:hidden">{dates.asOf ? dayText(dates.asOf) : 'Today'}</span>
        </button>
      }
    >
      {(close) => <AsOfForm close={close} />}
    </Popover>
  )
}

function AsOfForm({ close }: { close: () => void }) {
  const dates = useDates()
  const change = useChangeSearch()
  const now = today()
  const [asOf, setAsOf] = useState(dates.asOf ?? now)
  const [knownAt, setKnownAt] = useState(dates.knownAt ?? now)
  const apply = (next: { asOf?: string | undefined; knownAt?: string | undefined }): void => {
    const moved = (day: string | undefined): string | undefined => (day && day < now ? day : undefined)
    change({ asOf: moved(next.asOf), knownAt: moved(next.knownAt) })
    close()
  }
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        apply({ asOf, knownAt })
      }}
    >
      <label className="flex flex-col gap-1">
        <span className="font-medium">What was so on</span>
        <input
          type="date"
          max={now}
          value={asOf}
          onChange={(event) => setAsOf(event.target.value)}
          className={cx(BOX, 'h-8')}
        />
      </label>
      <label className="flex flex-col gap-1">
        <span className="font-medium">As it was known on</span>
        <input
          type="date"
          max={now}
          value={knownAt}
          onChange={(event) => setKnownAt(event.target.value)}
          className={cx(BOX, 'h-8')}
        />
      </label>
      <p className="text-sm text-ink-2">
        Evidence that arrived after the second date is left out, so you see what anybody could have seen then.
      </p>
      <div className="flex gap-2">
        <Button type="submit" weight="primary">
          Show
        </Button>
        <Button weight="quiet" onClick={() => apply({})}>
          Back to today
        </Button>
      </div>
    </form>
  )
}

/** The thin amber rule and the words that change the tone of a page whose dates were moved. */
export function MovedRule() {
  const dates = useDates()
  const change = useChangeSearch()
  if (!isMoved(dates)) return null
  return (
    <div
      role="status"
      data-moved
      className="flex h-7.5 items-center gap-x-3 overflow-hidden border-t-2 border-late-mark bg-late-soft px-4 text-sm whitespace-nowrap text-late-text sm:px-6"
    >
      <span className="font-medium">{capital(datesText(dates))}</span>
      <button
        type="button"
        className="underline underline-offset-2 print:hidden"
        onClick={() => change({ asOf: undefined, knownAt: undefined })}
      >
        Back to today
      </button>
    </div>
  )
}
