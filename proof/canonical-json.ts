// SPDX-License-Identifier: Apache-2.0
import { excerpt, fromUtf8 } from './bytes.ts'
import { Malformed } from './malformed.ts'

const DEEPEST = 100

/**
 * The one JSON text of a value (RFC 8785): members sorted by UTF-16 code units, no white space, shortest escapes.
 * Takes null, booleans, whole numbers up to 2^53 - 1, well-formed strings, arrays and plain objects.
 * Fractions, `undefined`, dates and everything else are refused: two languages would write them differently.
 * @throws Malformed JSON naming the place as a JSON pointer
 */
export function canonicalJson(value: unknown): string {
  return write(value, undefined, 0)
}

/** The same function by the name that RFC 8785 libraries use. */
export const canonicalize = canonicalJson

/** A place in a value: put in words only when something there is refused. */
interface Place {
  readonly above: Place | undefined
  readonly name: string | number
}

function write(value: unknown, where: Place | undefined, depth: number): string {
  if (depth > DEEPEST) refuse(where, `at most ${DEEPEST} levels`, 'more')
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) refuse(where, 'a whole number up to 2^53 - 1', String(value))
    return JSON.stringify(value)
  }
  if (typeof value === 'string') return text(value, where)
  if (Array.isArray(value))
    return `[${value.map((item, i) => write(item, { above: where, name: i }, depth + 1)).join(',')}]`
  if (typeof value !== 'object' || !isPlain(value))
    return refuse(where, 'JSON', typeof value === 'object' ? 'an object of a class' : typeof value)
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const written = members.map(([name, member]) => {
    const place = { above: where, name }
    return `${text(name, place)}:${write(member, place, depth + 1)}`
  })
  return `{${written.join(',')}}`
}

function text(value: string, where: Place | undefined): string {
  if (!value.isWellFormed()) refuse(where, 'whole Unicode characters', 'half a surrogate pair')
  return JSON.stringify(value) // its escapes are those of RFC 8785 3.2.2.2
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

function refuse(where: Place | undefined, expected: string, got: string): never {
  throw new Malformed('JSON', `expected ${expected} at "${pointerTo(where)}", got ${got}`)
}

/** RFC 6901. */
const pointerTo = (where: Place | undefined): string =>
  where ? `${pointerTo(where.above)}/${String(where.name).replaceAll('~', '~0').replaceAll('/', '~1')}` : ''

/**
 * Reads JSON that must already be in its one form, so that no two texts mean the same: no repeated member, no spare
 * white space, no fraction. @throws Malformed JSON
 */
export function parseCanonical(bytes: Uint8Array): unknown {
  const source = fromUtf8(bytes)
  const value = parseJson(source)
  if (canonicalJson(value) !== source) throw new Malformed('JSON', `expected canonical JSON, got ${excerpt(source)}`)
  return value
}

/** @throws Malformed JSON */
export function parseJson(source: string): unknown {
  try {
    return JSON.parse(source) as unknown
  } catch (error) {
    if (error instanceof SyntaxError) throw new Malformed('JSON', `expected JSON, got "${excerpt(source)}"`)
    throw error
  }
}

/** A JSON object, or nothing when the value is something else. */
export const asObject = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined
