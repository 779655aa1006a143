// SPDX-License-Identifier: Apache-2.0
import { Environment, type ASTNode, type TypeCheckResult } from '@marcbachmann/cel-js'
import { RE2JS } from 're2js'
import type { z } from 'zod'
import { Refused } from '../lib/refused.ts'
import type { Kind } from './kind.ts'

/**
 * The Common Expression Language, typed by our kinds and bounded: no I/O, no clock, linear-time regular expressions,
 * limited size and depth. A field that the source did not give is an error, never `false`.
 */

/** Structural limits; the cost of one evaluation is bounded by `cost.ts`. */
const LIMITS = { maxAstNodes: 600, maxDepth: 40, maxListElements: 200, maxMapEntries: 100, maxCallArguments: 8 }
export const EXPRESSION_MOST_BYTES = 8192
const PATTERN_MOST = 1000

type CelType = string
type Fields = Readonly<Record<string, CelType>>
export type CelRow = object
export type CelParam = string | number | boolean | readonly CelParam[] | { readonly [key: string]: CelParam }

const TIMESTAMP = 'google.protobuf.Timestamp'

/** The CEL type of a field. A nullable field is `dyn<T>`: wrong types are found when saving, null misuse when judging. */
function celType(schema: z.core.$ZodType): CelType {
  const { def } = schema._zod
  if (def.type === 'nullable') return `dyn<${celType((def as z.core.$ZodNullableDef).innerType)}>`
  if (def.type === 'array') return `list<${celType((def as z.core.$ZodArrayDef).element)}>`
  if (def.type === 'string') return (schema as z.ZodType).meta()?.['cel'] === 'timestamp' ? TIMESTAMP : 'string'
  if (def.type === 'number') return 'format' in def ? 'int' : 'double'
  if (def.type === 'enum') return 'string'
  if (def.type === 'boolean') return 'bool'
  throw new Error(`a kind's field of type ${def.type} has no CEL type`)
}

/** Fields of a kind with their CEL types; for messages and for the list of kinds. */
export const fieldsOf = (kind: Kind): Fields =>
  Object.fromEntries(Object.entries(kind.schema.shape).map(([name, schema]) => [name, celType(schema)]))

const typeName = (id: string): string =>
  id
    .split('-')
    .map((part) => part[0]!.toUpperCase() + part.slice(1)) // an id has no empty part
    .join('')

interface RowType {
  readonly name: string
  readonly fields: Fields
  /** Makes the CEL value of a fact's body. */
  readonly read: (body: Readonly<Record<string, unknown>>) => CelRow
  readonly ctor: new () => object
}

const rowTypes = new Map<string, RowType>()

function rowType(kind: Kind): RowType {
  let type = rowTypes.get(kind.id)
  if (type) return type
  const fields = fieldsOf(kind)
  const Row = class {}
  const plan = Object.entries(fields).map(([name, cel]) => [name, converter(cel)] as const)
  type = {
    name: typeName(kind.id),
    fields,
    ctor: Row,
    read(body) {
      const row = new Row() as Record<string, unknown>
      for (const [name, convert] of plan) {
        const value = body[name]
        if (value !== undefined) row[name] = convert && value !== null ? convert(value) : value
      }
      return row
    },
  }
  rowTypes.set(kind.id, type)
  return type
}

/** Bodies are JSON; CEL has moments and 64-bit integers. A text that is no moment stays away, so it is inconclusive. */
function converter(cel: CelType): ((value: unknown) => unknown) | undefined {
  if (cel.endsWith(`${TIMESTAMP}>`) || cel === TIMESTAMP)
    return (value) => {
      const date = new Date(String(value))
      return Number.isNaN(date.getTime()) ? undefined : date
    }
  if (cel === 'int' || cel === 'dyn<int>')
    return (value) => (Number.isSafeInteger(value) ? BigInt(value as number) : value)
  return undefined
}

/** Reads a fact's body as a CEL value of its kind. */
export const readRow = (kind: Kind, body: Readonly<Record<string, unknown>>): CelRow => rowType(kind).read(body)

const patterns = new Map<string, RE2JS>()
function matches(text: string, pattern: string): boolean {
  let compiled = patterns.get(pattern)
  if (!compiled) {
    if (pattern.length > PATTERN_MOST) throw new Error(`a pattern has at most ${PATTERN_MOST} characters`)
    compiled = RE2JS.compile(pattern)
    if (patterns.size >= 500) patterns.clear()
    patterns.set(pattern, compiled)
  }
  return compiled.matcher(text).find()
}

/** Every parameter as a CEL value: whole numbers are integers. */
export function readParams(value: CelParam): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item: CelParam) => readParams(item))
  return new Map(Object.entries(value).map(([key, item]) => [key, readParams(item)]))
}

function paramType(value: CelParam): CelType {
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'int' : 'double'
  const items: readonly CelParam[] = Array.isArray(value) ? value : Object.values(value)
  const types = new Set(items.map(paramType))
  const item = types.size === 1 ? [...types][0]! : 'dyn' // the set has exactly one member
  return Array.isArray(value) ? `list<${item}>` : `map<string, ${item}>`
}

class Params {}
class Period {
  declare start: Date
  declare end: Date
  declare now: Date
}

/** The parameters of a check as the value of the variable `params`. */
export function paramsValue(params: Readonly<Record<string, CelParam>>): CelRow {
  return Object.assign(new Params(), Object.fromEntries(Object.entries(params).map(([k, v]) => [k, readParams(v)])))
}

