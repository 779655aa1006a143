// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  comparableOf,
  frameOf,
  referenceOf,
  referenceRow,
  referenceVariables,
  referenceVerdict,
} from '../test/cel-reference.ts'
import { Fault } from '../lib/cel/value.ts'
import { Refused } from '../lib/refused.ts'
import { compileAny, languageOf, periodRow, type CelParam, type Language } from './cel.ts'
import { day, instant, kind } from './kind.ts'
import { kindOf } from './kinds/registry.ts'
import { libraryChecks } from './library.ts'
import { allReads, rowReader, type Body } from './rows.ts'
import { compileCheck, judgeExample } from './verdict.ts'

/** A kind with a field of every type that kinds have. */
const thing = kind({
  id: 'thing',
  version: 1,
  says: 'A thing.',
  schema: z.object({
    text: z.string(),
    maybe_text: z.string().nullable(),
    flag: z.boolean(),
    maybe_flag: z.boolean().nullable(),
    count: z.int(),
    maybe_count: z.int().nullable(),
    ratio: z.number(),
    maybe_ratio: z.number().nullable(),
    at: instant(),
    maybe_at: instant().nullable(),
    on: day(),
    tags: z.array(z.string()),
  }),
  key: () => '',
  label: () => '',
  reading: { type: 'state' },
  fresh_hours: 24,
})
const PARAMS: Readonly<Record<string, CelParam>> = {
  word: 'b',
  most: 3,
  share: 0.5,
  on: true,
  span: '36h',
  words: ['a', 'B', ''],
  levels: { a: 1, b: -2 },
  shares: [1, 0.5],
}
const NOW = new Date('2026-03-01T10:00:00Z')
const FIELDS = new Set(Object.keys(thing.schema.shape))
const readThing = rowReader(thing, FIELDS)
const language = (): Language =>
  languageOf({ subject: thing, lookups: { others: thing }, params: PARAMS }, () => undefined)

/** Both engines on one expression and one subject with the things that belong to it. */
function both(source: string, subject: Body, others: readonly Body[] = []): { ours: unknown; theirs: unknown } {
  const spoken = language()
  const expression = compileAny(spoken, source, 'assert')
  const ours = expression.run(frameOf(readThing(subject), periodRow(NOW), [others.map(readThing)]))
  const variables = referenceVariables(spoken, {
    subject: referenceRow(thing, subject),
    lookups: { others: others.map((body) => referenceRow(thing, body)) },
    params: PARAMS,
    now: NOW,
  })
  return { ours: comparableOf(ours, expression.type), theirs: referenceOf(spoken, source)(variables) }
}

type Of = 'bool' | 'string' | 'int' | 'double' | 'timestamp' | 'duration' | 'strings' | 'ints'

const letters = fc.constantFrom('', 'a', 'B', 'b', 'ab', 'é', '👍', 'a👍b', ' a ', 'x@Y.org')
const whole = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom(2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 31))
const seconds = fc
  .integer({ min: Date.UTC(2024, 0, 1) / 1000, max: Date.UTC(2028, 0, 1) / 1000 })
  .map((s) => new Date(s * 1000).toISOString())

