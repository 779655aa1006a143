// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { isKeepable } from './keepable.ts'
import { Refused } from './refused.ts'

/** Input of every list: how many, and after which row. */
export const pageInput = {
  limit: z.coerce.number().int().min(1).max(500).default(50).describe('How many rows at most'),
  after: z.string().max(500).optional().describe('Cursor of the last row seen, from `next` of the page before'),
}

/** Output of every list: rows, and the cursor of the next page or null at the end. */
export const pageOf = <R extends z.ZodType>(row: R) => z.object({ rows: z.array(row), next: z.string().nullable() })

/** Turns the key of the last row into an opaque cursor. */
export const cursorOf = (key: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url')

/** Parts of a key as the database reckons with them: whoever made a cursor up is refused before it is asked. */
const inTime = (text: string): boolean => text >= '0001' // there is no year 0
export const keyMoment = z.iso.datetime().refine(inTime)
export const keyDay = z.iso.date().refine(inTime)
/** A number that goes up by one: an index, a size, a row. */
export const keyCount = z.number().int().min(0)

/** The key inside a cursor. @throws Refused BAD_CURSOR when it is not one of ours */
export function keyOf<K extends z.ZodType>(cursor: string | undefined, key: K): z.infer<K> | undefined {
  if (cursor === undefined) return undefined
  try {
    const parsed = key.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
    if (Array.isArray(parsed) && parsed.some((part) => typeof part === 'string' && !isKeepable(part)))
      throw new SyntaxError('text that no row has')
    return parsed
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof z.ZodError)) throw error
    throw new Refused('BAD_CURSOR', `expected the "next" of an earlier page, got ${cursor.slice(0, 40)}`, {
      status: 400,
      pointer: '/after',
    })
  }
}

/** Cuts a page from rows that were asked for with `limit + 1`. */
export function page<R>(
  rows: readonly R[],
  limit: number,
  key: (row: R) => readonly (string | number)[],
): { rows: R[]; next: string | null } {
  const kept = rows.slice(0, limit)
  const last = kept.at(-1)
  return { rows: kept, next: rows.length > limit && last !== undefined ? cursorOf(key(last)) : null }
}
