// SPDX-License-Identifier: Apache-2.0
import { RE2JS } from 're2js'
import type { Int } from './int64.ts'
import { Fault, listOf, nameOf, scalar, type Type, type Value } from './value.ts'

/** The functions of the language: what is not here cannot be saved. Their arguments have values: no faults, no nulls. */
export interface Fn {
  /** As a person writes it: `text.startsWith(text)`, with the types it takes. */
  readonly on: readonly Type['is'][]
  /** Whether it is written `size(x)` as well as `x.size()`. */
  readonly form: 'method' | 'call' | 'both'
  readonly gives: Type
  /** What its arguments must be besides their outermost type. */
  readonly fits?: (types: readonly Type[]) => boolean
  readonly apply: (...values: never[]) => Value
}

const BOOL = scalar('bool')
const INT = scalar('int')
const STRING = scalar('string')

const PATTERN_MOST = 1000
const patterns = new Map<string, RE2JS | Fault>()

/** Linear in the text whatever the pattern: the library's own `matches` goes back and forth for ever on hostile ones. */
function matches(text: string, pattern: string): Value {
  let compiled = patterns.get(pattern)
  if (compiled === undefined) {
    compiled = compilePattern(pattern)
    if (patterns.size >= 500) patterns.clear()
    patterns.set(pattern, compiled)
  }
  return compiled instanceof Fault ? compiled : compiled.matcher(text).find()
}

function compilePattern(pattern: string): RE2JS | Fault {
  if (pattern.length > PATTERN_MOST) return new Fault(`a pattern has at most ${PATTERN_MOST} characters`)
  try {
    return RE2JS.compile(pattern)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return new Fault(`no pattern: ${error.message}`)
  }
}

/** Characters, not the units of UTF-16: an emoji is one. */
function sizeOfText(text: string): number {
  let size = 0
  for (const _character of text) size++
  return size
}

const field = (read: (date: Date) => number): Fn => ({
  on: ['timestamp'],
  form: 'method',
  gives: INT,
  apply: (ms: number) => read(new Date(ms)),
})
const part = (ms: number): Fn => ({
  on: ['duration'],
  form: 'method',
  gives: INT,
  apply: (value: number) => Math.trunc(value / ms) + 0, // -0 is no integer
})
const text = (apply: (value: string) => string): Fn => ({ on: ['string'], form: 'method', gives: STRING, apply })
const question = (apply: (value: string, other: string) => Value): Fn => ({
  on: ['string', 'string'],
  form: 'method',
  gives: BOOL,
  apply,
})
const ofTexts = ([list]: readonly Type[]): boolean => list?.is === 'list' && ['string', 'nothing'].includes(list.of.is)
const GAP = new Fault('a list that is joined has no text in one place')
const join = (list: readonly Value[], by: string): Value =>
  list.every((item) => typeof item === 'string') ? list.join(by) : GAP

export const FUNCTIONS: Readonly<Record<string, readonly Fn[]>> = {
  size: [
    { on: ['string'], form: 'both', gives: INT, apply: sizeOfText },
    { on: ['list'], form: 'both', gives: INT, apply: (list: readonly Value[]) => list.length },
    { on: ['map'], form: 'both', gives: INT, apply: (map: ReadonlyMap<string, Value>) => map.size },
  ],
  startsWith: [question((value, other) => value.startsWith(other))],
  endsWith: [question((value, other) => value.endsWith(other))],
  contains: [question((value, other) => value.includes(other))],
  matches: [question(matches)],
  lowerAscii: [text((value) => value.toLowerCase())],
  upperAscii: [text((value) => value.toUpperCase())],
  trim: [text((value) => value.trim())],
  split: [
    {
      on: ['string', 'string'],
      form: 'method',
      gives: listOf(STRING),
      apply: (value: string, by: string) => value.split(by),
    },
  ],
  join: [
    { on: ['list'], form: 'method', gives: STRING, fits: ofTexts, apply: (list: readonly Value[]) => join(list, '') },
    { on: ['list', 'string'], form: 'method', gives: STRING, fits: ofTexts, apply: join },
  ],
  double: [{ on: ['int'], form: 'call', gives: scalar('double'), apply: (value: Int) => Number(value) }],
  string: [{ on: ['int'], form: 'call', gives: STRING, apply: (value: Int) => String(value) }],
  getFullYear: [field((date) => date.getUTCFullYear())],
  getMonth: [field((date) => date.getUTCMonth())],
  getDate: [field((date) => date.getUTCDate())],
  getDayOfMonth: [field((date) => date.getUTCDate() - 1)],
  getDayOfWeek: [field((date) => date.getUTCDay())],
  getHours: [field((date) => date.getUTCHours()), part(3_600_000)],
  getMinutes: [field((date) => date.getUTCMinutes()), part(60_000)],
  getSeconds: [field((date) => date.getUTCSeconds()), part(1000)],
  getMilliseconds: [field((date) => date.getUTCMilliseconds())],
}

/** The function of a name for arguments of these types; `undefined` when there is none. */
export const functionFor = (name: string, isMethod: boolean, types: readonly Type[]): Fn | undefined =>
  (Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined)?.find(
    ({ on, form, fits }) =>
      form !== (isMethod ? 'call' : 'method') &&
      on.length === types.length &&
      on.every((is, i) => is === types[i]?.is) &&
      (fits === undefined || fits(types)),
  )

export const signature = (name: string, types: readonly Type[]): string => `${name}(${types.map(nameOf).join(', ')})`
