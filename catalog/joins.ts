// SPDX-License-Identifier: Apache-2.0
import { Refused } from '../lib/refused.ts'
import { fieldsOf, readRow, type CelRow } from './cel.ts'
import type { Check } from './check.ts'
import type { LengthOf } from './cost.ts'
import type { Scope } from './evaluation.ts'
import type { Kind } from './kind.ts'

export type Body = Readonly<Record<string, unknown>>
/** Facts by join key, read once for a whole population. */
export type LookupIndex = ReadonlyMap<string, readonly CelRow[]>
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

function fieldType(kind: Kind, field: string, pointer: string): string {
  const fields = fieldsOf(kind)
  const type = fields[field]
  if (type === undefined)
    throw new Refused('BAD_CHECK', `expected a field of ${kind.id} (${Object.keys(fields).join(', ')}), got ${field}`, {
      pointer,
    })
  return type.replace(/^dyn<(.*)>$/, '$1')
}

/** Builds the index of one declared lookup. */
export function indexRows(check: Check, name: string, kind: Kind, bodies: Iterable<Body>): LookupIndex {
  const { on, ignore_case } = check.lookup[name]! // called with declared names only
  const index = new Map<string, CelRow[]>()
  for (const body of bodies) {
    const key = keyOfFields(Object.keys(on), body, ignore_case)
    if (key === undefined) continue
    const rows = index.get(key)
    if (rows) rows.push(readRow(kind, body))
    else index.set(key, [readRow(kind, body)])
  }
  return index
}

/** Join key of some fields; `undefined` when one has no value, which equals nothing. */
function keyOfFields(fields: readonly string[], body: Body, ignoreCase: boolean): string | undefined {
  const values = fields.map((field) => body[field])
  if (values.some((value) => value === null || value === undefined)) return undefined
  const key = JSON.stringify(values)
  return ignoreCase ? key.toLowerCase() : key
}

/** A subject as it is stored, and as checks see it where that was made before (many checks look at one subject). */
export interface Subject {
  readonly body: Body
  readonly row?: CelRow
}

/** The variables of a check for one subject. */
export function joinRows(
  { check, kind, params }: { readonly check: Check; readonly kind: Kind; readonly params: CelRow },
  { body, row }: Subject,
  indexes: LookupIndexes,
  period: CelRow,
): Scope {
  const variables: Record<string, unknown> = { subject: row ?? readRow(kind, body), params, period }
  let fault: string | undefined
  for (const [name, { on, ignore_case }] of Object.entries(check.lookup)) {
    const missing = Object.values(on).find((field) => body[field] === undefined)
    if (missing !== undefined) fault ??= `the source did not say ${missing}`
    const key = keyOfFields(Object.values(on), body, ignore_case)
    const rows = (key === undefined ? undefined : indexes[name]?.get(key)) ?? []
    if (rows.length > JOINED_MOST) fault ??= `${rows.length} ${name} belong to it; at most ${JOINED_MOST} can be judged`
    variables[name] = rows
  }
  return { variables, lengthOf: lengthOf(variables), fault }
}

const lengthOf =
  (variables: Readonly<Record<string, unknown>>): LengthOf =>
  (path) => {
    const [root, field] = path.split('.')
    const holder = variables[root!] // a text split has a first part
    const value =
      field === undefined || typeof holder !== 'object' || holder === null
        ? holder
        : (holder as Readonly<Record<string, unknown>>)[field]
    return Array.isArray(value) ? value.length : value instanceof Map ? value.size : undefined
  }
