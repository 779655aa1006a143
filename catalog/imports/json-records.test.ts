// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ResultCounter, TextCounter } from './counting.ts'
import { JsonSplitter } from './json-records.ts'
import { locate } from './locate.ts'
import { pieces } from './testdata/reading.ts'

const record = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 5 })

function split(text: string, path: readonly string[], size: number) {
  const splitter = new JsonSplitter(path)
  const records: { pointer: string; value: unknown }[] = []
  for (const piece of pieces(Buffer.from(text), size))
    for (const { pointer, bytes } of splitter.push(piece))
      records.push({ pointer, value: JSON.parse(bytes.toString('utf8')) })
  return { records, ...splitter.end() }
}
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('the splitter of JSON lists', () => {
  it('finds the same records as a parser of the whole text, wherever the pieces are cut', () => {
    fc.assert(
      fc.property(
        fc.array(record, { maxLength: 8 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(0, 2),
        (records, size, indent) => {
          const text = JSON.stringify(records, null, indent)
          const found = split(text, [], size)
          expect(found.closed).toBe(true)
          expect(found.records.map(({ value }) => value)).toEqual(plain(records))
          expect(found.records.map(({ pointer }) => pointer)).toEqual(records.map((_, i) => `/${i}`))
        },
      ),
    )
  })

  it('finds lists inside, and keeps everything around them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(record, { maxLength: 4 }), { maxLength: 3 }),
        fc.integer({ min: 1, max: 40 }),
        record,
        (lists, size, around) => {
          const log = { first: around, runs: lists.map((results) => ({ tool: around, results, after: around })) }
          const found = split(JSON.stringify(log), ['runs', '*', 'results'], size)
          expect(found.records.map(({ value }) => value)).toEqual(plain(lists.flat()))
          expect(JSON.parse(found.rest)).toEqual(
            plain({ ...log, runs: log.runs.map((run) => ({ ...run, results: run.results.map(() => null) })) }),
          )
          const counter = new ResultCounter()
          for (const piece of pieces(Buffer.from(JSON.stringify(log)), size)) counter.update(piece)
          expect(counter.n).toBe(lists.flat().length)
        },
      ),
    )
  })

  it('knows a text that was cut, at whatever byte', () => {
    const text = Buffer.from(JSON.stringify([{ a: '[{"}\\"' }, { b: [1, { c: 2 }] }], null, 1))
    for (let size = 0; size < text.length; size++) {
      const splitter = new JsonSplitter([])
      for (const piece of pieces(text.subarray(0, size), 5))
        for (const { bytes } of splitter.push(piece)) JSON.parse(bytes.toString('utf8'))
      expect(splitter.end().closed, `cut at ${size}`).toBe(false)
    }
  })
})

describe('the counter of texts', () => {
  it('counts as a search in the whole text does, wherever the pieces are cut', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b', '"'), maxLength: 60 }),
        fc.integer({ min: 1, max: 9 }),
        (text, size) => {
          const counter = new TextCounter('"ab"')
          for (const piece of pieces(Buffer.from(text), size)) counter.update(piece)
          expect(counter.n).toBe([...text.matchAll(/(?="ab")/g)].length)
        },
      ),
    )
  })
})

describe('a pointer', () => {
  const shown = (text: string, pointer: string): string | undefined => {
    const place = locate(Buffer.from(text), pointer)
    return place && Buffer.from(text).toString('utf8', place.from, place.to)
  }

  it('leads to the member that a parser finds', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify({ list: [null, value], 'a/b~c': value }, null, indent)
        for (const pointer of ['/list/1', '/a~1b~0c'])
          expect(JSON.parse(shown(text, pointer) ?? '')).toEqual(plain(value))
        expect(shown(text, '/list/2')).toBeUndefined()
        expect(shown(text, '/none')).toBeUndefined()
      }),
    )
  })

  it('leads to lines, to one object among several, and to elements by their number', () => {
    expect(shown('a\nb\nc', 'line 2')).toBe('b')
    expect(shown('a\nb\nc', 'lines 2-3')).toBe('b\nc')
    expect(shown('a\nb', 'line 9')).toBeUndefined()
    expect(shown('{"a":1}\n{"a":2}', 'record 2')).toBe('{"a":2}')
    const xml =
      '<t><x:TestResult><rule-result-x/><x:rule-result>1</x:rule-result><x:rule-result>2</x:rule-result></x:TestResult></t>'
    expect(shown(xml, 'TestResult[1]/rule-result[2]')).toBe('<x:rule-result>2</x:rule-result>')
    expect(shown(xml, 'TestResult[2]')).toBeUndefined()
    expect(shown(xml, 'anything at all')).toBeUndefined()
  })
})