/** Texts of expressions of a type. `each` is the name of the member of a loop, a thing, when inside one. */
function expressionOf(of: Of, depth: number, each: readonly string[] = []): fc.Arbitrary<string> {
  const sub = (type: Of): fc.Arbitrary<string> => expressionOf(type, depth - 1, each)
  const rows = ['subject', ...each]
  const field = (...names: string[]): fc.Arbitrary<string> =>
    fc.tuple(fc.constantFrom(...rows), fc.constantFrom(...names)).map((path) => path.join('.'))
  const leaf = LEAVES[of](field)
  if (depth <= 0) return leaf
  const binary = (ops: readonly string[], left: Of, right: Of = left): fc.Arbitrary<string> =>
    fc.tuple(sub(left), fc.constantFrom(...ops), sub(right)).map(([a, op, b]) => `(${a} ${op} ${b})`)
  const name = `x${each.length}`
  const inner = (type: Of): fc.Arbitrary<string> => expressionOf(type, depth - 1, [...each, name])
  const loops = (made: string, type: Of): fc.Arbitrary<string> =>
    inner(type).map((body) => made.replace('$', () => body))
  const chosen = fc.tuple(sub('bool'), sub(of), sub(of)).map(([a, b, c]) => `(${a} ? ${b} : ${c})`)
  const more: Readonly<Record<Of, () => readonly fc.Arbitrary<string>[]>> = {
    bool: () => [
      binary(['&&', '||'], 'bool'),
      binary(['&&', '||'], 'bool'),
      sub('bool').map((a) => `!${a}`),
      ...(['string', 'int', 'double', 'timestamp', 'duration'] as const).flatMap((type) => [
        binary(['<', '<=', '>', '>='], type),
        binary(['==', '!='], type),
      ]),
      binary(['==', '!='], 'bool'),
      binary(['<', '<=', '>', '>='], 'int', 'double'),
      binary(['==', '!='], 'strings'),
      binary(['in'], 'string', 'strings'),
      binary(['in'], 'int', 'ints'),
      sub('string').map((a) => `${a} in params.levels`),
      fc
        .tuple(field('maybe_text', 'maybe_count', 'maybe_at', 'maybe_flag'), fc.constantFrom('==', '!='))
        .map(([a, op]) => `${a} ${op} null`),
      field('text', 'maybe_text', 'at', 'count', 'tags').map((a) => `has(${a})`),
      fc.constantFrom('has(params.levels.a)', 'has(params.levels.z)'),
      fc
        .tuple(sub('string'), fc.constantFrom('startsWith', 'endsWith', 'contains'), sub('string'))
        .map(([a, f, b]) => `${a}.${f}(${b})`),
      fc
        .tuple(sub('string'), fc.constantFrom('^a', 'b$', '[aB]+', 'é|👍', '^$'))
        .map(([a, p]) => `${a}.matches('${p}')`),
      fc.constantFrom('all', 'exists', 'exists_one').chain((f) => loops(`others.${f}(${name}, $)`, 'bool')),
      fc
        .tuple(fc.constantFrom('all', 'exists', 'exists_one'), fc.constantFrom('==', '<', '>='), sub('string'))
        .map(([f, op, a]) => `subject.tags.${f}(t${depth}, t${depth} ${op} ${a})`),
      sub('string').map((a) => `{'a': true, 'b': false, '': true}[${a}]`),
    ],
    string: () => [
      binary(['+'], 'string'),
      fc.tuple(sub('string'), fc.constantFrom('lowerAscii', 'upperAscii', 'trim')).map(([a, f]) => `${a}.${f}()`),
      fc.tuple(sub('strings'), letters).map(([a, by]) => `${a}.join('${by}')`),
      sub('strings').map((a) => `${a}.join()`),
      fc.tuple(sub('strings'), sub('int')).map(([a, i]) => `${a}[${i}]`),
      sub('int').map((a) => `string(${a})`),
    ],
    int: () => [
      binary(['+', '-', '*', '/', '%'], 'int'),
      field('count', 'maybe_count').map((a) => `-${a}`),
      sub('string').map((a) => `size(${a})`),
      sub('string').map((a) => `${a}.size()`),
      sub('strings').map((a) => `${a}.size()`),
      fc.constantFrom('params.levels.size()', 'size(params.levels)', 'others.size()', 'params.levels.b'),
      sub('string').map((a) => `params.levels[${a}]`),
      loops(`others.filter(${name}, $).size()`, 'bool'),
      fc
        .tuple(
          sub('timestamp'),
          fc.constantFrom(
            'FullYear',
            'Month',
            'Date',
            'DayOfMonth',
            'DayOfWeek',
            'Hours',
            'Minutes',
            'Seconds',
            'Milliseconds',
          ),
        )
        .map(([a, f]) => `${a}.get${f}()`),
      fc.tuple(sub('duration'), fc.constantFrom('Hours', 'Minutes', 'Seconds')).map(([a, f]) => `${a}.get${f}()`),
      fc.tuple(sub('ints'), sub('int')).map(([a, i]) => `${a}[${i}]`),
    ],
    double: () => [
      binary(['+', '-', '*', '/'], 'double'),
      field('ratio', 'maybe_ratio').map((a) => `-${a}`),
      sub('int').map((a) => `double(${a})`),
    ],
    timestamp: () => [binary(['+', '-'], 'timestamp', 'duration')],
    duration: () => [binary(['-'], 'timestamp'), binary(['+', '-'], 'duration')],
    strings: () => [
      binary(['+'], 'strings'),
      fc.tuple(sub('string'), letters).map(([a, by]) => `${a}.split('${by}')`),
      loops(`others.map(${name}, $)`, 'string'),
      fc.tuple(inner('bool'), inner('string')).map(([a, b]) => `others.map(${name}, ${a}, ${b})`),
      sub('string').map((a) => `subject.tags.filter(t${depth}, t${depth} >= ${a})`),
      fc.constant('params.levels.filter(k, k > "a")'),
    ],
    ints: () => [binary(['+'], 'ints'), loops(`others.map(${name}, $)`, 'int')],
  }
  return fc.oneof(
    { weight: 1, arbitrary: leaf },
    { weight: 1, arbitrary: chosen },
    ...more[of]().map((arbitrary) => ({ weight: 2, arbitrary })),
  )
}