/** What `period` holds: the 365 days up to the moment of judging; `now` and `end` are that moment. */
export function periodValue(now: Date): CelRow {
  return Object.assign(new Period(), { start: new Date(now.getTime() - 365 * 86_400_000), end: now, now })
}

export interface CelScope {
  readonly subject: Kind
  readonly lookups: Readonly<Record<string, Kind>>
  readonly params: Readonly<Record<string, CelParam>>
}

/** What an expression may name; for messages to whoever writes it. */
export const namesIn = (scope: CelScope): string =>
  [
    ['subject', Object.keys(fieldsOf(scope.subject))] as const,
    ...Object.entries(scope.lookups).map(([name, kind]) => [`each of ${name}`, Object.keys(fieldsOf(kind))] as const),
    ['params', Object.keys(scope.params)] as const,
    ['period', ['start', 'end', 'now']] as const,
  ]
    .map(([name, fields]) => `${name} has ${fields.join(', ') || 'nothing'}`)
    .join('; ')

/** An environment in which exactly the variables of one check exist. */
export function environmentOf(scope: CelScope): Environment {
  const environment = new Environment({ limits: LIMITS })
  environment.registerFunction('string.linearMatches(string): bool', matches, { async: false })
  for (const kind of new Map([scope.subject, ...Object.values(scope.lookups)].map((k) => [k.id, k])).values()) {
    const type = rowType(kind)
    environment.registerType(type.name, { ctor: type.ctor, fields: { ...type.fields } })
  }
  environment.registerType('Period', { ctor: Period, fields: { start: TIMESTAMP, end: TIMESTAMP, now: TIMESTAMP } })
  const params = Object.fromEntries(Object.entries(scope.params).map(([name, value]) => [name, paramType(value)]))
  environment.registerType('Params', { ctor: Params, fields: params })
  environment.registerVariable('subject', rowType(scope.subject).name)
  environment.registerVariable('period', 'Period')
  environment.registerVariable('params', 'Params')
  for (const [name, kind] of Object.entries(scope.lookups))
    environment.registerVariable(name, `list<${rowType(kind).name}>`)
  return environment
}

/** An expression that was parsed and type-checked. */
export interface Expression {
  readonly source: string
  readonly ast: ASTNode
  readonly run: (variables: Readonly<Record<string, unknown>>) => unknown
}

/**
 * Parses and type-checks one expression that must give true or false.
 * @param where name of the field of the check, for messages: `assert`
 * @param names what `namesIn` says, for messages
 * @throws Refused BAD_EXPRESSION with line, column and what was expected
 */
export function compileExpression(environment: Environment, source: string, where: string, names: string): Expression {
  const bytes = Buffer.byteLength(source)
  if (bytes > EXPRESSION_MOST_BYTES)
    throw new Refused('BAD_EXPRESSION', `${where}: expected at most ${EXPRESSION_MOST_BYTES} bytes, got ${bytes}`, {
      pointer: `/${where}`,
    })
  const expression = compileAny(environment, source, where)
  const { valid, type, error } = expression.check
  if (!valid) throw refusal(source, where, error, names)
  if (type !== 'bool' && type !== 'dyn' && type !== 'dyn<bool>')
    throw new Refused('BAD_EXPRESSION', `${where}: expected true or false, got ${type ?? 'nothing'}`, {
      pointer: `/${where}`,
    })
  return expression
}

/** Parses an expression of any type; for the parts of an explanation. @throws Refused BAD_EXPRESSION */
export function compileAny(
  environment: Environment,
  source: string,
  where: string,
): Expression & { readonly check: TypeCheckResult } {
  let parsed: ReturnType<Environment['parse']>
  try {
    parsed = environment.parse(source)
  } catch (error) {
    throw refusal(source, where, error)
  }
  walk(parsed.ast, (node) => {
    // The library's own matches() backtracks for ever on hostile patterns; ours takes time linear in the text.
    if (node.op === 'rcall' && node.args[0] === 'matches') (node.args as unknown[])[0] = 'linearMatches'
  })
  const check = parsed.check()
  return { source, ast: parsed.ast, run: (variables) => parsed(variables), check }
}

/** Visits every node of an expression, parents first. */
export function walk(node: ASTNode, visit: (node: ASTNode, depth: number) => void, depth = 0): void {
  visit(node, depth)
  for (const child of childrenOf(node)) walk(child, visit, depth + 1)
}

export function childrenOf(node: ASTNode): readonly ASTNode[] {
  if (node.op === 'value' || node.op === 'id') return []
  if (node.op === '.' || node.op === '.?') return [node.args[0]]
  if (node.op === 'call') return node.args[1]
  if (node.op === 'rcall') return [node.args[1], ...node.args[2]]
  if (node.op === 'map') return node.args.flat()
  if (node.op === '!_' || node.op === '-_') return [node.args]
  return node.args
}

function refusal(source: string, where: string, error: unknown, names?: string): Refused {
  const range = rangeOf(error)
  const before = source.slice(0, range ?? 0)
  const line = before.split('\n').length
  const column = before.length - before.lastIndexOf('\n')
  const summary =
    typeof error === 'object' && error !== null && 'summary' in error ? String(error.summary) : String(error)
  const missing = /^(?:No such key|Unknown variable): /.test(summary) && names ? `; ${names}` : ''
  return new Refused('BAD_EXPRESSION', `${where}, line ${line}, column ${column}: ${summary}${missing}`, {
    pointer: `/${where}`,
  })
}

const rangeOf = (error: unknown): number | undefined => {
  if (typeof error !== 'object' || error === null || !('range' in error)) return undefined
  const { range } = error
  return typeof range === 'object' && range !== null && 'start' in range ? Number(range.start) : undefined
}
