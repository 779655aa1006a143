// SPDX-License-Identifier: Apache-2.0
import type { ASTNode } from '@marcbachmann/cel-js'
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

/** Length of a list by the name it is reached with: `accounts` or `subject.tags`; `undefined` when not a list. */
export type LengthOf = (path: string) => number | undefined
/** Cost for one subject; `undefined` for an expression without loops, whose cost is its size. */
export type Cost = ((lengthOf: LengthOf) => number) | undefined

/** @throws Refused BAD_EXPRESSION when loops are nested too deeply */
export function costOf(ast: ASTNode, where: string): Cost {
  if (depthOf(ast) > NESTING_MOST)
    throw new Refused('BAD_EXPRESSION', `${where}: expected at most ${NESTING_MOST} nested loops, got more`, {
      pointer: `/${where}`,
    })
  return depthOf(ast) === 0 ? undefined : (lengthOf) => count(ast, lengthOf)
}

const isLoop = (node: ASTNode): boolean => node.op === 'rcall' && MACROS.has(node.args[0]) && node.args[2].length > 1

function depthOf(node: ASTNode): number {
  let deepest = 0
  for (const child of childrenOf(node)) deepest = Math.max(deepest, depthOf(child))
  return deepest + (isLoop(node) ? 1 : 0)
}

function count(node: ASTNode, lengthOf: LengthOf): number {
  if (isLoop(node) && node.op === 'rcall') {
    const [, receiver, [, ...bodies]] = node.args
    const each = bodies.reduce((sum, body) => sum + count(body, lengthOf), 1)
    return count(receiver, lengthOf) + lengthOfNode(receiver, lengthOf) * each
  }
  // `x in list` walks the list.
  const scan = node.op === 'in' ? lengthOfNode(node.args[1], lengthOf) : 0
  return childrenOf(node).reduce((sum, child) => sum + count(child, lengthOf), 1 + scan)
}

function lengthOfNode(node: ASTNode, lengthOf: LengthOf): number {
  if (node.op === 'list') return node.args.length
  if (node.op === 'id') return lengthOf(node.args) ?? UNKNOWN_LENGTH
  if (node.op === '.' && node.args[0].op === 'id')
    return lengthOf(`${node.args[0].args}.${node.args[1]}`) ?? UNKNOWN_LENGTH
  if (node.op === 'rcall' && MACROS.has(node.args[0])) return lengthOfNode(node.args[1], lengthOf)
  return UNKNOWN_LENGTH
}
