// SPDX-License-Identifier: Apache-2.0
import type { z } from 'zod'
import { momentOf } from '../lib/cel/moments.ts'
import { Fault, listOf, Missing, Row, scalar, type Layout, type Type, type Value } from '../lib/cel/value.ts'
import { invariant } from '../lib/refused.ts'
import type { Kind } from './kind.ts'

/** Facts as records of the expression language: which type each field of a kind has, and how a body is read. */

export type Body = Readonly<Record<string, unknown>>

function typeOf(schema: z.core.$ZodType): Type {
  const { def } = schema._zod
  if (def.type === 'nullable') return { ...typeOf((def as z.core.$ZodNullableDef).innerType), nullable: true }
  if (def.type === 'array') return listOf(typeOf((def as z.core.$ZodArrayDef).element))
  if (def.type === 'string')
    return scalar((schema as z.ZodType).meta()?.['cel'] === 'timestamp' ? 'timestamp' : 'string')
  if (def.type === 'number') return scalar('format' in def ? 'int' : 'double')
  if (def.type === 'enum') return scalar('string')
  if (def.type === 'boolean') return scalar('bool')
  throw new Error(`a kind's field of type ${def.type} has no CEL type`)
}

const layouts = new Map<string, Layout>()

/** The slots of a kind's fields, in the order of its schema. */
export function layoutOf(kind: Kind): Layout {
  let layout = layouts.get(kind.id)
  if (!layout) {
    const fields = Object.entries(kind.schema.shape).map(
      ([name, schema], slot) => [name, { slot, type: typeOf(schema) }] as const,
    )
    layout = { name: kind.id, fields: new Map(fields) }
    layouts.set(kind.id, layout)
  }
  return layout
}

/** Makes the value of one field; a text that is no moment counts as not given. */
function reader(kind: Kind, name: string, type: Type): (value: unknown) => Value {
  const missing = new Missing(`the source did not say ${name}`)
  const odd = new Fault(`${name} is not what ${kind.id} says it is`)
  const read = READ[type.is]
  invariant(read, `a field of type ${type.is} can be read`)
  return (value) => {
    if (value === undefined) return missing
    if (value === null) return type.nullable ? null : odd
    const made = read(value, type)
    return made === undefined ? (type.is === 'timestamp' && typeof value === 'string' ? missing : odd) : made
  }
}

/** `undefined`: not of the type. */
const READ: Readonly<Partial<Record<Type['is'], (value: unknown, type: Type) => Value | undefined>>> = {
  string: (value) => (typeof value === 'string' ? value : undefined),
  bool: (value) => (typeof value === 'boolean' ? value : undefined),
  int: (value) => (Number.isSafeInteger(value) ? (value as number) : undefined), // it is one
  double: (value) => (typeof value === 'number' ? value : undefined),
  timestamp: (value) => (typeof value === 'string' ? momentOf(value) : undefined),
  list: (value) => (Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined),
}

export type ReadRow = (body: Body) => Row

/** Reads bodies of a kind, only the fields that somebody looks at: the slots of the others stay empty. */
export function rowReader(kind: Kind, fields: ReadonlySet<string>): ReadRow {
  const layout = layoutOf(kind)
  const plan = [...layout.fields].flatMap(([name, { slot, type }]) =>
    fields.has(name) ? [{ name, slot, read: reader(kind, name, type) }] : [],
  )
  const width = layout.fields.size
  return (body) => {
    const values: Value[] = Array<Value>(width).fill(null)
    for (const { name, slot, read } of plan) values[slot] = read(body[name])
    return new Row(body, values)
  }
}

/** Fields that expressions look at, by kind. */
export type Reads = ReadonlyMap<string, ReadonlySet<string>>

/** What several checks look at together: rows are read once for all of them. */
export function allReads(of: Iterable<Reads>): Reads {
  const all = new Map<string, Set<string>>()
  for (const reads of of)
    for (const [kind, fields] of reads) {
      const known = all.get(kind) ?? new Set()
      all.set(kind, known)
      for (const field of fields) known.add(field)
    }
  return all
}
