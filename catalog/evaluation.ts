// SPDX-License-Identifier: Apache-2.0
import { serialize, type ASTNode } from '@marcbachmann/cel-js'
import { Fault, type Frame } from '../lib/cel/value.ts'
import { compileAny, compileExpression, type Expression, type Language } from './cel.ts'
import { COST_MOST, costOf, type Cost } from './cost.ts'

/** An expression ready to be evaluated on many rows, with its parts for explanations. */
export interface Prepared {
  readonly expression: Expression
  readonly cost: Cost
  /** The operands of the outermost `&&`, each by itself. */
  readonly parts: readonly Expression[]
  /** For a part of the form `list.all(x, …)`: the members for which it is not true. */
  readonly offenders: readonly (Expression | undefined)[]
}

/** @throws Refused BAD_EXPRESSION */
export function prepare(language: Language, source: string, name: 'where' | 'assert'): Prepared {
  const expression = compileExpression(language, source, name)
  const cost = costOf(expression.ast, name, language.scope)
  const nodes = conjuncts(expression.ast)
  const parts = nodes.map((node) => compileAny(language, serialize(node), name))
  const offenders = nodes.map((node) => {
    if (node.op !== 'rcall' || node.args[0] !== 'all') return undefined
    const [, receiver, [variable, predicate]] = node.args
    if (!variable || !predicate) return undefined
    const text = `${serialize(receiver)}.filter(${serialize(variable)}, !(${serialize(predicate)}))`
    return compileAny(language, text, name)
  })
  return { expression, cost, parts, offenders }
}

const conjuncts = (node: ASTNode): ASTNode[] => (node.op === '&&' ? node.args.flatMap(conjuncts) : [node])

/** True, false, or why neither. */
export function evaluate({ cost, expression }: Prepared, frame: Frame): boolean | Fault {
  if (cost !== undefined) {
    const most = cost(frame)
    if (most > COST_MOST) return new Fault(`too expensive: up to ${most} steps, at most ${COST_MOST}`)
  }
  return expression.run(frame) as boolean | Fault // an expression that gives true or false, by its type
}

export const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()
