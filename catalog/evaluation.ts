// SPDX-License-Identifier: Apache-2.0
import { serialize, type ASTNode, type Environment } from '@marcbachmann/cel-js'
import { compileAny, compileExpression, type Expression } from './cel.ts'
import { COST_MOST, costOf, type Cost, type LengthOf } from './cost.ts'

/** An expression ready to be evaluated on many rows, with its parts for explanations. */
export interface Prepared {
  readonly expression: Expression
  readonly cost: Cost
  /** The operands of the outermost `&&`, each by itself. */
  readonly parts: readonly Expression[]
  /** For a part of the form `list.all(x, …)`: the members for which it is not true. */
  readonly offenders: readonly (Expression | undefined)[]
}

/** What an expression sees when it is evaluated for one subject. */
export interface Scope {
  readonly variables: Readonly<Record<string, unknown>>
  readonly lengthOf: LengthOf
  /** Why the rows could not even be joined. */
  readonly fault: string | undefined
}

/** @throws Refused BAD_EXPRESSION */
export function prepare(environment: Environment, source: string, name: 'where' | 'assert', names: string): Prepared {
  const expression = compileExpression(environment, source, name, names)
  const cost = costOf(expression.ast, name)
  const nodes = conjuncts(environment.parse(source).ast)
  const parts = nodes.map((node) => compileAny(environment, serialize(node), name))
  const offenders = nodes.map((node) => {
    if (node.op !== 'rcall' || node.args[0] !== 'all') return undefined
    const [, receiver, [variable, predicate]] = node.args
    if (!variable || !predicate) return undefined
    const text = `${serialize(receiver)}.filter(${serialize(variable)}, !(${serialize(predicate)}))`
    return compileAny(environment, text, name)
  })
  return { expression, cost, parts, offenders }
}

const conjuncts = (node: ASTNode): ASTNode[] => (node.op === '&&' ? node.args.flatMap(conjuncts) : [node])

/** True, false, or in words why neither. */
export function evaluate(prepared: Prepared, scope: Scope): true | false | string {
  if (prepared.cost) {
    const cost = prepared.cost(scope.lengthOf)
    if (cost > COST_MOST) return `too expensive: up to ${cost} steps, at most ${COST_MOST}`
  }
  return attempt(prepared.expression, scope)
}

export function attempt(expression: Expression, scope: Scope): true | false | string {
  try {
    const value = expression.run(scope.variables)
    return value === true || value === false ? value : `expected true or false, got ${String(value)}`
  } catch (error) {
    return faultOf(error)
  }
}

/** Why an expression has no value on a row; the library's words, made plain where they are about data. */
export function faultOf(error: unknown): string {
  if (!(error instanceof Error)) throw error
  const summary = 'summary' in error && typeof error.summary === 'string' ? error.summary : error.message
  const missing = /^No such key: (.*)$/.exec(summary)?.[1]
  if (missing === undefined) return summary.split('\n')[0]! // a text split has a first part
  return isLookup(error) ? `the check has no answer for "${missing}"` : `the source did not say ${missing}`
}

/** Whether the key was computed (`{…}[subject.status]`), not the name of a field. */
const isLookup = (error: Error): boolean =>
  'node' in error &&
  typeof error.node === 'object' &&
  error.node !== null &&
  'op' in error.node &&
  error.node.op === '[]'

export const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()