type Field = (...names: string[]) => fc.Arbitrary<string>
const LEAVES: Readonly<Record<Of, (field: Field) => fc.Arbitrary<string>>> = {
  bool: (field) => fc.oneof(field('flag', 'maybe_flag'), fc.constantFrom('true', 'false', 'params.on')),
  string: (field) =>
    fc.oneof(
      field('text', 'maybe_text'),
      letters.map((a) => `'${a}'`),
      fc.constant('params.word'),
    ),
  int: (field) =>
    fc.oneof(
      field('count', 'maybe_count'),
      fc.constantFrom('0', '1', '-3', '0x10', '9223372036854775807', 'params.most'),
    ),
  double: (field) =>
    fc.oneof(
      field('ratio', 'maybe_ratio'),
      fc.constantFrom('0.0', '-1.5', '1e300', 'params.share', 'params.shares[0]'),
    ),
  timestamp: (field) =>
    fc.oneof(
      field('at', 'maybe_at', 'on'),
      fc.constantFrom('period.now', 'period.start', 'period.end', "timestamp('2026-02-28T23:30:00+01:00')"),
    ),
  duration: () => fc.constantFrom("duration('24h')", "duration('-90s')", "duration('1h30m')", 'duration(params.span)'),
  strings: (field) => fc.oneof(field('tags'), fc.constantFrom('params.words', "['a', 'b']", "['👍']")),
  ints: () => fc.constantFrom('[1, 2, 3]', '[0]', '[subject.count, 1]'),
}

/** A field as the source gave it, as nothing, or not at all. */
const given = (value: fc.Arbitrary<unknown>, nullable: boolean): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 8, arbitrary: value }, ...(nullable ? [fc.constant(null)] : []), fc.constant(undefined))
const body: fc.Arbitrary<Body> = fc
  .record({
    text: given(letters, false),
    maybe_text: given(letters, true),
    flag: given(fc.boolean(), false),
    maybe_flag: given(fc.boolean(), true),
    count: given(whole, false),
    maybe_count: given(whole, true),
    ratio: given(fc.constantFrom(0, 0.5, -1.5, 3, 1e300), false),
    maybe_ratio: given(fc.constantFrom(0, 0.5, 7), true),
    at: given(fc.oneof(seconds, fc.constant('not a moment')), false),
    maybe_at: given(seconds, true),
    on: given(
      seconds.map((text) => text.slice(0, 10)),
      false,
    ),
    tags: given(fc.array(letters, { maxLength: 3 }), false),
  })
  .map((row) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)))

