// SPDX-License-Identifier: Apache-2.0
import type { Instant, LocalDate } from '../../lib/time.ts'

/**
 * What a check, and the controls it speaks for, looked like on each local day.
 *
 * A day of a check is
 *   f  failing: some subject failed during the day, and somebody looked (or an event of the day itself failed);
 *   n  no data: at the end of the day some stream had no complete reading that was still fresh, or a subject was
 *      inconclusive: silence is not a pass;
 *   x  excepted: nothing failed but what an approved exception covered for the whole of its failing day;
 *   o  operating;
 *   -  not yet: before the check's first reading, or after `asOf`.
 * They are listed in the order of their strength: what comes first wins. A control takes the worst of its direct and
 * partial checks; a day on which none of them had begun is `n`. Supporting checks decide nothing.
 */
export type DayState = 'f' | 'n' | 'x' | 'o' | '-'

/** `ends[i]` is the first moment after day `i`, or after `asOf` when that comes before; days after `asOf` have none. */
export interface Calendar {
  readonly days: readonly LocalDate[]
  readonly starts: readonly Instant[]
  readonly ends: readonly Instant[]
}

export interface VersionSpan {
  readonly id: number
  readonly check_id: string
  readonly title: string
  /** From when to when this text judged; null is for ever in that direction. */
  readonly from: Instant | null
  readonly to: Instant | null
  readonly controls: readonly { readonly control_id: string; readonly strength: 'direct' | 'partial' | 'supporting' }[]
}

/** A time in which a stream was covered by judged readings, or a moment at which a part of it was looked at. */
export interface Covered {
  readonly version: number
  /** `''` when all streams were judged together. */
  readonly stream: string
  readonly from: Instant
  readonly to: Instant
  readonly complete: boolean
}

/** So many subjects of a stream in trouble, from day to day, both included; indexes into the calendar. */
export interface Trouble {
  readonly version: number
  readonly stream: string
  readonly status: 'fail' | 'inconclusive' | 'excepted'
  /** Verdicts on events count on their day whether anybody looked that day or not. */
  readonly event: boolean
  readonly first: number
  readonly last: number
  readonly subjects: number
}

export interface CheckDays {
  readonly check_id: string
  /** Of its newest version. */
  readonly title: string
  readonly states: string
  /** Subjects that failed, were inconclusive, or were excepted, by day. */
  readonly failing: readonly number[]
  readonly inconclusive: readonly number[]
  readonly excepted: readonly number[]
}

export interface ControlDays {
  readonly control_id: string
  readonly states: string
  readonly failing: readonly number[]
  readonly checks: readonly { readonly check_id: string; readonly strength: 'direct' | 'partial' }[]
}

export interface DayFacts {
  readonly calendar: Calendar
  readonly versions: readonly VersionSpan[]
  readonly covered: readonly Covered[]
  readonly trouble: readonly Trouble[]
  /** Streams of connections that were switched off: after their last coverage nobody waits for them. */
  readonly ended: ReadonlySet<string>
}

/** Day strips of all checks that ever looked. */
export function checkDays(facts: DayFacts): CheckDays[] {
  const byCheck = Map.groupBy(facts.versions, (version) => version.check_id)
  return [...byCheck].flatMap(([check_id, versions]) => {
    const days = daysOfCheck(check_id, versions, facts)
    return days ? [days] : []
  })
}

function daysOfCheck(check_id: string, versions: readonly VersionSpan[], facts: DayFacts): CheckDays | undefined {
  const spans = new Map(versions.map((version) => [version.id, version]))
  const covered = facts.covered.flatMap((cover) => {
    const span = spans.get(cover.version)
    return span ? clip(cover, span) : []
  })
  if (covered.length === 0) return undefined
  const trouble = facts.trouble.filter((row) => spans.has(row.version))
  const streams = streamDays(covered, facts)
  const sum = (status: Trouble['status']): number[] =>
    total(
      facts.calendar.days.length,
      trouble.filter((row) => row.status === status),
      (row, day) => row.event || (streams.get(row.stream) ?? streams.get(''))?.touched[day] === true,
    )
  const [failing, inconclusive, excepted] = [sum('fail'), sum('inconclusive'), sum('excepted')]
  const required = [...streams.values()]
  const states = facts.calendar.days.map((_, day): DayState => {
    if (day >= facts.calendar.ends.length) return '-'
    if (failing[day]! > 0) return 'f' // the sums have an entry a day
    if (!required.some((stream) => stream.begun[day])) return '-'
    if (required.some((stream) => stream.begun[day] && !stream.covered[day])) return 'n'
    if (inconclusive[day]! > 0) return 'n'
    return excepted[day]! > 0 ? 'x' : 'o'
  })
  return {
    check_id,
    title: versions.at(-1)?.title ?? check_id,
    states: states.join(''),
    failing,
    inconclusive,
    excepted,
  }
}

