// SPDX-License-Identifier: Apache-2.0
import type { ASTNode } from '@marcbachmann/cel-js'
import type { Scope } from '../lib/cel/node.ts'
import { Row, type Frame, type Value } from '../lib/cel/value.ts'
import { Refused } from '../lib/refused.ts'
import { childrenOf } from './cel.ts'

/**
 * What one evaluation can cost at most, counted in visited nodes before it starts. Time differs from machine to machine;
 * this number does not, so a check that is too expensive is inconclusive everywhere and for ever.
 */
export const COST_MOST = 2_000_000
/** Macros inside macros: a question about facts never needs more. */
const NESTING_MOST = 3
/** A list whose length is not known before evaluation counts as this long. */
const UNKNOWN_LENGTH = 1000

const MACROS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter'])

/** Cost for one subject; `undefined` for an expression without loops, whose cost is its size. */
export type Cost = ((frame: Frame) => number) | undefined

/** @throws Refused BAD_EXPRESSION when loops are nested too deeply */
export function costOf(ast: ASTNode, where: string, scope: Scope): Cost {
  if (depthOf(ast) > NESTING_MOST)
    throw new Refused('BAD_EXPRESSION', `${where}: expected at most ${NESTING_MOST} nested loops, got more`, {
      pointer: `/${where}`,
    })
  if (depthOf(ast) === 0) return undefined
  const cost = count(ast, scope)
  return typeof cost === 'number' ? () => cost : cost
}

const isLoop = (node: ASTNode): boolean => node.op === 'rcall' && MACROS.has(node.args[0]) && node.args[2].length > 1

function depthOf(node: ASTNode): number {
  let deepest = 0
  for (const child of childrenOf(node)) deepest = Math.max(deepest, depthOf(child))
  return deepest + (isLoop(node) ? 1 : 0)
}

/** A number that is known now, or once the lengths of the lists of a subject are. */
type Count = number | ((frame: Frame) => number)
const at = (count: Count, frame: Frame): number => (typeof count === 'number' ? count : count(frame))
const plus = (a: Count, b: Count): Count =>
  typeof a === 'number' && typeof b === 'number' ? a + b : (frame) => at(a, frame) + at(b, frame)
const times = (a: Count, b: Count): Count =>
  typeof a === 'number' && typeof b === 'number' ? a * b : (frame) => at(a, frame) * at(b, frame)

function count(node: ASTNode, scope: Scope): Count {
  if (isLoop(node) && node.op === 'rcall') {
    const [, receiver, [, ...bodies]] = node.args
    const each = bodies.map((body) => count(body, scope)).reduce(plus, 1)
    return plus(count(receiver, scope), times(lengthOfNode(receiver, scope), each))
  }
  // `x in list` walks the list.
  const scan = node.op === 'in' ? lengthOfNode(node.args[1], scope) : 0
  return childrenOf(node)
    .map((child) => count(child, scope))
    .reduce(plus, plus(1, scan))
}

function lengthOfNode(node: ASTNode, scope: Scope): Count {
  if (node.op === 'list') return node.args.length
  if (node.op === 'id') return lengthOfVariable(node.args, undefined, scope)
  if (node.op === '.' && node.args[0].op === 'id') return lengthOfVariable(node.args[0].args, node.args[1], scope)
  if (node.op === 'rcall' && MACROS.has(node.args[0])) return lengthOfNode(node.args[1], scope)
  return UNKNOWN_LENGTH
}

function lengthOfVariable(name: string, field: string | undefined, scope: Scope): Count {
  const variable = scope.variables.get(name)
  if (!variable) return UNKNOWN_LENGTH
  const place = field === undefined || variable.type.is !== 'row' ? undefined : variable.type.layout.fields.get(field)
  const within = (value: Value | undefined): Value | undefined =>
    place === undefined ? value : value instanceof Row ? value.values[place.slot] : undefined
  if (variable.constant !== undefined) return sizeOf(within(variable.constant))
  return (frame) => sizeOf(within(frame[variable.slot]))
}

const sizeOf = (value: Value | undefined): number =>
  Array.isArray(value) ? value.length : value instanceof Map ? value.size : UNKNOWN_LENGTH
