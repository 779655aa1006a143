// SPDX-License-Identifier: Apache-2.0
import { Fault, type Run, type Value } from './value.ts'

/**
 * The loops of the language. A member stands in a slot of the frame while the bodies look at it. Lists are walked by index:
 * they are short, and an iterator for each costs more than they do.
 */

const LOOPS = ['all', 'exists', 'exists_one', 'map', 'filter'] as const
export type LoopName = (typeof LOOPS)[number]

/** Whether a call of this name with so many arguments is a loop: `list.all(x, …)`, `list.map(x, …, …)`. */
export const isLoop = (name: string, args: number): name is LoopName =>
  LOOPS.some((loop) => loop === name) && (args === 2 || (args === 3 && name === 'map'))

/** @param bodies what is asked of each member; three parts of a `map` are its filter and its value */
export function loop(name: LoopName, list: Run, slot: number, bodies: readonly Run[]): Run {
  const over = OVER[name](slot, bodies as readonly [Run, Run?]) // the caller has counted the arguments
  return (frame) => {
    const members = list(frame)
    if (members instanceof Fault) return members
    // Lists and maps only.
    return over(frame, Array.isArray(members) ? members : [...(members as ReadonlyMap<string, Value>).keys()])
  }
}

type Over = (frame: Value[], members: readonly Value[]) => Value

const OVER: Readonly<Record<LoopName, (slot: number, bodies: readonly [Run, Run?]) => Over>> = {
  /** One that is false decides, whatever came of the others; a fault counts only where none is. */
  all:
    (slot, [body]) =>
    (frame, members) => {
      let fault: Value | undefined
      for (let i = 0; i < members.length; i++) {
        frame[slot] = members[i] as Value // below its length
        const holds = body(frame)
        if (holds === false) return false
        if (holds !== true) fault ??= holds
      }
      return fault ?? true
    },
  exists:
    (slot, [body]) =>
    (frame, members) => {
      let fault: Value | undefined
      for (let i = 0; i < members.length; i++) {
        frame[slot] = members[i] as Value // below its length
        const holds = body(frame)
        if (holds === true) return true
        if (holds !== false) fault ??= holds
      }
      return fault ?? false
    },
  /** Counting and collecting need every answer: a fault is the result. */
  exists_one:
    (slot, [body]) =>
    (frame, members) => {
      let found = 0
      for (let i = 0; i < members.length; i++) {
        frame[slot] = members[i] as Value // below its length
        const holds = body(frame)
        if (holds === true) found++
        else if (holds !== false) return holds
      }
      return found === 1
    },
  filter:
    (slot, [body]) =>
    (frame, members) => {
      const kept: Value[] = []
      for (let i = 0; i < members.length; i++) {
        frame[slot] = members[i] as Value // below its length
        const holds = body(frame)
        if (holds === true) kept.push(members[i] as Value) // below its length
        else if (holds !== false) return holds
      }
      return kept
    },
  map:
    (slot, [first, second]) =>
    (frame, members) => {
      const made: Value[] = []
      for (let i = 0; i < members.length; i++) {
        frame[slot] = members[i] as Value // below its length
        const wanted = second ? first(frame) : true
        if (wanted === false) continue
        if (wanted !== true) return wanted
        const value = (second ?? first)(frame)
        if (value instanceof Fault) return value
        made.push(value)
      }
      return made
    },
}
