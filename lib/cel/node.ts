// SPDX-License-Identifier: Apache-2.0
import type { ASTNode } from '@marcbachmann/cel-js'
import { Fault, type Layout, type Run, type Type, type Value } from './value.ts'

/** What parts of an expression are compiled to. */

/** A compiled part of an expression. */
export interface Node {
  readonly type: Type
  readonly run: Run
  /** Its value, where that is the same for every row. */
  readonly constant: Value | undefined
  /** Where in a frame its value lies, when it is a variable, or a field of one that is a row. */
  readonly place?: Place
  /** How a fault names it. */
  readonly says: string
}

export interface Place {
  readonly variable: number
  readonly field?: number
}

export interface Variable {
  readonly type: Type
  /** Where its value lies in a frame. */
  readonly slot: number
  /** Its value, where that is the same for every row. */
  readonly constant?: Value
}

export interface Scope {
  readonly variables: ReadonlyMap<string, Variable>
  /** The first slot that no variable has. */
  readonly free: number
  /** Told of each field of a record that the expression looks at. */
  readonly reads: (layout: Layout, field: string) => void
}

/** An expression the library accepts and this language does not have. `range` is in UTF-16 units of the source. */
export class NotInLanguage extends Error {
  readonly summary: string
  readonly range: { readonly start: number; readonly end: number }
  constructor(node: ASTNode, summary: string) {
    super(summary)
    this.summary = summary
    this.range = { start: node.start, end: node.end }
  }
}

/** A part made of others; its value is worked out now where theirs are known. */
export function made(type: Type, parts: readonly Node[], run: Run, says = 'value'): Node {
  if (parts.some((part) => part.constant === undefined)) return { type, run, constant: undefined, says }
  return fixed(type, run([]), says)
}

/** A part whose value is known. */
export const fixed = (type: Type, value: Value, says = 'value'): Node => ({
  type,
  run: () => value,
  constant: value instanceof Fault ? undefined : value,
  says,
})

/** A part that must have a value: null is a fault. */
export function required(node: Node): Node {
  if (!node.type.nullable) return node
  const { run, constant, says } = node
  const none = new Fault(`the source says there is no ${says}`)
  return { type: { ...node.type, nullable: false }, run: (frame) => run(frame) ?? none, constant, says }
}
