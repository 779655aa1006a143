// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { parseCheck } from './check.ts'
import { instant, kind, type Kind } from './kind.ts'
import { compileCheck, faultyExamples, type CompiledCheck } from './verdict.ts'

const account = kind({
  id: 'account',
  version: 1,
  says: 'An account.',
  schema: z.object({
    name: z.string(),
    host: z.string().nullable(),
    uid: z.int(),
    active: z.boolean(),
    share: z.number(),
    seen: instant(),
    tags: z.array(z.string()),
  }),
  key: () => '',
  label: () => '',
  reading: { type: 'state' },
  fresh_hours: 24,
})
const kindOf = (): Kind => account
const NOW = new Date('2026-03-01T10:00:00Z')
const ada = {
  name: 'ada',
  host: 'web-1',
  uid: 7,
  active: true,
  share: 0.5,
  seen: '2026-03-01T09:00:00Z',
  tags: ['a', 'b'],
}
const EXAMPLES = '{ pass: { subject: { active: true } }, fail: { subject: { active: false } } }'

const compiled = (assert: string, more: Record<string, string> = {}): CompiledCheck => {
  const fields = {
    id: 'made-here',
    title: 'Made here',
    says: 'Each account is as it must be.',
    for: 'account',
    assert: JSON.stringify(assert),
    fresh: '7d',
    severity: 'high',
    controls: '[]',
    remediation: 'Make it as it must be.',
    examples: EXAMPLES,
    ...more,
  }
  const text = Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`)
  return compileCheck(parseCheck(text.join('')), kindOf)
}
const lookup = (on: string, more = ''): Record<string, string> => ({
  lookup: `{ others: { from: account, on: ${on}${more} } }`,
})
/** The verdict on Ada, with what these rows join. */
const judged = (of: CompiledCheck, others: readonly object[] = [], body: object = ada) => {
  const bodies = others as readonly Record<string, unknown>[]
  const indexes = Object.keys(of.lookups).length > 0 ? { others: of.index('others', bodies) } : {}
  return of.explain(body as Record<string, unknown>, indexes, NOW)
}

describe('a verdict', () => {
  test('names the conditions that are not true, and those alone', () => {
    expect(judged(compiled('subject.active && subject.uid > 9 && subject.share > 0.9')).because).toBe(
      'not true: subject.uid > 9; subject.share > 0.9',
    )
  })

  test('says what was observed and required in the sentence of the check, where it has one', () => {
    const of = compiled("{'web-1': true, 'web-2': false}[subject.host]", {
      found: `{ fail: 'The account {name} stands on {host}; it has to stand on the first.', inconclusive: '{name} is on “{host}”, of which nothing is known.' }`,
    })
    expect(judged(of)).toMatchObject({ status: 'pass', because: null })
    expect(judged(of, [], { ...ada, host: 'web-2' })).toMatchObject({
      status: 'fail',
      because: 'The account ada stands on web-2; it has to stand on the first.',
    })
    expect(judged(of, [], { ...ada, name: 'eve', host: 'web-3' })).toMatchObject({
      status: 'inconclusive',
      because: 'eve is on “web-3”, of which nothing is known.',
    })
    // What the source did not say is another matter, and is said.
    expect(judged(of, [], { name: 'ada' })).toMatchObject({ because: 'the source did not say host' })
  })

  test('has places in its sentence for fields of its kind only', () => {
    expect(() => compiled('subject.active', { found: `{ fail: 'Nobody knows the {weather} here.' }` })).toThrow(
      expect.objectContaining({ code: 'BAD_CHECK', pointer: '/found/fail' }),
    )
  })

  test.each([
    ['a number where a text belongs', 'subject.name == "ada"', { name: 5 }],
    ['a text where a truth belongs', 'subject.active', { active: 'yes' }],
    ['a fraction where a whole number belongs', 'subject.uid == 7', { uid: 7.5 }],
    ['a text where a number belongs', 'subject.share < 1.0', { share: 'half' }],
    ['a number where a moment belongs', 'subject.seen < period.now', { seen: 5 }],
    ['numbers in a list of texts', 'subject.tags.exists(t, t == "a")', { tags: [1] }],
    ['nothing where something belongs', 'subject.name == "ada"', { name: null }],
  ])('is neither pass nor fail for %s', (_, assert, change) => {
    expect(judged(compiled(assert), [], { ...ada, ...change })).toMatchObject({
      status: 'inconclusive',
      because: expect.stringContaining('is not what account says it is') as string,
    })
  })

  test('is inconclusive where a moment is no moment, as if the source had not said it', () => {
    expect(judged(compiled('subject.seen < period.now'), [], { ...ada, seen: 'yesterday' }).because).toContain(
      'the source did not say seen',
    )
  })
})

describe('the values behind a verdict', () => {
  const values = (assert: string, more?: Record<string, string>) =>
    Object.fromEntries(judged(compiled(assert, more)).parts.map(({ text, value }) => [text, value]))

  test('show each condition once, with the fields it looked at', () => {
    expect(judged(compiled('subject.uid > 9 && subject.uid > 9')).parts).toEqual([
      { in: 'assert', text: 'subject.uid > 9', value: false },
      { in: 'assert', text: 'subject.uid', value: 7 },
    ])
  })

  test('say what the source did not say', () => {
    const { host: _, ...silent } = ada
    expect(judged(compiled('subject.host == "x"'), [], silent).parts).toEqual([
      { in: 'assert', text: 'subject.host == "x"', value: 'no value: the source did not say host' },
      { in: 'assert', text: 'subject.host', value: 'the source did not say' },
    ])
  })

  test.each([
    ['moments', '[subject.seen].all(t, t > period.now)', ['2026-03-01T09:00:00.000Z']],
    ['spans', '[duration("90s")].all(d, d > duration("1h"))', ['90s']],
    ['large numbers', '[9007199254740993].all(n, n < 0)', [Number(9007199254740993n)]],
    ['tables', '[params.levels].all(m, m["a"] > 5)', [{ a: 1 }]],
    ['texts', 'subject.tags.all(t, t == "a")', ['b']],
  ])('show %s of a list that are not as they must be', (_, assert, offenders) => {
    expect(Object.values(values(assert, { params: '{ levels: { a: 1 } }' }))).toContainEqual(offenders)
  })

  test('show the rows that were joined, the first five of them', () => {
    const others = Array.from({ length: 7 }, (_, uid) => ({ ...ada, uid }))
    const { joined, parts } = judged(compiled('others.all(o, o.uid < 1)', lookup('{ name: name }')), others)
    expect(joined).toEqual([{ name: 'others', rows: 7, first: others.slice(0, 5) }])
    expect(parts.map(({ value }) => value)).toContainEqual(others.slice(1, 6))
  })
})

describe('rows that belong to a subject', () => {
  const found = (on: string, others: readonly object[], body: object = ada, more = '') => {
    const { status, because, joined } = judged(compiled('others.exists(o, o.active)', lookup(on, more)), others, body)
    return [status, because ?? joined[0]?.rows]
  }
  test('are those with the same text or number', () => {
    expect(found('{ uid: uid }', [ada, { ...ada, uid: 8 }])).toEqual(['pass', 1])
    expect(found('{ name: name }', [{ ...ada, name: 'ADA' }])[0]).toBe('fail')
    expect(found('{ name: name }', [{ ...ada, name: 'ADA' }], ada, ', ignore_case: true')).toEqual(['pass', 1])
  })
  test('are the same in each of several fields', () => {
    expect(found('{ name: name, host: host }', [ada, { ...ada, host: 'web-2' }])).toEqual(['pass', 1])
  })
  test.each(['{ host: host }', '{ name: name, host: host }'])('are none where one of them has no value (%s)', (on) => {
    const { host: _, ...silent } = ada
    const homeless = { ...ada, host: null }
    expect(found(on, [homeless, silent], homeless)[0]).toBe('fail')
    expect(found(on, [ada], silent)).toEqual(['inconclusive', 'the source did not say host'])
  })
  test('are refused when they are more than can be judged', () => {
    const many = Array.from({ length: 10_001 }, () => ada)
    expect(found('{ name: name }', many)).toEqual([
      'inconclusive',
      '10001 others belong to it; at most 10000 can be judged',
    ])
  })
  test.each([
    ['a name that stands for something else', 'subject', '{ name: name }', /another name for a lookup than subject/],
    ['fields of two types', 'others', '{ name: uid }', /fields of one type, got name \(string\) and uid \(int\)/],
    ['a field that is not there', 'others', '{ colour: name }', /expected a field of account/],
  ])('are not asked for by %s', (_, name, on, says) => {
    const more = { lookup: `{ ${name}: { from: account, on: ${on} } }` }
    expect(() => compiled('subject.active', more)).toThrow(says)
  })
})

describe('what a verdict may cost', () => {
  const words = Array.from({ length: 2000 }, (_, i) => `w${i}`)
  test.each([
    'subject.tags.all(t, subject.tags.exists(u, u == t + "x"))',
    'subject.tags.all(t, t + "x" in subject.tags)',
    'subject.tags.filter(t, t != "").all(t, t + "x" in subject.tags)',
  ])('is bounded by the length of its lists: %s', (assert) => {
    expect(judged(compiled(assert))).toMatchObject({ status: 'fail' })
    expect(judged(compiled(assert), [], { ...ada, tags: words })).toMatchObject({
      status: 'inconclusive',
      because: expect.stringContaining('too expensive') as string,
    })
  })
  test.each([
    'subject.tags.all(t, t in ["a", "b"])',
    'subject.tags.all(t, [t].all(u, u in ["a", "b"]))',
    'subject.tags.all(t, t in params.levels)',
    '[subject.tags].all(list, "a" in list)',
  ])('is nothing to speak of where the lists are short: %s', (assert) => {
    expect(judged(compiled(assert, { params: '{ levels: { a: 1, b: 2 } }' }))).toMatchObject({ status: 'pass' })
  })
})

describe('examples of a check', () => {
  const faults = (examples: string) => faultyExamples(compiled('subject.active', { examples }))
  test('are right when they give the verdicts they promise', () => {
    expect(faults(EXAMPLES)).toEqual([])
  })
  test('are wrong when they give others, and it is said why', () => {
    expect(faults('{ pass: { subject: { active: false } }, fail: { subject: { active: true } } }')).toEqual([
      'pass example 1: expected pass, got fail (not true: subject.active)',
      'fail example 1: expected fail, got pass',
    ])
  })
  test('are wrong when they have rows that the check does not ask for, or that its kind does not allow', () => {
    const pass = '{ subject: { active: true, uid: many }, lookup: { others: [{}] } }'
    const examples = `{ pass: ${pass}, fail: { subject: { active: false } } }`
    expect(faults(examples)).toEqual([
      expect.stringContaining('subject.uid is not as in account') as string,
      'pass example 1: the check declares no lookup others',
    ])
    const declared = compiled('subject.active', { examples, ...lookup('{ uid: uid }') })
    expect(faultyExamples(declared)).toContain(
      'pass example 1: subject.uid is not as in account: Invalid input: expected number, received string',
    )
  })
})
