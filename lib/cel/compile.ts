// SPDX-License-Identifier: Apache-2.0
import type { ASTNode } from '@marcbachmann/cel-js'
import { commonType, element, given, list, map, member } from './access.ts'
import { functionFor, signature } from './functions.ts'
import { toInt } from './int64.ts'
import { isLoop, loop, type LoopName } from './loops.ts'
import { durationOf, timestampOf } from './moments.ts'
import { fixed, made, NotInLanguage, required, type Node, type Scope } from './node.ts'
import { and, arithmetic, choose, contains, equals, minus, not, or, order, type Operation } from './operators.ts'
import { Fault, listOf, nameOf, scalar, type Value } from './value.ts'

/**
 * Compiles an expression of the Common Expression Language, parsed and type-checked by the library, to closures. What is
 * compiled here is the whole language: anything else is refused, so that nothing can be saved that cannot run. No code
 * is made from text.
 */

/** @throws NotInLanguage */
export function compile(node: ASTNode, scope: Scope): Node {
  switch (node.op) {
    case 'value':
      return literal(node, node.args)
    case 'id':
      return variable(node, node.args, scope)
    case '.':
      return member(node, compile(node.args[0], scope), node.args[1], scope)
    case '[]':
      return element(node, compile(node.args[0], scope), compile(node.args[1], scope))
    case 'call':
      return call(node, node.args[0], node.args[1], scope)
    case 'rcall':
      return method(node, node.args[0], node.args[1], node.args[2], scope)
    case 'list':
      return list(
        node,
        node.args.map((item) => compile(item, scope)),
      )
    case 'map':
      return map(
        node,
        node.args.map(([key]) => key),
        node.args.map(([, value]) => compile(value, scope)),
      )
    case '?:':
      return ternary(node, node.args, scope)
    case '&&':
    case '||': {
      const [left, right] = node.args.map((part) => truth(part, scope)) as [Node, Node] // two operands
      return made(scalar('bool'), [left, right], node.op === '&&' ? and(left.run, right.run) : or(left.run, right.run))
    }
    case '!_': {
      const part = truth(node.args, scope)
      return made(scalar('bool'), [part], not(part))
    }
    case '-_': {
      const part = required(compile(node.args, scope))
      return operation(node, [part], minus(part))
    }
    case '.?':
    case '[?]':
      throw new NotInLanguage(node, `${node.op} is not in the language of checks; has(…) asks whether a field is there`)
    default:
      return binary(node, scope)
  }
}

/** A part that gives true or false. */
export function truth(node: ASTNode, scope: Scope): Node {
  const part = required(compile(node, scope))
  if (part.type.is !== 'bool') throw new NotInLanguage(node, `expected true or false, got ${nameOf(part.type)}`)
  return part
}

function operation(node: ASTNode, parts: readonly Node[], found: Operation): Node {
  if (found) return made(found.type, parts, found.run)
  const types = parts.map(({ type }) => nameOf(type))
  throw new NotInLanguage(node, `${node.op.replace('_', '')} is not defined for ${types.join(' and ')}`)
}

type Binary = Extract<ASTNode, { op: '==' | '!=' | 'in' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | '/' | '%' }>

function binary(node: Binary, scope: Scope): Node {
  const [left, right] = node.args.map((part) => compile(part, scope)) as [Node, Node] // two operands
  switch (node.op) {
    case '==':
      return operation(node, [left, right], equals(left, right))
    case '!=': {
      const equal = operation(node, [left, right], equals(left, right))
      return made(scalar('bool'), [equal], not(equal))
    }
    case 'in':
      return operation(node, [left, right], contains(left, right))
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const [a, b] = [required(left), required(right)]
      return operation(node, [a, b], order(node.op, a, b))
    }
    default: {
      const [a, b] = [required(left), required(right)]
      return operation(node, [a, b], arithmetic(node.op, a, b))
    }
  }
}

function literal(node: ASTNode, value: unknown): Node {
  if (value === null) return fixed(scalar('null', true), null)
  if (typeof value === 'boolean') return fixed(scalar('bool'), value)
  if (typeof value === 'string') return fixed(scalar('string'), value)
  if (typeof value === 'number') return fixed(scalar('double'), value)
  const int = typeof value === 'bigint' ? toInt(value) : undefined
  if (int === undefined) throw new NotInLanguage(node, 'expected true, false, null, a text or a number of 64 bits')
  return fixed(scalar('int'), int)
}

