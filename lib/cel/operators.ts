// SPDX-License-Identifier: Apache-2.0
import { add, divide, modulo, multiply, negate, subtract, type Int } from './int64.ts'
import { isMoment } from './moments.ts'
import type { Node } from './node.ts'
import { common, Fault, same, scalar, type Row, type Run, type Type, type Value } from './value.ts'

/** An operator with its operands' types known; `undefined` when the language has none such. */
export type Operation = { readonly type: Type; readonly run: Run } | undefined

const BOOL = scalar('bool')

/** Where a field of a row in a variable lies; most questions look there, and looking at once saves a call. */
const fieldOf = ({ place }: Node): { readonly variable: number; readonly field: number } | undefined =>
  place?.field === undefined ? undefined : { variable: place.variable, field: place.field }

const opposite = (value: Value): Value => (value === true ? false : value === false ? true : value)

export function not(node: Node): Run {
  const { run } = node
  const at = fieldOf(node)
  if (!at) return (frame) => opposite(run(frame))
  const { variable, field } = at
  return (frame) => opposite((frame[variable] as Row).values[field] as Value) // a row has all its fields, here and below
}

/** False decides whatever the other operand is; otherwise a fault is what comes of one. */
export const and =
  (left: Run, right: Run): Run =>
  (frame) => {
    const a = left(frame)
    if (a === false) return false
    const b = right(frame)
    return b === true ? a : b
  }

/** True decides whatever the other operand is. */
export const or =
  (left: Run, right: Run): Run =>
  (frame) => {
    const a = left(frame)
    if (a === true) return true
    const b = right(frame)
    return b === false ? a : b
  }

export const choose =
  (condition: Run, yes: Run, no: Run): Run =>
  (frame) => {
    const chosen = condition(frame)
    return chosen === true ? yes(frame) : chosen === false ? no(frame) : chosen
  }

const isFault = (value: Value): value is Fault => value instanceof Fault

export function equals(left: Node, right: Node): Operation {
  const type = common(left.type, right.type)
  if (!type || type.is === 'map' || type.is === 'row') return undefined
  if (left.constant !== undefined && right.constant === undefined) return equals(right, left)
  // A NaN equals nothing, itself included: `===` says the same.
  if (type.is === 'list' || right.constant === undefined)
    return { type: BOOL, run: both(left.run, right.run, type.is === 'list' ? same : (a, b) => a === b) }
  return { type: BOOL, run: equalsTo(left, right.constant) }
}

function equalsTo(node: Node, wanted: Value): Run {
  const { run, place } = node
  if (!place)
    return (frame) => {
      const value = run(frame)
      return value === wanted ? true : value instanceof Fault ? value : false
    }
  const { variable, field } = place
  // A variable itself, such as the member of a loop, is never a fault.
  if (field === undefined) return (frame) => frame[variable] === wanted
  return (frame) => {
    const value = (frame[variable] as Row).values[field] as Value
    return value === wanted ? true : value instanceof Fault ? value : false
  }
}

export function contains(left: Node, right: Node): Operation {
  const { type, run: r, constant: list } = right
  if (type.nullable) return undefined
  if (type.is === 'map') {
    if (left.type.is !== 'string') return undefined
    const has = (key: Value, map: Value): Value =>
      key !== null && (map as ReadonlyMap<string, Value>).has(key as string) // typed above
    return { type: BOOL, run: both(left.run, r, has) }
  }
  if (type.is !== 'list' || !common(left.type, type.of)) return undefined
  if (Array.isArray(list) && !['list', 'double'].includes(left.type.is))
    return { type: BOOL, run: isOneOf(left, new Set<Value>(list)) }
  return {
    type: BOOL,
    run: both(left.run, r, (a, items) => (items as readonly Value[]).some((item) => same(a, item))), // a list
  }
}

function isOneOf(node: Node, members: ReadonlySet<Value>): Run {
  const { run } = node
  const at = fieldOf(node)
  if (!at)
    return (frame) => {
      const value = run(frame)
      return members.has(value) ? true : value instanceof Fault ? value : false
    }
  const { variable, field } = at
  return (frame) => {
    const value = (frame[variable] as Row).values[field] as Value
    return members.has(value) ? true : value instanceof Fault ? value : false
  }
}

/** Evaluates two operands; a fault of one is the result. */
const both =
  (left: Run, right: Run, then: (a: Value, b: Value) => Value): Run =>
  (frame) => {
    const a = left(frame)
    if (isFault(a)) return a
    const b = right(frame)
    return isFault(b) ? b : then(a, b)
  }

/** Numbers of both sorts, moments, times and texts have an order. Operands are required. */
export function order(op: '<' | '<=' | '>' | '>=', left: Node, right: Node): Operation {
  const kinds = [left.type.is, right.type.is]
  const numbers = kinds.every((is) => is === 'int' || is === 'double')
  const alike = kinds[0] === kinds[1] && ['string', 'timestamp', 'duration'].includes(left.type.is)
  if (!numbers && !alike) return undefined
  // A bigint is compared with a number by its value; faults come first. Operands are of one type, as was found above.
  const compare = COMPARE[op]
  return { type: BOOL, run: compare(left.run, right.run) }
}

