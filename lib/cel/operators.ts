// SPDX-License-Identifier: Apache-2.0
import { add, divide, modulo, multiply, negate, subtract, type Int } from './int64.ts'
import { isMoment } from './moments.ts'
import type { Node } from './node.ts'
import { common, Fault, same, scalar, type Run, type Type, type Value } from './value.ts'

/** An operator with its operands' types known; `undefined` when the language has none such. */
export type Operation = { readonly type: Type; readonly run: Run } | undefined

const BOOL = scalar('bool')

export const not =
  ({ run }: Node): Run =>
  (frame) => {
    const value = run(frame)
    return value === true ? false : value === false ? true : value
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
  const [l, r, wanted] = [left.run, right.run, right.constant]
  if (type.is === 'list') return { type: BOOL, run: both(l, r, (a, b) => same(a, b)) }
  // A NaN equals nothing, itself included: `===` says the same.
  if (wanted !== undefined)
    return {
      type: BOOL,
      run(frame) {
        const a = l(frame)
        return a === wanted ? true : isFault(a) ? a : false
      },
    }
  return {
    type: BOOL,
    run(frame) {
      const a = l(frame)
      if (isFault(a)) return a
      const b = r(frame)
      return isFault(b) ? b : a === b
    },
  }
}

export function contains(left: Node, right: Node): Operation {
  const { type, run: r, constant: list } = right
  if (type.nullable) return undefined
  if (type.is === 'map') {
    if (left.type.is !== 'string') return undefined
    return {
      type: BOOL,
      run: both(left.run, r, (key, map) => key !== null && (map as ReadonlyMap<string, Value>).has(key as string)),
    } // typed above
  }
  if (type.is !== 'list' || !common(left.type, type.of)) return undefined
  const l = left.run
  if (Array.isArray(list) && !['list', 'double'].includes(left.type.is)) {
    const members: ReadonlySet<Value> = new Set<Value>(list)
    return {
      type: BOOL,
      run(frame) {
        const a = l(frame)
        return members.has(a) ? true : isFault(a) ? a : false
      },
    }
  }
  return { type: BOOL, run: both(l, r, (a, items) => (items as readonly Value[]).some((item) => same(a, item))) } // a list
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
const moment = (ms: number): Value => (isMoment(ms) ? ms : OUTSIDE)

type Arithmetic = '+' | '-' | '*' | '/' | '%'
type Apply<T> = (a: T, b: T) => Value

const INTS: Readonly<Record<Arithmetic, Apply<Int>>> = {
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
  '%': modulo,
}
const DOUBLES: Readonly<Partial<Record<Arithmetic, Apply<number>>>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
}

/** Which sums, differences, products and quotients the language has, by the types of the operands; what type comes out. */
const SUMS: readonly {
  readonly of: string
  readonly gives: Type
  readonly apply: (a: never, b: never) => Value
}[] = [
  ...Object.entries(INTS).map(([op, apply]) => ({ of: `int ${op} int`, gives: scalar('int'), apply })),
  ...Object.entries(DOUBLES).map(([op, apply]) => ({ of: `double ${op} double`, gives: scalar('double'), apply })),
  { of: 'string + string', gives: scalar('string'), apply: (a: string, b: string) => a + b },
  { of: 'duration + duration', gives: scalar('duration'), apply: (a: number, b: number) => a + b },
  { of: 'duration - duration', gives: scalar('duration'), apply: (a: number, b: number) => a - b },
  { of: 'timestamp - timestamp', gives: scalar('duration'), apply: (a: number, b: number) => a - b },
  { of: 'timestamp + duration', gives: scalar('timestamp'), apply: (a: number, b: number) => moment(a + b) },
  { of: 'timestamp - duration', gives: scalar('timestamp'), apply: (a: number, b: number) => moment(a - b) },
]

/** Operands are required. */
export function arithmetic(op: Arithmetic, left: Node, right: Node): Operation {
  if (op === '+' && left.type.is === 'list' && right.type.is === 'list') {
    const type = common(left.type, right.type)
    const joined = (a: Value, b: Value): Value => [...(a as readonly Value[]), ...(b as readonly Value[])] // two lists
    return type && { type, run: both(left.run, right.run, joined) }
  }
  const found = SUMS.find(({ of }) => of === `${left.type.is} ${op} ${right.type.is}`)
  if (!found) return undefined
  const apply = found.apply as Apply<Value> // the operands are of the types the entry names
  return { type: found.gives, run: both(left.run, right.run, apply) }
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
