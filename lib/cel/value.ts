// SPDX-License-Identifier: Apache-2.0

/**
 * Values of the expression language, as closures pass them on. An `int` is a number where it is safe and a bigint beyond;
 * a `timestamp` and a `duration` are whole milliseconds. What a value is, is known when the expression is compiled.
 */
export type Value =
  | boolean
  | string
  | number
  | bigint
  | null
  | Fault
  | Row
  | readonly Value[]
  | ReadonlyMap<string, Value>

/** Why an expression has no value on a row. It is given back and never thrown: missing fields are common, and cheap. */
export class Fault {
  readonly because: string
  constructor(because: string) {
    this.because = because
  }
}

/** A value of which a map of the expression says nothing. */
export class NoAnswer extends Fault {}

/** A field that the source did not give at all. */
export class Missing extends Fault {}

/** A record whose fields lie in the slots of its layout; `body` is what it was read from, for people. */
export class Row {
  readonly body: Readonly<Record<string, unknown>>
  readonly values: readonly Value[]
  constructor(body: Readonly<Record<string, unknown>>, values: readonly Value[]) {
    this.body = body
    this.values = values
  }
}

/** The values of all variables while an expression is evaluated, by slot. Loops keep theirs behind the declared ones. */
export type Frame = Value[]
export type Run = (frame: Frame) => Value

export interface Layout {
  readonly name: string
  readonly fields: ReadonlyMap<string, { readonly slot: number; readonly type: Type }>
}

/** `nothing` is the member of an empty list. */
type Scalar = 'bool' | 'int' | 'double' | 'string' | 'timestamp' | 'duration' | 'null' | 'nothing'
export type Type =
  | { readonly is: Scalar; readonly nullable: boolean }
  | { readonly is: 'list' | 'map'; readonly of: Type; readonly nullable: boolean }
  | { readonly is: 'row'; readonly layout: Layout; readonly nullable: boolean }

export const scalar = (is: Scalar, nullable = false): Type => ({ is, nullable })
export const listOf = (of: Type): Type => ({ is: 'list', of, nullable: false })

/** How people call a type. */
export function nameOf(type: Type): string {
  const name =
    type.is === 'list' || type.is === 'map'
      ? `${type.is} of ${nameOf(type.of)}`
      : type.is === 'row'
        ? type.layout.name
        : type.is
  return type.nullable && type.is !== 'null' ? `${name} or null` : name
}

/** The type that two values have in common, null included; `undefined` when there is none. */
export function common(a: Type, b: Type): Type | undefined {
  const nullable = a.nullable || b.nullable
  if (a.is === 'null' || a.is === 'nothing') return { ...b, nullable: nullable || a.is === 'null' }
  if (b.is === 'null' || b.is === 'nothing') return { ...a, nullable: nullable || b.is === 'null' }
  if (a.is === 'list' || a.is === 'map') {
    const of = a.is === b.is ? common(a.of, b.of) : undefined
    return of && { is: a.is, of, nullable }
  }
  if (a.is === 'row') return b.is === 'row' && a.layout === b.layout ? { ...a, nullable } : undefined
  return a.is === b.is ? { ...a, nullable } : undefined
}

/** Whether two values of one type are the same. */
export function same(a: Value, b: Value): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b
  return a.length === b.length && a.every((item: Value, i) => same(item, b[i] as Value))
}
