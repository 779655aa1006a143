// SPDX-License-Identifier: Apache-2.0
import { classOf, FIRST_LOOKUP, type CelParam, type Language } from '../catalog/cel.ts'
import type { CheckExample, Verdict } from '../catalog/check.ts'
import { layoutOf, type Body } from '../catalog/rows.ts'
import { EXAMPLE_NOW, type CompiledCheck } from '../catalog/verdict.ts'
import { languageOf } from '../catalog/cel.ts'
import { Fault, Row, type Type, type Value } from '../lib/cel/value.ts'
import type { Kind } from '../catalog/kind.ts'

/**
 * The library's own evaluator: the engine that ours is measured against, in tests and in benchmarks. Nothing of ours is in
 * the way: facts are read, parameters and moments made by the few lines here.
 */

export type Variables = Readonly<Record<string, unknown>>

/** Reads a body as an instance that the library knows the type of; a text that is no moment stays away. */
export function referenceRow(kind: Kind, body: Body): object {
  const layout = layoutOf(kind)
  const row = new (classOf(layout))() as Record<string, unknown>
  for (const [name, { type }] of layout.fields) {
    const value = body[name]
    if (value !== undefined) row[name] = value === null ? null : referenceValue(value, type.is)
    if (row[name] === undefined) delete row[name]
  }
  return row
}

function referenceValue(value: unknown, is: Type['is']): unknown {
  if (is === 'int') return Number.isSafeInteger(value) ? BigInt(value as number) : value // it is one
  if (is !== 'timestamp') return value
  const date = new Date(String(value))
  return Number.isNaN(date.getTime()) ? undefined : date
}

/** Whole numbers are integers, unless they stand beside one with a fraction. */
function referenceParam(value: CelParam): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (typeof value !== 'object') return value
  const items: readonly unknown[] = Array.isArray(value) ? value : Object.values(value)
  const fractions = items.some((item) => typeof item === 'number' && !Number.isSafeInteger(item))
  const read = (item: string | number | boolean): unknown => (fractions ? item : referenceParam(item))
  if (Array.isArray(value)) return value.map(read)
  return new Map(
    Object.entries(value as Readonly<Record<string, string | number | boolean>>).map(([k, v]) => [k, read(v)]),
  )
}

/** The variables of one subject as the library takes them. */
export function referenceVariables(
  language: Language,
  given: {
    readonly subject: object
    readonly lookups: Readonly<Record<string, readonly object[]>>
    readonly params: Readonly<Record<string, CelParam>>
    readonly now: Date
  },
): Variables {
  const instance = (name: string, fields: Readonly<Record<string, unknown>>): object => {
    const type = language.scope.variables.get(name)?.type
    if (type?.is !== 'row') throw new Error(`${name} is a record`)
    return Object.assign(new (classOf(type.layout))(), fields)
  }
  return {
    subject: given.subject,
    params: instance(
      'params',
      Object.fromEntries(Object.entries(given.params).map(([k, v]) => [k, referenceParam(v)])),
    ),
    period: instance('period', {
      start: new Date(given.now.getTime() - 365 * 86_400_000),
      end: given.now,
      now: given.now,
    }),
    ...given.lookups,
  }
}

const THROWN = Symbol('no value')
/** What the library makes of an expression, in comparable form; any error is the same fault. */
export function referenceOf(language: Language, source: string): (variables: Variables) => unknown {
  const parsed = language.environment.parse(source)
  return (variables) => {
    try {
      return comparable(parsed(variables))
    } catch (error) {
      if (!(error instanceof Error)) throw error
      return THROWN
    }
  }
}

function comparable(value: unknown): unknown {
  if (value instanceof Date) return { ms: value.getTime() }
  if (Array.isArray(value)) return value.map(comparable)
  if (typeof value !== 'object' || value === null) return value
  if ('seconds' in value && 'nanos' in value)
    return { ms: Number(value.seconds) * 1000 + Number(value.nanos) / 1_000_000 }
  const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value)
  return new Map([...entries].map(([key, item]) => [String(key), comparable(item)]))
}

/** A value of our engine in the same form; rows are left out, for the two engines hold them differently. */
export function comparableOf(value: Value, type: Type): unknown {
  if (value instanceof Fault) return THROWN
  if (value === null) return null
  if (type.is === 'timestamp' || type.is === 'duration') return { ms: value }
  if (type.is === 'int') return BigInt(value as number | bigint) // by its type
  if (type.is === 'list') return (value as readonly Value[]).map((item) => comparableOf(item, type.of)) // by its type
  if (type.is === 'map')
    return new Map([...(value as ReadonlyMap<string, Value>)].map(([key, item]) => [key, comparableOf(item, type.of)])) // by its type
  return value
}

/** The frame of our engine for the same subject. */
export const frameOf = (subject: Row, period: Row, lookups: readonly (readonly Row[])[]): Value[] => {
  const frame: Value[] = [subject, period]
  for (const [i, rows] of lookups.entries()) frame[FIRST_LOOKUP + i] = rows
  return frame
}

/** Judges an example on the library's evaluator; joins are made anew here. */
export function referenceVerdict({ check, kind, lookups }: CompiledCheck): (example: CheckExample) => Verdict {
  const language = languageOf({ subject: kind, lookups, params: check.params }, () => undefined)
  const asked = [check.where, check.assert].map((source) => source && referenceOf(language, source))
  return (example) => {
    const joined: Record<string, readonly object[]> = {}
    for (const [name, { on, ignore_case }] of Object.entries(check.lookup)) {
      if (Object.values(on).some((ours) => example.subject[ours] === undefined)) return 'inconclusive'
      const cased = (value: unknown): unknown => (ignore_case ? String(value).toLowerCase() : value)
      const same = (ours: unknown, theirs: unknown): boolean =>
        ours !== null && theirs !== null && theirs !== undefined && cased(ours) === cased(theirs)
      const rows = (example.lookup?.[name] ?? []).filter((row) =>
        Object.entries(on).every(([theirs, ours]) => same(example.subject[ours], row[theirs])),
      )
      joined[name] = rows.map((row) => referenceRow(lookups[name] ?? kind, row))
    }
    const subject = referenceRow(kind, example.subject)
    const now = new Date(example.now ?? EXAMPLE_NOW)
    const variables = referenceVariables(language, { subject, lookups: joined, params: check.params, now })
    const [where, holds] = asked.map((ask) => (ask ? ask(variables) : true))
    if (where !== true) return where === false ? 'not_applicable' : 'inconclusive'
    return holds === true ? 'pass' : holds === false ? 'fail' : 'inconclusive'
  }
}
