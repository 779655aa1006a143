// SPDX-License-Identifier: Apache-2.0
import { addDays, type LocalDate } from '../../lib/time.ts'
import { monthName } from '../dates.ts'
import type { Tone } from '../ui/tone.ts'

/**
 * The days of one control as one character each, from the first day of the window:
 * `o` operating, `f` failing, `n` no data, `x` excluded or excepted, `.` not in effect, `-` not due, space future.
 */
export type DayCodes = string

export interface DayLook {
  readonly label: string
  readonly tone: Tone
  /** Class of its cells in a strip; shapes differ too (see `cellPath`). */
  readonly fill: string
}

export const DAY_LOOKS: Readonly<Record<string, DayLook>> = {
  o: { label: 'Operating', tone: 'pass', fill: 'fill-pass-mark' },
  f: { label: 'Failing', tone: 'fail', fill: 'fill-fail-mark' },
  n: { label: 'No data', tone: 'none', fill: 'fill-[url(#hatch)]' },
  x: { label: 'Excluded or excepted', tone: 'except', fill: 'fill-[url(#slashes)]' },
  '.': { label: 'Not in effect', tone: 'idle', fill: 'fill-transparent' },
  '-': { label: 'Not due', tone: 'idle', fill: 'fill-[url(#dots)]' },
  ' ': { label: 'Still to come', tone: 'idle', fill: 'fill-transparent' },
}

export const dayLook = (code: string | undefined): DayLook => DAY_LOOKS[code ?? ' '] ?? DAY_LOOKS[' ']!

/** Runs of equal days: `ooonn` is o from 0 to 3 and n from 3 to 5 (the end excluded). */
export interface Run {
  readonly code: string
  readonly from: number
  readonly to: number
}

export function runsOf(days: DayCodes): Run[] {
  const runs: Run[] = []
  let from = 0
  for (let i = 1; i <= days.length; i += 1)
    if (i === days.length || days[i] !== days[from]) {
      runs.push({ code: days[from] ?? ' ', from, to: i })
      from = i
    }
  return days.length === 0 ? [] : runs
}

/**
 * Outline of a run's cells within a row of `height`: failing days stand full, operating days leave the top fifth free,
 * so that the strip can be read without colour. Wide cells are set apart by a pixel.
 */
export function runPath(run: Run, width: number, height: number): string {
  const top = run.code === 'f' ? 0 : height * 0.2
  const drawn = height - top
  if (width < 5) return rect(run.from * width, top, (run.to - run.from) * width, drawn)
  return Array.from({ length: run.to - run.from }, (_, i) => rect((run.from + i) * width, top, width - 1, drawn)).join(
    '',
  )
}

const rect = (x: number, y: number, w: number, h: number): string =>
  `M${x.toFixed(2)} ${y.toFixed(1)}h${w.toFixed(2)}v${h.toFixed(1)}h${(-w).toFixed(2)}z`

/** One path for each code that occurs. */
export function pathsOf(
  days: DayCodes,
  width: number,
  height: number,
): readonly { readonly code: string; readonly d: string }[] {
  const paths = new Map<string, string>()
  for (const run of runsOf(days))
    if (run.code !== ' ' && run.code !== '.')
      paths.set(run.code, (paths.get(run.code) ?? '') + runPath(run, width, height))
  return [...paths].map(([code, d]) => ({ code, d }))
}

/** Where months begin: index of the day, and the month's name (with the year at each January and at the start). */
export function monthsOf(from: LocalDate, days: number): { readonly index: number; readonly label: string }[] {
  const months = []
  for (let i = 0; i < days; i += 1) {
    const day = addDays(from, i)
    if (i === 0 || day.endsWith('-01')) {
      const month = Number(day.slice(5, 7))
      const name = monthName(month)
      months.push({ index: i, label: i === 0 || month === 1 ? `${name} ${day.slice(0, 4)}` : name })
    }
  }
  return months
}

/** A month's label that fits `room` px, shortened or empty. */
export function fittingMonth(label: string, room: number): string {
  if (label.length * 6.2 + 6 <= room) return label
  return room >= 26 ? label.slice(0, 3) : ''
}

/** How many days of each code: `operating 212 days, no data 9 days`. */
export function daysInWords(days: DayCodes): string {
  const counts = new Map<string, number>()
  for (const code of days) counts.set(code, (counts.get(code) ?? 0) + 1)
  const words = ['o', 'f', 'n', 'x', '.', '-']
    .filter((code) => counts.has(code))
    .map(
      (code) => `${dayLook(code).label.toLowerCase()} ${counts.get(code)} ${counts.get(code) === 1 ? 'day' : 'days'}`,
    )
  return words.join(', ') || 'no days yet'
}

/** Index after a key press on a strip: by day, with shift by month; undefined when the key does not move. */
export function stepped(key: string, shift: boolean, index: number, from: LocalDate, days: number): number | undefined {
  const clamp = (i: number): number => Math.max(0, Math.min(days - 1, i))
  if (key === 'Home') return 0
  if (key === 'End') return days - 1
  const direction = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0
  if (direction === 0) return undefined
  if (!shift) return clamp(index + direction)
  const day = addDays(from, index)
  const month = Number(day.slice(5, 7)) - 1 + direction
  const target = new Date(Date.UTC(Number(day.slice(0, 4)), month, 1)).toISOString().slice(0, 10)
  return clamp(Math.round((Date.parse(target) - Date.parse(from)) / 86_400_000))
}