/** Lists are joined when both say all their items, or neither; the library takes what it joins for the first kind. */
function isMixed(source: string): boolean {
  try {
    compileAny(language(), source, 'assert')
    return false
  } catch (error) {
    const mixed =
      /\+ is not defined for list of (?:(\w+) and list of \1 or null|(\w+) or null and list of \2(?! or null))/
    if (error instanceof Refused && mixed.test(error.message)) return true
    throw error
  }
}

describe('what is compiled gives the library’s answers', () => {
  test.each(['bool', 'string', 'int', 'double', 'timestamp', 'duration', 'strings', 'ints'] as const)(
    'to any question of type %s',
    (of) => {
      let asked = 0
      let values = 0
      fc.assert(
        fc.property(expressionOf(of, 3), fc.array(body, { minLength: 3, maxLength: 3 }), (source, bodies) => {
          const { valid } = language().environment.parse(source).check()
          if (!valid || isMixed(source)) return
          asked++
          for (const [i, subject] of bodies.entries()) {
            const { ours, theirs } = both(source, subject, bodies.slice(i))
            expect(ours, source).toEqual(theirs)
            if (typeof ours !== 'symbol') values++
          }
        }),
        { numRuns: of === 'bool' ? 1500 : 300 },
      )
      expect(asked, 'most questions are in the language').toBeGreaterThan(of === 'bool' ? 900 : 150)
      expect(values, 'not all answers are faults').toBeGreaterThan(asked / 2)
    },
    30_000,
  )

  test('to every check of the catalog, for each of its examples and each of them without a field', () => {
    for (const { check } of libraryChecks()) {
      const compiled = compileCheck(check, kindOf)
      const judge = referenceVerdict(compiled)
      for (const example of Object.values(check.examples).flatMap((list) => list ?? []))
        for (const gone of [undefined, ...Object.keys(example.subject)]) {
          const subject = Object.fromEntries(Object.entries(example.subject).filter(([name]) => name !== gone))
          expect(judgeExample(compiled, { ...example, subject }).status, `${check.id} without ${gone}`).toBe(
            judge({ ...example, subject }),
          )
        }
    }
  })
})