/** The part of a coverage in which its version judged. */
function clip(cover: Covered, span: VersionSpan): Covered[] {
  const from = span.from !== null && span.from > cover.from ? span.from : cover.from
  const to = span.to !== null && span.to < cover.to ? span.to : cover.to
  return from < to || (from === to && !cover.complete) ? [{ ...cover, from, to }] : []
}

interface StreamDays {
  /** Whether the stream had been read by the end of the day. */
  readonly begun: readonly boolean[]
  /** Whether a complete reading was still fresh at the end of the day. */
  readonly covered: readonly boolean[]
  /** Whether any part of the day was looked at. */
  readonly touched: readonly boolean[]
}

function streamDays(covered: readonly Covered[], { calendar, ended }: DayFacts): Map<string, StreamDays> {
  const named = new Set(covered.map((cover) => cover.stream))
  if (named.size > 1) named.delete('') // readings of all streams at once count for each of them
  return new Map(
    [...named].map((stream) => {
      const own = covered.filter((cover) => cover.stream === stream || cover.stream === '')
      const whole = own.filter((cover) => cover.complete)
      const first = own.reduce((min, cover) => (cover.from < min ? cover.from : min), own[0]!.from) // named by one of them
      const last = whole.reduce((max, cover) => (cover.to > max ? cover.to : max), '')
      const isCovered = calendar.ends.map((end) => whole.some(({ from, to }) => from < end && end <= to))
      return [
        stream,
        {
          covered: isCovered,
          begun: calendar.ends.map((end, day) => first < end && (isCovered[day]! || !ended.has(stream) || end <= last)), // an entry a day
          touched: calendar.ends.map((end, day) =>
            own.some(({ from, to }) => from < end && calendar.starts[day]! <= to),
          ), // an entry a day
        },
      ]
    }),
  )
}

/** Running sums of the deltas at which subjects enter and leave; a row counts on the days that `counts` allows. */
function total(days: number, rows: readonly Trouble[], counts: (row: Trouble, day: number) => boolean): number[] {
  const sums = Array.from({ length: days }, () => 0)
  // Rows with the same stream share their days, so deltas are summed a stream at a time.
  for (const group of Map.groupBy(rows, (row) => `${row.event} ${row.stream}`).values()) {
    const deltas = Array.from({ length: days + 1 }, () => 0)
    for (const { first, last, subjects } of group) {
      deltas[first]! += subjects // the calendar's indexes
      deltas[last + 1]! -= subjects
    }
    let running = 0
    for (let day = 0; day < days; day++) {
      running += deltas[day]! // one longer than the days
      if (running > 0 && counts(group[0]!, day)) sums[day]! += running // a group has a row
    }
  }
  return sums
}

const STRENGTH: Readonly<Record<string, number>> = { f: 4, n: 3, x: 2, o: 1, '-': 0 }

/** Day strips of the controls that these checks speak for, directly or in part. */
export function controlDaysOf(facts: DayFacts, checks: readonly CheckDays[]): ControlDays[] {
  const states = new Map(checks.map((check) => [check.check_id, check]))
  const made = new Map<string, { worst: DayState[]; failing: number[]; checks: Map<string, 'direct' | 'partial'> }>()
  const { days, ends } = facts.calendar
  for (const version of facts.versions) {
    const check = states.get(version.check_id)
    if (!check) continue
    for (const { control_id, strength } of version.controls) {
      if (strength === 'supporting') continue
      const control = made.get(control_id) ?? {
        worst: days.map(() => '-'),
        failing: days.map(() => 0),
        checks: new Map(),
      }
      made.set(control_id, control)
      control.checks.set(version.check_id, strength)
      for (const [day, end] of ends.entries()) {
        if ((version.from !== null && end <= version.from) || (version.to !== null && end > version.to)) continue
        const state = check.states[day] as DayState // one letter a day
        if (STRENGTH[state]! > STRENGTH[control.worst[day]!]!) control.worst[day] = state // all five letters have a strength
        control.failing[day]! += check.failing[day]! // an entry a day
      }
    }
  }
  return [...made]
    .map(([control_id, { worst, failing, checks: by }]) => ({
      control_id,
      states: worst.map((state, day) => (state === '-' && day < ends.length ? 'n' : state)).join(''),
      failing,
      checks: [...by].map(([check_id, strength]) => ({ check_id, strength })),
    }))
    .toSorted((a, b) => (a.control_id < b.control_id ? -1 : 1))
}
