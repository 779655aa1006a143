// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { utf8 } from './bytes.ts'
import { asObject, canonicalize, canonicalJson, parseCanonical, parseJson } from './canonical-json.ts'

const whole = fc.maxSafeInteger()
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    whole,
    fc.string({ unit: 'binary' }),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.string({ unit: 'binary' }), tie('tree'), { maxKeys: 4 }),
  ),
}))

test('members are sorted as RFC 8785 3.2.3 shows', () => {
  const sample = {
    '\u20ac': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    '1': 'One',
    '\ud83d\ude00': 'Emoji: Grinning Face',
    '\u0080': 'Control',
    '\u00f6': 'Latin Small Letter O With Diaeresis',
  }
  expect(Object.values(JSON.parse(canonicalJson(sample)) as Record<string, string>)).toHaveLength(7)
  expect([...canonicalJson(sample).matchAll(/:"([^"]*)"/g)].map(([, value]) => value)).toEqual([
    'Carriage Return',
    'One',
    'Control',
    'Latin Small Letter O With Diaeresis',
    'Euro Sign',
    'Emoji: Grinning Face',
    'Hebrew Letter Dalet With Dagesh',
  ])
})

test('strings are escaped as RFC 8785 3.2.2 shows', () => {
  expect(
    canonicalJson({ string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"\u002f', literals: [null, true, false] }),
  ).toBe(String.raw`{"literals":[null,true,false],"string":"€$\u000f\nA'B\"\\\\\"/"}`)
  expect(canonicalJson([-0, 9007199254740991, -1])).toBe('[0,9007199254740991,-1]')
})

test('the same value has the same text, whatever order its members came in, and reads back as itself', () => {
  fc.assert(
    fc.property(tree, (value) => {
      const text = canonicalJson(value)
      expect(canonicalize(parseCanonical(utf8(text)))).toBe(text)
      const shuffled: unknown = JSON.parse(
        JSON.stringify(value, (_, inner: unknown) =>
          asObject(inner) ? Object.fromEntries(Object.entries(asObject(inner)!).toReversed()) : inner,
        ),
      )
      expect(canonicalJson(shuffled)).toBe(text)
    }),
  )
})

test.each([
  [1.5, 'a whole number up to 2^53 - 1 at "/a", got 1.5'],
  [NaN, 'got NaN'],
  [2 ** 53, 'got 9007199254740992'],
  [undefined, 'got undefined'],
  [10n, 'got bigint'],
  [() => 1, 'got function'],
  [new Date(0), 'an object of a class'],
  [new Map(), 'an object of a class'],
  ['\ud800', 'half a surrogate pair'],
  [{ '\udc00': 1 }, 'half a surrogate pair'],
  [[[undefined]], '"/a/0/0"'],
  [{ 'x/y~z': undefined }, '"/a/x~1y~0z"'],
])('what two languages would write differently is refused, with its place: %s', (value, message) => {
  expect(() => canonicalJson({ a: value })).toThrow(message)
})

test('objects without a prototype are plain, and depth has an end', () => {
  expect(canonicalJson(Object.assign(Object.create(null) as object, { b: 1, a: 2 }))).toBe('{"a":2,"b":1}')
  let deep: unknown = 1
  for (let i = 0; i < 102; i++) deep = [deep]
  expect(() => canonicalJson(deep)).toThrow('at most 100 levels')
})

test.each(['{"a":1, "b":2}', '{"b":1,"a":2}', '{"a":1,"a":1}', '{"a":1.0}', '"\\u0041"', '{}\n', '[1', ''])(
  'another text than the canonical one is refused: %j',
  (text) => {
    expect(() => parseCanonical(utf8(text))).toThrow(/expected/)
  },
)

test('only objects are objects', () => {
  expect(parseJson('{"a":1}')).toEqual({ a: 1 })
  expect([null, [], 'x', 1].map(asObject)).toEqual([undefined, undefined, undefined, undefined])
})
