// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'

/** A JSON schema, as far as inputs of operations use it. */
interface Schema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly prefixItems?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly pattern?: string
  readonly format?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly minItems?: number
}

export const schemaOf = (type: z.ZodType): Schema =>
  z.toJSONSchema(type, { io: 'input', unrepresentable: 'any' }) as Schema

/** Samples for strings of a given form. */
const FORMS = [
  '2026-03-01',
  '2026-03-01T00:00:00.000Z',
  'a'.repeat(64),
  'someone@example.test',
  'https://example.test/',
  'Europe/Berlin',
  'PT24H',
  'a',
]

/**
 * An input that fits a schema, with `value` wherever a field would take it: each free text and each number is one an id
 * could stand in. `all` gives optional fields too.
 */
export function inputWith(schema: Schema, value: string | number, fields: 'all' | 'required'): unknown {
  const { anyOf, oneOf, allOf } = schema
  const choice = (anyOf ?? oneOf ?? allOf)?.find(({ type }) => type !== 'null')
  if (choice) return inputWith(choice, value, fields)
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  switch (schema.type ?? '') {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([name]) => fields === 'all' || schema.required?.includes(name))
          .map(([name, field]) => [name, inputWith(field, value, fields)]),
      )
    case 'array':
      if (schema.prefixItems) return schema.prefixItems.map((item) => inputWith(item, value, fields))
      return schema.items && (fields === 'all' || (schema.minItems ?? 0) > 0)
        ? [inputWith(schema.items, value, fields)]
        : []
    case 'string':
      return textWith(schema, String(value))
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 0, typeof value === 'number' ? value : 1)
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return value
  }
}

/** Replaces what an operation's own rules of form refuse by samples of known forms, field by field. */
export function fitted(type: z.ZodType, input: unknown): unknown {
  for (let round = 0; round < 12; round++) {
    const issue = type.safeParse(input).error?.issues[0]
    if (!issue) return input
    const { path } = issue
    const better = FORMS.map((form) => replaced(input, path, form)).find(
      (other) => !type.safeParse(other).error?.issues.some((still) => still.path.join('/') === path.join('/')),
    )
    if (better === undefined) return input
    input = better
  }
  return input
}

/** A copy of `input` with another value at a path. */
function replaced(input: unknown, [key, ...rest]: readonly PropertyKey[], value: string): unknown {
  if (key === undefined) return typeof input === 'string' ? value : input
  if (Array.isArray(input)) return input.map((item, i) => (i === key ? replaced(item, rest, value) : (item as unknown)))
  if (typeof input !== 'object' || input === null) return input
  return { ...input, [key]: replaced((input as Record<PropertyKey, unknown>)[key], rest, value) }
}

function textWith({ pattern, format, minLength = 0, maxLength = 10_000 }: Schema, value: string): string {
  const fits = (text: string): boolean => pattern === undefined || new RegExp(pattern, 'u').test(text)
  if (format === undefined && fits(value)) return value.padEnd(minLength, ' word').slice(0, maxLength)
  return FORMS.find((form) => fits(form) && isOf(format, form)) ?? value
}

const isOf = (format: string | undefined, text: string): boolean => {
  switch (format ?? '') {
    case 'date':
      return /^\d{4}-\d{2}-\d{2}$/.test(text)
    case 'date-time':
      return text.endsWith('Z')
    case 'email':
      return text.includes('@')
    case 'uri':
      return text.startsWith('https:')
    default:
      return true
  }
}
