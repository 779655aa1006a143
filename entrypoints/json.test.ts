// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseJson } from './json.ts'

test('reads what JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      if (/"(__proto__|constructor)"\s*:/.test(text)) return
      expect(parseJson(text)).toEqual(JSON.parse(text))
    }),
  )
})

test.each([
  '{"a":1,"a":2}',
  '{"a":1,"\\u0061":2}',
  '[{"b":{"c":1,"d":[{}],"c":2}}]',
  '{"__proto__":{"x":1}}',
  '{"a":{"\\u005f_proto__":1}}',
  '{"constructor" : {"prototype":{"x":1}}}',
  '{"a":"b\\u0000c"}',
  '{"a\\u0000":1}',
  '["\\ud800"]',
  '["\\udc00\\ud800"]',
])('refuses %s', (text) => {
  expect(() => parseJson(text)).toThrow(expect.objectContaining({ code: 'INVALID_JSON', status: 400 }))
})

test.each([
  '["\\ud83d\\ude00", "\\\\u0000"]',
  '[{"a":1},{"a":2}]',
  '{"a":"a","b":"a"}',
  '{"a":{"a":{"a":1}}}',
  '{"x":"{\\"a\\":1,\\"a\\":2}"}',
  '["__proto__"]',
])('takes %s', (text) => {
  expect(parseJson(text)).toEqual(JSON.parse(text))
})

test.each(['', '{', '{a:1}', "{'a':1}", '[1,]', 'NaN'])('%j is not JSON', (text) => {
  expect(() => parseJson(text)).toThrow(expect.objectContaining({ code: 'INVALID_JSON' }))
})
