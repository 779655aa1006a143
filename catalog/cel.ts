// SPDX-License-Identifier: Apache-2.0
import { Environment, ParseError, type ASTNode } from '@marcbachmann/cel-js'
import { compile, truth } from '../lib/cel/compile.ts'
import { NotInLanguage, type Node, type Scope, type Variable } from '../lib/cel/node.ts'
import { common, listOf, Row, scalar, type Layout, type Type, type Value } from '../lib/cel/value.ts'
import { Refused } from '../lib/refused.ts'
import type { Kind } from './kind.ts'
import { layoutOf } from './rows.ts'

/**
 * The Common Expression Language, typed by our kinds and bounded: no I/O, no clock, linear-time regular expressions,
 * limited size and depth. A field that the source did not give is an error, never `false`. The library parses and checks
 * types, for its words and places in the text; `lib/cel` decides what is in the language and makes it run.
 */

/** Structural limits; the cost of one evaluation is bounded by `cost.ts`. */
const LIMITS = { maxAstNodes: 600, maxDepth: 40, maxListElements: 200, maxMapEntries: 100, maxCallArguments: 8 }
export const EXPRESSION_MOST_BYTES = 8192

type Fields = Readonly<Record<string, string>>
type Param = string | number | boolean
export type CelParam = Param | readonly Param[] | { readonly [key: string]: Param }

const TIMESTAMP = 'google.protobuf.Timestamp'

/** What the library calls a type. A nullable one is `dyn<T>`: the library finds wrong types in it, judging finds null. */
function celName(type: Type): string {
  if (type.nullable) return `dyn<${celName({ ...type, nullable: false })}>`
  if (type.is === 'list') return `list<${celName(type.of)}>`
  if (type.is === 'map') return `map<string, ${celName(type.of)}>`
  if (type.is === 'row') return typeName(type.layout.name)
  return type.is === 'timestamp' ? TIMESTAMP : type.is === 'nothing' ? 'dyn' : type.is
}

const namesOf = ({ fields }: Layout): Fields =>
  Object.fromEntries([...fields].map(([name, { type }]) => [name, celName(type)]))

/** Fields of a kind with their CEL types; for messages and for the list of kinds. */
export const fieldsOf = (kind: Kind): Fields => namesOf(layoutOf(kind))

const typeName = (id: string): string =>
  id
    .split('-')
    .map((part) => part[0]!.toUpperCase() + part.slice(1)) // an id has no empty part
    .join('')

/** Classes that stand for kinds in the library's type checker. Nothing is ever made of them when checks judge. */
const classes = new Map<string, new () => object>()
export function classOf(layout: Layout): new () => object {
  const known = classes.get(layout.name) ?? class {}
  classes.set(layout.name, known)
  return known
}

/** Numbers of which one has a fraction are all `double`. */
function paramType(value: CelParam): Type {
  if (typeof value === 'string') return scalar('string')
  if (typeof value === 'boolean') return scalar('bool')
  if (typeof value === 'number') return scalar(Number.isSafeInteger(value) ? 'int' : 'double')
  const items: readonly Param[] = Array.isArray(value) ? value : Object.values(value)
  const types = items.map(paramType)
  const numbers = types.every(({ is }) => is === 'int' || is === 'double') && types.some(({ is }) => is === 'double')
  const of = numbers
    ? scalar('double')
    : types.reduce<Type | undefined>((all, type) => all && common(all, type), scalar('nothing'))
  if (!of)
    throw new Refused('BAD_CHECK', `expected values of one type, got ${JSON.stringify(value)}`, { pointer: '/params' })
  return Array.isArray(value) ? listOf(of) : { is: 'map', of, nullable: false }
}

const paramValue = (value: CelParam): Value =>
  typeof value !== 'object' ? value : Array.isArray(value) ? value : new Map(Object.entries(value))

const PERIOD: Layout = {
  name: 'period',
  fields: new Map(['start', 'end', 'now'].map((name, slot) => [name, { slot, type: scalar('timestamp') }])),
}