type Comparable = number
const slow = (a: Value, b: Value, compare: (a: Comparable, b: Comparable) => boolean): Value =>
  isFault(a) ? a : isFault(b) ? b : compare(a as Comparable, b as Comparable) // texts and bigints have the same operators

const COMPARE: Readonly<Record<'<' | '<=' | '>' | '>=', (left: Run, right: Run) => Run>> = {
  '<': (left, right) => (frame) => {
    const a = left(frame)
    const b = right(frame)
    return typeof a === 'number' && typeof b === 'number' ? a < b : slow(a, b, (x, y) => x < y)
  },
  '<=': (left, right) => (frame) => {
    const a = left(frame)
    const b = right(frame)
    return typeof a === 'number' && typeof b === 'number' ? a <= b : slow(a, b, (x, y) => x <= y)
  },
  '>': (left, right) => (frame) => {
    const a = left(frame)
    const b = right(frame)
    return typeof a === 'number' && typeof b === 'number' ? a > b : slow(a, b, (x, y) => x > y)
  },
  '>=': (left, right) => (frame) => {
    const a = left(frame)
    const b = right(frame)
    return typeof a === 'number' && typeof b === 'number' ? a >= b : slow(a, b, (x, y) => x >= y)
  },
}

const OUTSIDE = new Fault('a moment outside the years 1 to 9999')

type Arithmetic = '+' | '-' | '*' | '/' | '%'
type Apply<T> = (a: T, b: T) => Value
type Make = (left: Run, right: Run) => Run

const applying =
  <T extends Value>(apply: Apply<T>): Make =>
  (left, right) =>
    both(left, right, apply as Apply<Value>) // the operands are of the types the entry names

/** Sums and differences, of which dates are full: numbers are added here, all else by `apply`. */
const sum =
  (isGood: (n: number) => boolean, apply: Apply<Int>): Make =>
  (left, right) =>
  (frame) => {
    const a = left(frame)
    const b = right(frame)
    if (typeof a === 'number' && typeof b === 'number' && isGood(a + b)) return a + b
    return isFault(a) ? a : isFault(b) ? b : apply(a as Int, b as Int) // typed by the entry
  }
const difference =
  (isGood: (n: number) => boolean, apply: Apply<Int>): Make =>
  (left, right) =>
  (frame) => {
    const a = left(frame)
    const b = right(frame)
    if (typeof a === 'number' && typeof b === 'number' && isGood(a - b)) return a - b
    return isFault(a) ? a : isFault(b) ? b : apply(a as Int, b as Int) // typed by the entry
  }

const outside = (): Value => OUTSIDE
const isSafe = (n: number): boolean => Number.isSafeInteger(n)

/** Which sums, differences, products and quotients the language has, by the types of the operands; what comes out. */
const OPERATIONS: Readonly<Record<string, { readonly gives: Type; readonly make: Make }>> = {
  'int + int': { gives: scalar('int'), make: sum(isSafe, add) },
  'int - int': { gives: scalar('int'), make: difference(isSafe, subtract) },
  'int * int': { gives: scalar('int'), make: applying(multiply) },
  'int / int': { gives: scalar('int'), make: applying(divide) },
  'int % int': { gives: scalar('int'), make: applying(modulo) },
  'double + double': { gives: scalar('double'), make: applying<number>((a, b) => a + b) },
  'double - double': { gives: scalar('double'), make: applying<number>((a, b) => a - b) },
  'double * double': { gives: scalar('double'), make: applying<number>((a, b) => a * b) },
  'double / double': { gives: scalar('double'), make: applying<number>((a, b) => a / b) },
  'string + string': { gives: scalar('string'), make: applying<string>((a, b) => a + b) },
  'duration + duration': { gives: scalar('duration'), make: sum(isSafe, add) },
  'duration - duration': { gives: scalar('duration'), make: difference(isSafe, subtract) },
  'timestamp - timestamp': { gives: scalar('duration'), make: difference(isSafe, subtract) },
  'timestamp + duration': { gives: scalar('timestamp'), make: sum(isMoment, outside) },
  'timestamp - duration': { gives: scalar('timestamp'), make: difference(isMoment, outside) },
}

const isSaid = (type: Type): boolean => type.is === 'nothing' || !type.nullable

/** Operands are required. */
export function arithmetic(op: Arithmetic, left: Node, right: Node): Operation {
  if (op === '+' && left.type.is === 'list' && right.type.is === 'list') {
    // Whether an item may be unsaid is one thing for a whole list: the library loses it when lists are joined.
    const type = isSaid(left.type.of) === isSaid(right.type.of) ? common(left.type, right.type) : undefined
    const joined = (a: Value, b: Value): Value => [...(a as readonly Value[]), ...(b as readonly Value[])] // two lists
    return type && { type, run: both(left.run, right.run, joined) }
  }
  const found = OPERATIONS[`${left.type.is} ${op} ${right.type.is}`]
  return found && { type: found.gives, run: found.make(left.run, right.run) }
}

export function minus(node: Node): Operation {
  const { run, type } = node
  if (type.is !== 'int' && type.is !== 'double') return undefined
  const turn = type.is === 'int' ? (value: Value) => negate(value as Int) : (value: Value) => -(value as number) // typed above
  return {
    type,
    run(frame) {
      const value = run(frame)
      return isFault(value) ? value : turn(value)
    },
  }
}
