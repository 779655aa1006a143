// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { cpuMs } from '../test/cpu.ts'
import type { Refused } from '../lib/refused.ts'
import { parseCheck } from './check.ts'
import { kindOf } from './kinds/registry.ts'
import { compileCheck, faultyExamples, judgeExample, type CompiledCheck } from './verdict.ts'

const text = (change: Record<string, string> = {}): string => {
  const lines: Record<string, string> = {
    id: 'devices-are-ours',
    title: 'Devices are ours',
    says: 'Each device is one of ours.',
    for: 'device',
    assert: 'subject.disk_encrypted',
    fresh: '26h',
    severity: 'low',
    controls: '[]',
    remediation: 'Encrypt the disk of the device.',
    examples: '{ pass: { subject: { disk_encrypted: true } }, fail: { subject: { disk_encrypted: false } } }',
    ...change,
  }
  return Object.entries(lines)
    .map(([field, value]) => `${field}: ${value}`)
    .join('\n')
}

const check = (change: Record<string, string> = {}): CompiledCheck => compileCheck(parseCheck(text(change)), kindOf)
const judge = (assert: string, subject: Record<string, unknown>, kind = 'device') =>
  judgeExample(check({ for: kind, assert: JSON.stringify(assert) }), { subject })
const refusal = (run: () => unknown): Refused => {
  try {
    run()
  } catch (error) {
    return error as Refused
  }
  throw new Error('expected a refusal')
}