/** What `period` holds: the 365 days up to the moment of judging; `now` and `end` are that moment. */
export function periodRow(now: Date): Row {
  const [start, end] = [now.getTime() - 365 * 86_400_000, now.getTime()]
  const iso = (ms: number): string => new Date(ms).toISOString()
  return new Row({ start: iso(start), end: iso(end), now: iso(end) }, [start, end, end])
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

/** Slots of a frame; lookups follow in the order they are declared in. */
export const SUBJECT = 0
export const PERIOD_SLOT = 1
export const FIRST_LOOKUP = 2

/** The variables of one check. `params` never change, so what is reckoned from them alone is reckoned once. */
export function variablesOf(scope: CelScope): Map<string, Variable> {
  const params = Object.entries(scope.params)
  const fields = params.map(([name, value], slot) => [name, { slot, type: paramType(value) }] as const)
  const constant = new Row(
    scope.params,
    params.map(([, value]) => paramValue(value)),
  )
  const row = (layout: Layout): Type => ({ is: 'row', layout, nullable: false })
  return new Map<string, Variable>([
    ['subject', { type: row(layoutOf(scope.subject)), slot: SUBJECT }],
    ['period', { type: row(PERIOD), slot: PERIOD_SLOT }],
    ['params', { type: row({ name: 'params', fields: new Map(fields) }), slot: -1, constant }],
    ...Object.entries(scope.lookups).map(([name, kind], i): [string, Variable] => [
      name,
      { type: listOf(row(layoutOf(kind))), slot: FIRST_LOOKUP + i },
    ]),
  ])
}

/** What it takes to compile the expressions of one check. */
export interface Language {
  readonly environment: Environment
  readonly scope: Scope
  /** What `namesIn` says, for messages. */
  readonly names: string
}

/** The language of one check: exactly its variables exist. @throws Refused BAD_CHECK for parameters of mixed types */
export function languageOf(of: CelScope, reads: Scope['reads']): Language {
  const variables = variablesOf(of)
  const environment = new Environment({ limits: LIMITS })
  const known = new Set<Layout>()
  for (const [name, { type }] of variables) {
    const { layout } = type.is === 'list' && type.of.is === 'row' ? type.of : (type as Extract<Type, { is: 'row' }>) // rows and lists of rows
    if (!known.has(layout))
      environment.registerType(typeName(layout.name), { ctor: classOf(layout), fields: { ...namesOf(layout) } })
    known.add(layout)
    environment.registerVariable(name, celName(type))
  }
  return { environment, scope: { variables, free: variables.size, reads }, names: namesIn(of) }
}

/** An expression that was parsed, type-checked and compiled. */
export interface Expression extends Pick<Node, 'type' | 'run'> {
  readonly source: string
  readonly ast: ASTNode
}

/**
 * Compiles one expression that must give true or false.
 * @param where name of the field of the check, for messages: `assert`
 * @throws Refused BAD_EXPRESSION with line, column and what was expected
 */
export function compileExpression(language: Language, source: string, where: string): Expression {
  const bytes = Buffer.byteLength(source)
  if (bytes > EXPRESSION_MOST_BYTES)
    throw new Refused('BAD_EXPRESSION', `${where}: expected at most ${EXPRESSION_MOST_BYTES} bytes, got ${bytes}`, {
      pointer: `/${where}`,
    })
  return compileBy(truth, language, source, where)
}

/** Compiles an expression of any type; for the parts of an explanation. @throws Refused BAD_EXPRESSION */
export const compileAny = (language: Language, source: string, where: string): Expression =>
  compileBy(compile, language, source, where)

function compileBy(
  by: typeof compile,
  { environment, scope, names }: Language,
  source: string,
  where: string,
): Expression {
  try {
    const parsed = environment.parse(source)
    const { valid, type, error } = parsed.check()
    if (!valid) throw refusal(source, where, error, names)
    if (by === truth && type !== 'bool' && type !== 'dyn' && type !== 'dyn<bool>')
      throw new Refused('BAD_EXPRESSION', `${where}: expected true or false, got ${type ?? 'nothing'}`, {
        pointer: `/${where}`,
      })
    return { source, ast: parsed.ast, ...by(parsed.ast, scope) }
  } catch (error) {
    // What the library's parser refuses, and what it accepts that the language does not have; all else is a bug of ours.
    throw error instanceof NotInLanguage || error instanceof ParseError ? refusal(source, where, error) : error
  }
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
