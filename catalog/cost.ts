// SPDX-License-Identifier: Apache-2.0
import type { ASTNode } from '@marcbachmann/cel-js'
import type { Scope, Variable } from '../lib/cel/node.ts'
import type { Frame, Row } from '../lib/cel/value.ts'
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

/** The most steps that one subject can cost; 0 when its lists are too short to matter. */
export type Cost = ((frame: Frame) => number) | undefined

/** The length of a list that a variable, or a field of one, holds; `undefined` when it is not known before evaluation. */
type LengthOf = (name: string, field: string | undefined) => number | undefined

/** @throws Refused BAD_EXPRESSION when loops are nested too deeply */
export function costOf(ast: ASTNode, where: string, scope: Scope): Cost {
  if (depthOf(ast) > NESTING_MOST)
    throw new Refused('BAD_EXPRESSION', `${where}: expected at most ${NESTING_MOST} nested loops, got more`, {
      pointer: `/${where}`,
    })
  if (depthOf(ast) === 0) return undefined
  const lists = listsOf(ast, scope)
  const asked =
    (lengthOf: (list: List) => number): LengthOf =>
    (name, field) => {
      const list = lists.find((one) => one.name === name && one.field === field)
      return list && lengthOf(list)
    }
  const harmless = longestHarmless((length) =>
    count(
      ast,
      asked(() => length),
    ),
  )
  return (frame) => {
    let isShort = true
    for (const list of lists) if (lengthIn(frame, list) > harmless) isShort = false
    return isShort
      ? 0
      : count(
          ast,
          asked((list) => lengthIn(frame, list)),
        )
  }
}

/** So long may every list be without the whole becoming too expensive: more steps come only from longer lists. */
function longestHarmless(steps: (length: number) => number): number {
  let [fits, exceeds] = [-1, COST_MOST]
  while (exceeds - fits > 1) {
    const length = Math.floor((fits + exceeds) / 2)
    if (steps(length) > COST_MOST) exceeds = length
    else fits = length
  }
  return fits
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
  if (node.op === 'id') return lengthOf(node.args, undefined) ?? UNKNOWN_LENGTH
  if (node.op === '.' && node.args[0].op === 'id') return lengthOf(node.args[0].args, node.args[1]) ?? UNKNOWN_LENGTH
  if (node.op === 'rcall' && MACROS.has(node.args[0])) return lengthOfNode(node.args[1], lengthOf)
  return UNKNOWN_LENGTH
}

/** A list by the name it is reached with, and where it lies. */
interface List {
  readonly name: string
  readonly field: string | undefined
  readonly variable: Variable
  readonly slot: number | undefined
}

/** The lists that an expression names, each once. */
function listsOf(ast: ASTNode, scope: Scope): List[] {
  const lists = new Map<string, List>()
  count(ast, (name, field) => {
    const variable = scope.variables.get(name)
    const { type } = variable ?? {}
    const slot = field !== undefined && type?.is === 'row' ? type.layout.fields.get(field)?.slot : undefined
    if (variable && (field === undefined || slot !== undefined))
      lists.set(`${name}.${field ?? ''}`, { name, field, variable, slot })
    return undefined
  })
  return [...lists.values()]
}

function lengthIn(frame: Frame, { variable, slot }: List): number {
  const holder = variable.constant ?? frame[variable.slot]
  const value = slot === undefined ? holder : (holder as Row).values[slot] // a slot is that of a row
  return Array.isArray(value) ? value.length : value instanceof Map ? value.size : UNKNOWN_LENGTH
}