describe('the text of a check', () => {
  test('an unknown field is refused with its line and pointer', () => {
    expect(refusal(() => check({ sevrity: 'high' }))).toMatchObject({ code: 'BAD_CHECK', pointer: '/sevrity' })
    expect(refusal(() => check({ sevrity: 'high' })).message).toMatch(/^line 11, \/sevrity/)
  })

  const hostile: readonly (readonly [string, string])[] = [
    [
      'an alias bomb',
      ['a: &a [x, x, x, x, x, x, x, x, x]', 'b: &b [*a, *a, *a, *a, *a, *a]', 'c: [*b, *b, *b, *b, *b, *b]'].join('\n'),
    ],
    ['nesting without end', '['.repeat(60_000)],
    ['lists in lists in one line', '- '.repeat(30_000)],
    ['maps in maps', Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    ['ten million letters', `id: ${'y'.repeat(10_000_000)}`],
    ['a type of the language', 'a: !!js/function x'],
    ['the same field twice', 'id: a\nid: b'],
    ['no document', ''],
  ]
  test.each(hostile)('%s is refused', (_, bad) => {
    expect(['BAD_CHECK', 'CHECK_TOO_LARGE']).toContain(refusal(() => parseCheck(bad)).code)
  })

  test.each(hostile)('%s is refused within 50 ms', (_, bad) => {
    expect(cpuMs(() => refusal(() => parseCheck(bad)))).toBeLessThan(50)
  })

  test('a merge key is a field like any other, and so unknown', () => {
    expect(refusal(() => parseCheck(`${text()}\n<<: { severity: high }`))).toMatchObject({ pointer: '/<<' })
  })

  test('a kind that does not exist is refused', () => {
    expect(refusal(() => check({ for: 'horse' }))).toMatchObject({ code: 'UNKNOWN_KIND' })
  })
})

describe('expressions are typed before anything is saved', () => {
  test.each([
    ['subject.disk_encryted', 'assert, line 1, column 9: No such key: disk_encryted; subject has id, owner_email'],
    ['subject.platform > 3', 'assert, line 1, column 1: no such overload: string > int'],
    ['subject.platform', 'assert: expected true or false, got string'],
    ['subject.disk_encrypted &&', 'assert, line 1, column 26: '],
    ['devices.all(d, true)', 'assert, line 1, column 1: Unknown variable: devices'],
    ['subject.owner_email < 3', 'no such overload'],
    ['params.most == 1', 'No such key: most'],
    ['subject.platform.matches(3)', 'matching overload'],
  ])('%s', (assert, message) => {
    const refused = refusal(() => check({ assert: JSON.stringify(assert) }))
    expect(refused).toMatchObject({ code: 'BAD_EXPRESSION', pointer: '/assert' })
    expect(refused.message).toContain(message)
  })

  test('joined fields exist and have one type', () => {
    const lookup = (on: string): string => `{ people: { from: person, on: { ${on} } } }`
    expect(refusal(() => check({ lookup: lookup('mail: owner_email') })).message).toContain(
      'expected a field of person',
    )
    expect(refusal(() => check({ lookup: lookup('email: owner') })).message).toContain('expected a field of device')
    expect(refusal(() => check({ lookup: lookup('email: last_seen') })).message).toContain('of one type')
  })

  test('ten megabytes, deep nesting and loops in loops are refused at once', () => {
    const loops = '[1].all(a, [1].all(b, [1].all(c, [1].all(d, true))))'
    const spent = cpuMs(() => {
      const long = refusal(() =>
        compileCheck({ ...check().check, assert: `true ${'|| true '.repeat(1_300_000)}` }, kindOf),
      )
      expect(long.message).toContain('expected at most 8192 bytes')
      expect(refusal(() => check({ assert: `"${'('.repeat(500)}true${')'.repeat(500)}"` })).code).toBe('BAD_EXPRESSION')
      expect(refusal(() => check({ assert: JSON.stringify(loops) })).message).toContain('nested loops')
      expect(refusal(() => check({ assert: `"${'true || '.repeat(900)}true"` })).code).toBe('BAD_EXPRESSION')
    })
    expect(spent).toBeLessThan(500)
  })
})

describe('verdicts are fixed by the engine', () => {
  test('true passes, false fails and names the conditions that are not true', () => {
    expect(judge('subject.disk_encrypted && subject.screen_lock', { disk_encrypted: true, screen_lock: true })).toEqual(
      {
        status: 'pass',
        because: null,
      },
    )
    expect(
      judge('subject.disk_encrypted && subject.screen_lock', { disk_encrypted: true, screen_lock: false }),
    ).toEqual({
      status: 'fail',
      because: 'not true: subject.screen_lock',
    })
  })

  test('what the source did not say is inconclusive, and so is comparing with nothing', () => {
    expect(judge('subject.disk_encrypted', {})).toEqual({
      status: 'inconclusive',
      because: 'the source did not say disk_encrypted',
    })
    expect(judge("subject.owner_email.endsWith('.org')", { owner_email: null }).status).toBe('inconclusive')
    expect(judge("subject.last_seen < timestamp('2026-01-01T00:00:00Z')", { last_seen: 'yesterday' }).status).toBe(
      'inconclusive',
    )
    expect(judge('subject.is_admin || subject.mfa', { mfa: true }, 'user-account').status).toBe('pass')
  })

  test('a question too expensive to answer is inconclusive, on every machine alike', () => {
    const people = Array.from({ length: 3000 }, (_, i) => ({ email: 'a@x.org', id: String(i) }))
    const dear = check({
      for: 'device',
      lookup: '{ people: { from: person, on: { email: owner_email } } }',
      assert: "people.all(p, people.exists(q, q.id == p.id + 'x'))",
    })
    const spent = cpuMs(() => {
      const judged = judgeExample(dear, { subject: { owner_email: 'a@x.org' }, lookup: { people } })
      expect(judged).toMatchObject({ status: 'inconclusive', because: expect.stringContaining('too expensive') })
    })
    expect(spent).toBeLessThan(500)
  })

  test('a hostile regular expression takes time linear in the text', () => {
    const spent = cpuMs(() => {
      expect(judge("subject.platform.matches('^(a+)+$')", { platform: `${'a'.repeat(5000)}b` }).status).toBe('fail')
      expect(judge("subject.platform.matches('^(a|a)*$')", { platform: 'a'.repeat(5000) }).status).toBe('pass')
    })
    expect(spent).toBeLessThan(1000)
    expect(judge("subject.platform.matches('(a')", { platform: 'a' }).status).toBe('inconclusive')
    expect(judge("subject.platform.matches('a(?=b)')", { platform: 'ab' }).status).toBe('inconclusive')
  })

  test('a row cannot reach the prototype of anything', () => {
    expect(refusal(() => check({ assert: 'subject.constructor == null' })).code).toBe('BAD_EXPRESSION')
    expect(judge('subject.disk_encrypted', JSON.parse('{"__proto__": {"disk_encrypted": true}}')).status).toBe(
      'inconclusive',
    )
  })

  test('examples that do not give the promised verdict, or break their kind, are told', () => {
    const wrong = check({
      examples: '{ pass: { subject: { disk_encrypted: false } }, fail: { subject: { disk_encrypted: "no" } } }',
    })
    expect(faultyExamples(wrong)).toEqual([
      'pass example 1: expected pass, got fail (not true: subject.disk_encrypted)',
      expect.stringContaining('fail example 1: subject.disk_encrypted is not as in device'),
      expect.stringContaining('fail example 1: expected fail, got inconclusive'),
    ])
  })

  test('an explanation shows each condition, the fields it saw and the rows that broke it', () => {
    const compiled = check({
      for: 'person',
      lookup: '{ accounts: { from: user-account, on: { email: email } } }',
      assert: 'accounts.all(a, a.mfa) && subject.ended_on == null',
      examples: '{ pass: { subject: {} }, fail: { subject: {} } }',
    })
    const accounts = compiled.index('accounts', [
      { email: 'a@x.org', account: 'a1', mfa: true },
      { email: 'a@x.org', account: 'a2', mfa: false },
    ])
    const told = compiled.explain({ email: 'a@x.org', ended_on: null }, { accounts }, new Date('2026-01-01'))
    expect(told).toMatchObject({ status: 'fail', because: 'not true: accounts.all(a, a.mfa)' })
    expect(told.parts).toEqual([
      { in: 'assert', text: 'accounts.all(a, a.mfa)', value: false },
      { in: 'assert', text: 'accounts.filter(a, !(a.mfa))', value: [{ account: 'a2', email: 'a@x.org', mfa: false }] },
      { in: 'assert', text: 'subject.ended_on == null', value: true },
      { in: 'assert', text: 'subject.ended_on', value: null },
    ])
    expect(told.joined).toMatchObject([{ name: 'accounts', rows: 2 }])
  })

  test('an explanation shows moments, times, lists and maps as people write them, and why there is no value', () => {
    const compiled = check({
      for: 'code-change',
      where: JSON.stringify("subject.landed_at + duration('1h') < period.now && {'a': 1, 'b': 2}.size() == 2"),
      params: '{ known: { good: true } }',
      assert: JSON.stringify(
        'subject.reviewers.all(r, params.known[subject.signature] && r != subject.title) && subject.files_changed + 9007199254740993 > 0',
      ),
      examples: '{ pass: { subject: {} }, fail: { subject: {} } }',
    })
    const told = compiled.explain(
      { landed_at: '2026-01-01T00:00:00Z', reviewers: ['a', 'b'], signature: 'good', title: 'b', files_changed: 1 },
      {},
      new Date('2026-02-01'),
    )
    expect(told).toMatchObject({ status: 'fail', joined: [] })
    const values = Object.fromEntries(told.parts.map(({ text, value }) => [text, value]))
    expect(values).toMatchObject({
      'subject.landed_at': '2026-01-01T00:00:00Z',
      'period.now': '2026-02-01T00:00:00.000Z',
      'params.known': { good: true },
      'subject.reviewers': ['a', 'b'],
    })
    expect(told.parts.find(({ text }) => text.includes('filter'))?.value).toEqual(['b'])
    const lists = check({
      for: 'code-change',
      params: '{ known: { good: true } }',
      assert: JSON.stringify(
        `[subject.landed_at].all(m, m > period.now) && [period.now - subject.landed_at].all(d, d < duration('1h'))
         && [subject.files_changed + 9007199254740993].all(n, n < 0) && [params.known].all(m, m.size() > 5)`,
      ),
      examples: '{ pass: { subject: {} }, fail: { subject: {} } }',
    }).explain({ landed_at: '2026-01-01T00:00:00Z', files_changed: 1 }, {}, new Date('2026-01-02'))
    expect(lists.parts.filter(({ text }) => text.includes('filter')).map(({ value }) => value)).toEqual([
      ['2026-01-01T00:00:00.000Z'],
      ['86400s'],
      [9007199254740994],
      [{ good: true }],
    ])
    const unsaid = compiled.explain({ landed_at: '2026-01-01T00:00:00Z' }, {}, new Date('2026-02-01'))
    expect(unsaid.parts.map(({ value }) => value)).toContain('no value: the source did not say reviewers')
    expect(unsaid.parts.find(({ text }) => text === 'subject.reviewers')?.value).toBe('the source did not say')
  })
})

test('examples may only join what the check declares, and rows that their kind allows', () => {
  const lookup = '{ others: { from: person, on: { email: owner_email } } }'
  const subject = '{ disk_encrypted: true, owner_email: a@x }'
  const of = (rows: string): string[] =>
    faultyExamples(
      check({ lookup, examples: `{ pass: { subject: ${subject}, lookup: ${rows} }, fail: { subject: ${subject} } }` }),
    )
  expect(of('{ friends: [] }')[0]).toBe('pass example 1: the check declares no lookup friends')
  expect(of('{ others: [{ email: 3 }] }')[0]).toContain('pass example 1: others.email is not as in person')
  expect(of('{ others: [{ email: a@x }] }')).toEqual(['fail example 1: expected fail, got pass'])
})

describe('joins', () => {
  const joined = (on: string, ignoreCase = false): CompiledCheck =>
    check({
      for: 'user-account',
      lookup: `{ others: { from: user-account, on: ${on}, ignore_case: ${ignoreCase} } }`,
      assert: JSON.stringify('others.size() == 1'),
    })
  const judgeWith = (compiled: CompiledCheck, subject: Record<string, unknown>, others: Record<string, unknown>[]) =>
    judgeExample(compiled, { subject, lookup: { others } })

  test('of several fields need all of them equal; nothing equals nothing', () => {
    const both = joined('{ system: system, account: account }')
    const others = [{ system: 'a', account: 'B' }, { system: 'a', account: 'c' }, { system: 'a' }]
    expect(judgeWith(both, { system: 'a', account: 'B' }, others).status).toBe('pass')
    expect(judgeWith(both, { system: 'a', account: 'b' }, others).status).toBe('fail')
    expect(judgeWith(both, { system: 'a' }, others)).toEqual({
      status: 'inconclusive',
      because: 'the source did not say account',
    })
    const cased = joined('{ system: system, account: account }', true)
    expect(judgeWith(cased, { system: 'A', account: 'b' }, others).status).toBe('pass')
  })

  test('of one field take it as it is: text without its case when asked, all else by its value', () => {
    expect(judgeWith(joined('{ email: email }'), { email: null }, [{ email: null }]).status).toBe('fail')
    expect(judgeWith(joined('{ mfa: mfa }'), { mfa: true }, [{ mfa: true }, { mfa: false }]).status).toBe('pass')
    expect(judgeWith(joined('{ email: email }', true), { email: 'A@x' }, [{ email: 'a@X' }]).status).toBe('pass')
  })

  test('that bring too many rows are inconclusive', () => {
    const many = Array.from({ length: 10_001 }, (_, i) => ({ account: String(i), mfa: true }))
    expect(judgeWith(joined('{ mfa: mfa }'), { mfa: true }, many)).toEqual({
      status: 'inconclusive',
      because: '10001 others belong to it; at most 10000 can be judged',
    })
  })

  test('need a name of their own', () => {
    const taken = { lookup: '{ period: { from: person, on: { email: owner_email } } }' }
    expect(refusal(() => check(taken))).toMatchObject({ code: 'BAD_CHECK', pointer: '/lookup/period' })
  })
})

test('a failure names every condition that is not true, and only those', () => {
  const compiled = check({
    assert: JSON.stringify('subject.disk_encrypted && subject.screen_lock && subject.platform == "x"'),
  })
  const because = (subject: Record<string, unknown>): string | null => judgeExample(compiled, { subject }).because
  expect(because({ disk_encrypted: false, screen_lock: false, platform: 'x' })).toBe(
    'not true: subject.disk_encrypted; subject.screen_lock',
  )
  expect(because({ disk_encrypted: true, screen_lock: true, platform: 'y' })).toBe('not true: subject.platform == "x"')
})

test('lists that are long enough to cost too much are counted, wherever they come from', () => {
  const of = (assert: string, params = '{}'): CompiledCheck =>
    check({ for: 'code-change', assert: JSON.stringify(assert), params })
  const reviewers = Array.from({ length: 1500 }, (_, i) => `r${i}`)
  const dear = 'subject.reviewers.all(a, subject.reviewers.all(b, a == b || a in subject.reviewers.map(c, c)))'
  expect(judgeExample(of(dear), { subject: { reviewers } }).because).toContain('too expensive')
  expect(judgeExample(of(dear), { subject: { reviewers: ['a'] } }).status).toBe('pass')
  const fixed = 'params.names.all(k, subject.title.split(k).all(p, p.split(k).all(q, q != k)))'
  expect(judgeExample(of(fixed, '{ names: { a: 1, b: 2, c: 3 } }'), { subject: { title: 'x' } }).because).toContain(
    'too expensive',
  )
})