describe('faults', () => {
  const ask = (source: string, subject: Body = {}): unknown => {
    const expression = compileAny(language(), source, 'assert')
    const value = expression.run(frameOf(readThing(subject), periodRow(NOW), [[]]))
    return value instanceof Fault ? value.because : value
  }

  test.each([
    ['subject.flag', {}, 'the source did not say flag'],
    ['subject.at < period.now', { at: 'yesterday' }, 'the source did not say at'],
    ['subject.maybe_text.contains("a")', { maybe_text: null }, 'the source says there is no maybe_text'],
    ['!subject.maybe_flag', { maybe_flag: null }, 'the source says there is no maybe_flag'],
    ['subject.text == "a"', { text: 3 }, 'text is not what thing says it is'],
    ['subject.text == "a"', { text: null }, 'text is not what thing says it is'],
    ['subject.tags.size() > 0', { tags: ['a', 1] }, 'tags is not what thing says it is'],
    ['subject.count + 9223372036854775807 > 0', { count: 1 }, 'a number is too large: integers have 64 bits'],
    ['-subject.count - 9223372036854775807 < 0', { count: 2 }, 'a number is too large: integers have 64 bits'],
    ['1 / subject.count > 0', { count: 0 }, 'division by zero'],
    ['1 % subject.count > 0', { count: 0 }, 'division by zero'],
    [
      'subject.at + duration("80000000h") > period.now',
      { at: '2026-01-01T00:00:00Z' },
      'a moment outside the years 1 to 9999',
    ],
    ['params.levels[subject.text] > 0', { text: 'z' }, 'the check has no answer for "z"'],
    ['params.words[subject.count] == "a"', { count: 3 }, 'the list has no such place'],
    ['subject.text.matches("(a")', { text: 'a' }, expect.stringContaining('no pattern')],
    ['subject.text.matches(subject.text)', { text: 'a'.repeat(1001) }, 'a pattern has at most 1000 characters'],
  ])('%s of %j: %s', (source, subject, because) => {
    expect(ask(source, subject)).toEqual(because)
  })

  test.each([
    ['[["a"], ["b"]] == [subject.tags, ["b"]]', { tags: ['a'] }, true],
    ['subject.tags == []', { tags: [] }, true],
    ['[] == subject.tags', { tags: ['a'] }, false],
    ['subject.tags in [["a"], ["b"]]', { tags: ['b'] }, true],
    ['subject.maybe_text in ["a"]', { maybe_text: null }, false],
    ['subject.maybe_text in params.levels', { maybe_text: null }, false],
    ['subject.ratio in params.shares', { ratio: 0.5 }, true],
    ['(subject.flag ? null : subject.maybe_text) == null', { flag: true }, true],
    ['params.levels.exists(k, k == "b")', {}, true],
    ['{"a": subject.flag}["a"]', { flag: true }, true],
    ['{"a": subject.flag}["a"]', {}, 'the source did not say flag'],
    ['{"a": {"b": true}}.a.b', {}, true],
    ['{"a": true}[subject.text]', {}, 'the source did not say text'],
    ['has(subject.text)', { text: 3 }, 'text is not what thing says it is'],
    ['subject.tags[subject.count] == "a"', { tags: ['a'] }, 'the source did not say count'],
    ['subject.tags[0] == "a"', {}, 'the source did not say tags'],
    ['others.map(o, o.maybe_text).join() == ""', {}, true],
    ['[subject.maybe_text].join() == ""', { maybe_text: null }, 'a list that is joined has no text in one place'],
    ['others.filter(o, true)[0].flag', {}, 'the list has no such place'],
    ['-subject.ratio < 0.0', { ratio: 1.5 }, true],
    ['subject.on > subject.at', { on: '2026-01-02', at: '2026-01-01T23:59:59.999Z' }, true],
    ['subject.text.matches(subject.text)', { text: 'a' }, true],
  ])('%s of %j gives %s', (source, subject, value) => {
    expect(ask(source, subject)).toBe(value)
  })

  test('a fault decides nothing where the other side does', () => {
    expect(ask('subject.flag && false')).toBe(false)
    expect(ask('false && subject.flag')).toBe(false)
    expect(ask('subject.flag || true')).toBe(true)
    expect(ask('subject.flag || false')).toBe('the source did not say flag')
    expect(ask('subject.flag && true')).toBe('the source did not say flag')
    expect(ask('subject.tags.exists(t, t == "b" || subject.flag)', { tags: ['a', 'b'] })).toBe(true)
    expect(ask('subject.tags.exists(t, t == "b" || subject.flag)', { tags: ['a'] })).toBe('the source did not say flag')
    expect(ask('subject.tags.exists_one(t, t == "b" || subject.flag)', { tags: ['a', 'b'] })).toBe(
      'the source did not say flag',
    )
  })

  test('a time finer than the library can tell apart is exact here', () => {
    // The library reckons with parts of a second below zero as if they were above.
    expect(
      ask('subject.at - period.now + duration("1s") == duration("500ms")', { at: '2026-03-01T09:59:59.500Z' }),
    ).toBe(true)
    expect(ask('(subject.at - period.now).getSeconds() == -1', { at: '2026-03-01T09:59:58.500Z' })).toBe(true)
  })
})

