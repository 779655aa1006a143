// SPDX-License-Identifier: Apache-2.0
import { nameOf, type Frame, type Row } from '../lib/cel/value.ts'
import { Refused } from '../lib/refused.ts'
import { FIRST_LOOKUP } from './cel.ts'
import type { Check } from './check.ts'
import type { Kind } from './kind.ts'
import { layoutOf, type Body, type ReadRow } from './rows.ts'

/** Facts by join key, read once for a whole population. */
export type LookupIndex = ReadonlyMap<string, readonly Row[]>
export type LookupIndexes = Readonly<Record<string, LookupIndex>>

/** Rows of one lookup that one subject may have. */
const JOINED_MOST = 10_000

/** @throws Refused BAD_CHECK when a joined field does not exist, or two fields cannot be equal */
export function checkJoins(check: Check, kind: Kind, lookups: Readonly<Record<string, Kind>>): void {
  for (const [name, { on }] of Object.entries(check.lookup)) {
    if (['subject', 'params', 'period'].includes(name))
      throw new Refused('BAD_CHECK', `expected another name for a lookup than ${name}`, { pointer: `/lookup/${name}` })
    const theirs = lookups[name]! // made from the same names
    for (const [their, our] of Object.entries(on)) {
      const pointer = `/lookup/${name}/on/${their}`
      const [left, right] = [fieldType(theirs, their, pointer), fieldType(kind, our, pointer)]
      if (left !== right)
        throw new Refused('BAD_CHECK', `expected fields of one type, got ${their} (${left}) and ${our} (${right})`, {
          pointer,
        })
    }
  }
}

function fieldType(kind: Kind, name: string, pointer: string): string {
  const { fields } = layoutOf(kind)
  const field = fields.get(name)
  if (!field)
    throw new Refused('BAD_CHECK', `expected a field of ${kind.id} (${[...fields.keys()].join(', ')}), got ${name}`, {
      pointer,
    })
  return nameOf({ ...field.type, nullable: false })
}

/** Builds the index of one declared lookup. */
export function indexRows(check: Check, name: string, bodies: Iterable<Body>, read: ReadRow): LookupIndex {
  const { on, ignore_case } = check.lookup[name]! // called with declared names only
  const keyOf = keyOfFields(Object.keys(on), ignore_case)
  const index = new Map<string, Row[]>()
  for (const body of bodies) {
    const key = keyOf(body)
    if (key === undefined) continue
    const rows = index.get(key)
    if (rows) rows.push(read(body))
    else index.set(key, [read(body)])
  }
  return index
}

/** Join key of some fields; `undefined` when one has no value, which equals nothing. */
function keyOfFields(fields: readonly string[], ignoreCase: boolean): (body: Body) => string | undefined {
  const [only] = fields
  const cased = (key: string): string => (ignoreCase ? key.toLowerCase() : key)
  if (only !== undefined && fields.length === 1)
    return (body) => {
      const value = body[only]
      return typeof value === 'string'
        ? cased(value)
        : value === null || value === undefined
          ? undefined
          : JSON.stringify(value)
    }
  return (body) => {
    const values = fields.map((field) => body[field])
    if (values.some((value) => value === null || value === undefined)) return undefined
    return cased(JSON.stringify(values))
  }
}

/** Puts the rows that a subject joins into a frame. Gives why they could not even be joined. */
export type Join = (frame: Frame, body: Body, indexes: LookupIndexes) => string | undefined

const NOTHING: Join = () => undefined

export function joiner(check: Check): Join {
  const joins = Object.entries(check.lookup).map(([name, { on, ignore_case }]) => ({
    name,
    fields: Object.values(on),
    keyOf: keyOfFields(Object.values(on), ignore_case),
  }))
  if (joins.length === 0) return NOTHING
  return (frame, body, indexes) => {
    let fault: string | undefined
    for (const [i, { name, fields, keyOf }] of joins.entries()) {
      const key = keyOf(body)
      const missing = key === undefined ? fields.find((field) => body[field] === undefined) : undefined
      const rows = (key === undefined ? undefined : indexes[name]?.get(key)) ?? []
      frame[FIRST_LOOKUP + i] = rows
      if (missing !== undefined) fault ??= `the source did not say ${missing}`
      else if (rows.length > JOINED_MOST)
        fault ??= `${rows.length} ${name} belong to it; at most ${JOINED_MOST} can be judged`
    }
    return fault
  }
}
