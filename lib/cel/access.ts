// SPDX-License-Identifier: Apache-2.0
import type { ASTNode } from '@marcbachmann/cel-js'
import { fixed, made, NotInLanguage, required, type Node, type Scope } from './node.ts'
import {
  common,
  Fault,
  listOf,
  Missing,
  nameOf,
  NoAnswer,
  scalar,
  type Frame,
  type Row,
  type Run,
  type Type,
  type Value,
} from './value.ts'

/** Records, lists and maps: how they are written down and how their parts are reached. */

export function member(node: ASTNode, holder: Node, name: string, scope: Scope): Node {
  const { type } = holder
  const whole = required(holder)
  if (type.is === 'map') return lookUp(whole, type.of, fixed(scalar('string'), name))
  const field = type.is === 'row' ? type.layout.fields.get(name) : undefined
  if (type.is !== 'row' || !field) throw new NotInLanguage(node, `${nameOf(type)} has no field ${name}`)
  scope.reads(type.layout, name)
  const { slot } = field
  const { run, place } = whole
  // A row is typed above and has a slot for each field.
  if (place === undefined || place.field !== undefined)
    return made(
      field.type,
      [whole],
      (frame) => {
        const row = run(frame)
        return row instanceof Fault ? row : ((row as Row).values[slot] as Value)
      },
      name,
    )
  const { variable } = place
  const read: Run = (frame) => (frame[variable] as Row).values[slot] as Value
  return { type: field.type, run: read, constant: undefined, place: { variable, field: slot }, says: name }
}

export function element(node: ASTNode, holder: Node, index: Node): Node {
  const { type } = holder
  const [whole, at] = [required(holder), required(index)]
  if (type.is === 'map' && at.type.is === 'string') return lookUp(whole, type.of, at)
  if (type.is !== 'list' || at.type.is !== 'int')
    throw new NotInLanguage(node, `[] is not defined for ${nameOf(type)} and ${nameOf(at.type)}`)
  const outside = new Fault('the list has no such place')
  return made(type.of, [whole, at], (frame) => {
    const items = whole.run(frame)
    if (items instanceof Fault) return items
    const i = at.run(frame)
    if (i instanceof Fault) return i
    const found = (items as readonly Value[])[Number(i)] // typed above
    return found === undefined ? outside : found
  })
}

/** The value of a key in a map; a key it does not have is a fault. */
function lookUp(whole: Node, type: Type, key: Node): Node {
  return made(type, [whole, key], (frame) => {
    const entries = whole.run(frame)
    if (entries instanceof Fault) return entries
    const name = key.run(frame)
    if (name instanceof Fault) return name
    const found = (entries as ReadonlyMap<string, Value>).get(name as string) // typed by the caller, here and below
    return found === undefined ? new NoAnswer(`the check has no answer for "${name as string}"`) : found
  })
}

export function list(node: ASTNode, parts: readonly Node[]): Node {
  const type = commonType(node, parts)
  const runs = parts.map((part) => part.run)
  return made(listOf(type), parts, (frame) => allOf(runs, frame))
}

/** @param parts the compiled values, in the order of the keys */
export function map(node: ASTNode, keyNodes: readonly ASTNode[], parts: readonly Node[]): Node {
  const keys = keyNodes.map((key) => {
    if (key.op === 'value' && typeof key.args === 'string' && !HIDDEN.has(key.args)) return key.args
    throw new NotInLanguage(key, 'expected a text between quotes as a key')
  })
  const runs = parts.map((part) => part.run)
  return made({ is: 'map', of: commonType(node, parts), nullable: false }, parts, (frame) => {
    const values = allOf(runs, frame)
    return values instanceof Fault ? values : new Map(keys.map((key, i) => [key, values[i] as Value])) // one value a key
  })
}

/** Keys that the library drops without a word. */
const HIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** The type of all of some parts, the branches of a choice or the members of a list. */
export function commonType(node: ASTNode, parts: readonly Node[]): Type {
  return parts.reduce<Type>((type, part) => {
    const both = common(type, part.type)
    if (!both)
      throw new NotInLanguage(node, `expected values of one type, got ${nameOf(type)} and ${nameOf(part.type)}`)
    return both
  }, scalar('nothing'))
}

function allOf(runs: readonly Run[], frame: Frame): readonly Value[] | Fault {
  const values: Value[] = []
  for (const run of runs) {
    const value = run(frame)
    if (value instanceof Fault) return value
    values.push(value)
  }
  return values
}

/** Whether a field was given, null included. @param holder what `node` asks for a field of */
export function given(node: ASTNode & { op: '.' }, holder: Node, scope: Scope): Node {
  const name = node.args[1]
  const field = member(node, holder, name, scope)
  const isMap = holder.type.is === 'map'
  return made(scalar('bool'), [field], (frame) => {
    if (isMap) {
      const entries = holder.run(frame)
      return entries instanceof Fault ? entries : (entries as ReadonlyMap<string, Value>).has(name) // typed above
    }
    const value = field.run(frame)
    return value instanceof Missing ? false : value instanceof Fault ? value : true
  })
}
