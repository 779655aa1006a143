// SPDX-License-Identifier: Apache-2.0
import { Refused } from '../lib/refused.ts'
import { dayText, isLocalDate } from '../lib/time.ts'
import type { Check } from './check.ts'
import type { Kind } from './kind.ts'
import type { Body } from './rows.ts'

/** `{severity}` in a sentence is what the source said of the subject. */
const PLACE = /\{(\w+)\}/g

/** Sentences made of one text; more than there are different values would be one for each subject, and forgotten. */
const REMEMBERED_MOST = 1000

/**
 * Fills the places of a sentence of a check. The same values give the same thing.
 * @param make what is made of a filled sentence
 * @throws Refused BAD_CHECK when a place is no field of the kind
 */
export function sayer<T>(
  { found }: Check,
  of: keyof Check['found'],
  kind: Kind,
  make: (sentence: string) => T,
): ((body: Body) => T) | undefined {
  const text = found[of]
  if (text === undefined) return undefined
  const fields = [...text.matchAll(PLACE)].map(([, field]) => field!) // the pattern has the group
  for (const field of fields)
    if (!Object.hasOwn(kind.schema.shape, field))
      throw new Refused('BAD_CHECK', `expected fields of ${kind.id} in the sentence, got {${field}}`, {
        pointer: `/found/${of}`,
      })
  const known = new Map<string, T>()
  return (body) => {
    const values = fields.map((field) => wordOf(body[field]))
    const key = JSON.stringify(values)
    let made = known.get(key)
    if (made === undefined) {
      if (known.size >= REMEMBERED_MOST) known.clear()
      made = make(text.replaceAll(PLACE, () => values.shift()!)) // one value a place
      known.set(key, made)
    }
    return made
  }
}

/** A moment is said in UTC: the sentence is kept, and read anywhere. */
function wordOf(value: unknown): string {
  if (value === undefined) return 'not said'
  if (value === null) return 'none'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'string') return dateIn(value)
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(wordOf).join(', ')
  return typeof value === 'number' ? String(value) : JSON.stringify(value)
}

const MOMENT = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?Z$/

function dateIn(text: string): string {
  if (isLocalDate(text)) return dayText(text)
  const [, day, time] = MOMENT.exec(text) ?? []
  return day === undefined || !isLocalDate(day) ? text : `${dayText(day)}, ${time} UTC`
}
