// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { day } from '../../catalog/kind.ts'
import { Refused } from '../../lib/refused.ts'
import type { Instant } from '../../lib/time.ts'

/**
 * Bundles: evidence with all that proves it, in one file that needs neither Assay nor a network to be verified
 * (proof/bundle.ts has the format). What is inside is fixed by the signed tree that the bundle carries.
 */

/** Codes of this slice. */
export type ReportsRefusal =
  | 'NOTHING_SELECTED'
  | 'TOO_MUCH_SELECTED'
  | 'PERIOD_ENDS_BEFORE_START'
  | 'UNKNOWN_CONTROL'
  | 'UNKNOWN_EVIDENCE'
  | 'UNKNOWN_BUNDLE'
  | 'BUNDLE_NOT_DONE'
  | 'BUNDLE_MISSING'
  | 'STORAGE_FULL'

/** What is to be in a bundle. Parts that are named narrow it down together; nothing named means everything. */
export const selectionSchema = z.strictObject({
  controls: z.array(z.string().max(20)).max(500).optional().describe('Only evidence for these controls'),
  collections: z.array(z.string().max(40)).max(5000).optional().describe('Only these items of evidence, col_… or att_…'),
  period_from: day().optional().describe('Only evidence that speaks about this day or later'),
  period_to: day().optional().describe('Only evidence that speaks about this day or earlier'),
})
export type Selection = z.infer<typeof selectionSchema>

/** @throws Refused PERIOD_ENDS_BEFORE_START */
export function checkSelection({ period_from, period_to }: Selection): void {
  if (period_from !== undefined && period_to !== undefined && period_to < period_from)
    throw new Refused('PERIOD_ENDS_BEFORE_START', `expected a last day from ${period_from} on, got ${period_to}`, {
      pointer: '/period_to',
    })
}

/** The selection in words, for the bundle's README and the list of bundles. */
export function selectionText({ controls, collections, period_from, period_to }: Selection): string {
  const parts = [
    ...(controls ? [controls.length > 5 ? `${controls.length} controls` : `controls ${controls.join(', ')}`] : []),
    ...(collections ? [collections.length === 1 ? 'one item' : `${collections.length} chosen items`] : []),
    ...(period_from !== undefined || period_to !== undefined
      ? [`from ${period_from ?? 'the beginning'} to ${period_to ?? 'the day of the export'}`]
      : []),
  ]
  return parts.length === 0 ? 'all evidence' : `evidence of ${parts.join(', ')}`
}

/** Items a bundle may hold. */
export const ITEMS_MOST = 200_000
/** The folder of evidence that is put forward for no control. */
export const UNASSIGNED = 'unassigned'

/** An item of evidence as a bundle lists it. */
export interface Item {
  readonly type: 'reading' | 'attestation'
  readonly id: string
  /** All controls it is evidence for, sorted; the first names its folder. */
  readonly controls: readonly string[]
  readonly kind: string
  readonly source: string
  readonly stream: string
  readonly outcome: string
  readonly why: string | null
  readonly suspect: string | null
  readonly observed_at: Instant
  readonly recorded_at: Instant
  readonly supersedes: string | null
  readonly superseded_by: string | null
  readonly manifest: string
  readonly index: number
  readonly erased_by: string | null
  readonly is_lost: boolean
}

export const folderOf = ({ controls, id }: Pick<Item, 'controls' | 'id'>): string =>
  `evidence/${controls[0] ?? UNASSIGNED}/${id}`

/** What an item's place in time is known to be. */
export interface Standing {
  readonly after: Instant | null
  readonly before: Instant | null
  readonly is_late: boolean
}

/** A line of `exceptions.csv`: something an auditor must not overlook. */
export interface Exception {
  readonly what:
    | 'late'
    | 'incomplete'
    | 'suspect'
    | 'superseded'
    | 'erased'
    | 'lost'
    | 'not time-stamped'
    | 'run without result'
    | 'time-stamp left out'
  readonly id: string
  readonly control: string
  readonly at: string
  readonly because: string
}

/** What must be said of an item beside its evidence. */
export function exceptionsOf(item: Item, standing: Standing): Exception[] {
  const say = (what: Exception['what'], because: string): Exception => ({
    what,
    id: item.id,
    control: item.controls[0] ?? UNASSIGNED,
    at: item.observed_at,
    because,
  })
  const incomplete = item.type === 'reading' && item.outcome !== 'complete'
  return [
    ...(standing.is_late ? [say('late', `it speaks about ${item.observed_at} and was recorded ${item.recorded_at}`)] : []),
    ...(incomplete ? [say('incomplete', `${item.outcome}: ${item.why ?? 'no reason given'}`)] : []),
    ...(item.suspect === null ? [] : [say('suspect', item.suspect)]),
    ...(item.superseded_by === null ? [] : [say('superseded', `corrected by ${item.superseded_by}`)]),
    ...(item.erased_by === null ? [] : [say('erased', `by the statement ${item.erased_by}`)]),
    ...(item.is_lost ? [say('lost', 'its statement was lost with a damaged database; the leaf is in the log')] : []),
    ...(standing.before === null ? [say('not time-stamped', 'no authority has vouched for it yet')] : []),
  ]
}

/**
 * The trees by which items are first vouched for: of each item, the smallest stamped tree that holds it.
 * @param sizes stamped trees, ascending
 */
export function firstStamped(indices: readonly number[], sizes: readonly number[]): Set<number> {
  const first = new Set<number>()
  for (const index of indices) {
    let [low, high] = [0, sizes.length]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (sizes[middle]! > index) high = middle // middle is below high, so below the length
      else low = middle + 1
    }
    const size = sizes[low]
    if (size !== undefined) first.add(size)
  }
  return first
}