describe('what the library accepts and the language does not have is refused when a check is saved', () => {
  const refusal = (source: string): string => {
    try {
      compileAny(language(), source, 'assert')
    } catch (error) {
      if (error instanceof Refused && error.code === 'BAD_EXPRESSION') return error.message
      throw error
    }
    return 'accepted'
  }

  test.each([
    ['subject.text.indexOf("a") > 0', 'indexOf(string, string) is not in the language of checks'],
    ['subject.text.substring(1) == "a"', 'substring(string, int)'],
    ['size(b"abc") == 3', 'expected true, false, null, a text or a number of 64 bits'],
    ['3u > 2u', 'expected true, false, null, a text or a number of 64 bits'],
    ['9223372036854775808 > 0', 'a number of 64 bits'],
    ['type(subject.text) == string', 'type(string) is not in the language'],
    ['dyn(subject.text) == 3', 'dyn(string)'],
    ['cel.bind(x, 3, x > 2)', 'cel is not in the language'],
    ['subject.at.getHours("Europe/Berlin") > 3', 'getHours(timestamp, string)'],
    ['timestamp(subject.text) > period.now', 'expected a text or a parameter that is a moment'],
    ['timestamp("2026-01-01 00:00:00 ") > period.now', 'expected a text or a parameter that is a moment'],
    ['duration(subject.text) > duration("1h")', 'expected a text or a parameter that is a time'],
    ['duration("1ns") > duration("1h")', 'whole milliseconds'],
    ['duration("soon") > duration("1h")', 'whole milliseconds'],
    ['subject.maybe_text == subject.count', '== is not defined for string or null and int'],
    ['subject.maybe_count in ["a"]', 'in is not defined for int or null and list of string'],
    [
      '(subject.flag ? subject.maybe_text : subject.count) == 1',
      'expected values of one type, got string or null and int',
    ],
    ['{1: true}[1]', 'expected a text between quotes as a key'],
    ['{"__proto__": true}["__proto__"]', 'expected a text between quotes as a key'],
    ['{"a": 1} == {"a": 1}', '== is not defined for map of int and map of int'],
    [
      'others.map(o, o.count) + others.map(o, o.maybe_count) == []',
      '+ is not defined for list of int and list of int or null',
    ],
    ['has(subject.horse)', 'thing has no field horse'],
    ['subject.tags.all(subject, true)', 'expected a name of its own'],
    // The library takes the sum for a duration.
    [
      'has(subject.text) || duration("1h") + subject.at == duration("1h")',
      '+ is not defined for duration and timestamp',
    ],
    ['subject.maybe_text ? true : false', 'expected true or false, got string'],
    ['subject.maybe_count.all(x, true)', 'expected a list to loop over, got int'],
    ['-subject.maybe_text == "a"', '- is not defined for string'],
    ['subject.maybe_count in params.levels', 'in is not defined for int or null and map of int'],
    ['true < false', '< is not defined for bool and bool'],
  ])('%s', (source, because) => {
    expect(language().environment.parse(source).check().valid, 'the library accepts it').toBe(true)
    expect(refusal(source)).toContain(because)
  })

  test('parameters of mixed types', () => {
    const mixed = (): unknown =>
      languageOf({ subject: thing, lookups: {}, params: { list: ['a', 1] } }, () => undefined)
    expect(mixed).toThrow('expected values of one type, got ["a",1]')
  })
})

describe('rows', () => {
  test('only the fields that some check looks at are read', () => {
    const reads = allReads([new Map([['thing', new Set(['text'])]]), new Map([['thing', new Set(['count'])]])])
    expect([...(reads.get('thing') ?? [])]).toEqual(['text', 'count'])
    const row = rowReader(thing, new Set(['count']))({ text: 'a', count: 3 })
    expect(row.values.filter((value) => value !== null)).toEqual([3])
  })
})