function variable(node: ASTNode, name: string, scope: Scope): Node {
  const found = scope.variables.get(name)
  if (!found) throw new NotInLanguage(node, `${name} is not in the language of checks`)
  const { slot, type, constant } = found
  // A frame has a value for every variable that was declared.
  return constant === undefined
    ? { type, run: (frame) => frame[slot] as Value, constant, place: { variable: slot }, says: name }
    : fixed(type, constant, name)
}

function ternary(node: ASTNode, [condition, yes, no]: readonly [ASTNode, ASTNode, ASTNode], scope: Scope): Node {
  const chosen = truth(condition, scope)
  const parts = [compile(yes, scope), compile(no, scope)] as const
  return made(commonType(node, parts), [chosen, ...parts], choose(chosen.run, parts[0].run, parts[1].run))
}

/** Texts of moments and times are read once, when the check is compiled. */
const TEXTS: Readonly<Record<string, { readonly read: (text: string) => number | undefined; readonly like: string }>> =
  {
    timestamp: { read: timestampOf, like: 'a moment such as 2026-03-03T07:00:00Z' },
    duration: { read: durationOf, like: 'a time of whole milliseconds such as 26h or 90m' },
  }

function call(node: ASTNode, name: string, args: readonly ASTNode[], scope: Scope): Node {
  const [only] = args
  if (name === 'has' && only && args.length === 1) {
    if (only.op !== '.') throw new NotInLanguage(only, 'expected a field, such as has(subject.email)')
    return given(only, compile(only.args[0], scope), scope)
  }
  const text = Object.hasOwn(TEXTS, name) ? TEXTS[name] : undefined
  if (!text || !only || args.length !== 1)
    return apply(
      node,
      name,
      args.map((arg) => compile(arg, scope)),
    )
  const { constant } = compile(only, scope)
  const value = typeof constant === 'string' ? text.read(constant) : undefined
  if (value === undefined) throw new NotInLanguage(only, `expected a text or a parameter that is ${text.like}`)
  return fixed(scalar(name === 'timestamp' ? 'timestamp' : 'duration'), value)
}

function method(node: ASTNode, name: string, receiver: ASTNode, args: readonly ASTNode[], scope: Scope): Node {
  const on = compile(receiver, scope)
  if (!isLoop(name, args.length)) return apply(node, name, [on, ...args.map((arg) => compile(arg, scope))])
  return overEach(node, name, on, args, scope)
}

function overEach(node: ASTNode, name: LoopName, on: Node, [id, ...bodies]: readonly ASTNode[], scope: Scope): Node {
  const whole = required(on)
  const { type } = whole
  if (type.is !== 'list' && type.is !== 'map')
    throw new NotInLanguage(node, `expected a list to loop over, got ${nameOf(type)}`)
  if (id?.op !== 'id' || scope.variables.has(id.args))
    throw new NotInLanguage(id ?? node, 'expected a name of its own for each member')
  const slot = scope.free
  const member = { type: type.is === 'list' ? type.of : scalar('string'), slot }
  const inner: Scope = { ...scope, variables: new Map([...scope.variables, [id.args, member]]), free: slot + 1 }
  const last = bodies.at(-1) ?? node
  // Of three parts the middle one filters; the last of a map is a value, every other is a question.
  const parts = bodies.map((body) => (name === 'map' && body === last ? compile(body, inner) : truth(body, inner)))
  const runs = parts.map((part) => part.run)
  const gives =
    name === 'map'
      ? listOf(parts.at(-1)?.type ?? scalar('nothing'))
      : name === 'filter'
        ? listOf(member.type)
        : scalar('bool')
  return made(gives, [whole, ...parts], loop(name, whole.run, slot, runs))
}

function apply(node: ASTNode, name: string, args: readonly Node[]): Node {
  const parts = args.map(required)
  const types = parts.map(({ type }) => type)
  const fn = functionFor(name, node.op === 'rcall', types)
  if (!fn) throw new NotInLanguage(node, `${signature(name, types)} is not in the language of checks`)
  const run = fn.apply as (...values: Value[]) => Value // its arguments are of the types it takes
  const [first, second] = parts.map((part) => part.run)
  return made(fn.gives, parts, (frame) => {
    const a = first ? first(frame) : null
    if (a instanceof Fault) return a
    if (!second) return run(a)
    const b = second(frame)
    return b instanceof Fault ? b : run(a, b)
  })
}
