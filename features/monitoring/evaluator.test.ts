// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { examplesOf, openSession, type Opening } from './evaluator.ts'
import { FIRST_TEXT } from './first-text.ts'
import { answer } from './judging.ts'
import { INCONCLUSIVE, statusOf, type Answer, type Reply } from './questions.ts'

const NOW = '2026-03-01T10:00:00Z'
const asserting = (assert: string, more = ''): string =>
  FIRST_TEXT.replace(/^where: .*\n/m, '').replace(/^assert: .*$/m, () =>
    `assert: ${JSON.stringify(assert)}\n${more}`.trim(),
  )
const account = (body: object): string =>
  JSON.stringify({ status: 'active', is_admin: true, mfa: true, platform: '', ...body })
const good = account({})
const bad = account({ account: 'root', system: 'git', mfa: false })
const opening = (...texts: string[]): Opening => ({ texts, now: NOW, rows: {} })
/** Steps without end, as nobody who means well would write them. */
const ones = `[${Array(100).fill(1).join(',')}]`
const harmful = asserting(`${ones}.all(a, ${ones}.all(b, !subject.account.matches('(x+x+)+[yz]')))`)
const victim = account({ account: 'x'.repeat(50_000) })
const verdicts = ({ codes, because, reasons }: Answer) =>
  [...codes].map((code, i) => [statusOf(code), because[i] === 0 ? null : reasons[because[i]! - 1]])

describe('a session', () => {
  test('gives each fact one verdict by each check, with the reason', async () => {
    const session = await openSession(opening(FIRST_TEXT, asserting('subject.is_admin')))
    const [first, second] = await session.judge([good, bad, bad])
    expect(verdicts(first!)).toEqual([
      ['pass', null],
      ['fail', 'The administrator root of git has no second factor.'],
      ['fail', 'The administrator root of git has no second factor.'],
    ])
    expect(first!.reasons).toHaveLength(1)
    expect(verdicts(second!).map(([status]) => status)).toEqual(['pass', 'pass', 'pass'])
    expect(await session.explain(bad)).toMatchObject({ status: 'fail', parts: expect.anything() as object })
    session.close()
    session.close()
  })

  test('gives up a check that comes to no end, and keeps the verdicts of the others', async () => {
    const session = await openSession({ ...opening(harmful, FIRST_TEXT), deadline_ms: 1000 })
    const answers = await session.judge([victim])
    expect(answers.map(verdicts)).toEqual([
      [['inconclusive', 'the check did not come to an end within 1 s']],
      [['pass', null]],
    ])
    expect((await session.judge([good])).map((one) => statusOf(one.codes[0]!))).toEqual(['inconclusive', 'pass'])
    expect(await session.explain(victim)).toBeUndefined()
    session.close()
  })

  test('is refused when its checks cannot be read, and others open beside it', async () => {
    await expect(openSession(opening('id: nothing'))).rejects.toThrow(/line 1/)
    const sessions = await Promise.all([1, 2, 3].map(() => openSession(opening(FIRST_TEXT))))
    for (const session of sessions) {
      expect((await session.judge([good])).map(verdicts)).toEqual([[['pass', null]]])
      session.close()
    }
  })
})

test('examples are judged before a check is accepted, and given up when they come to no end', async () => {
  expect(await examplesOf(FIRST_TEXT)).toEqual([])
  const wrong = asserting('!subject.mfa')
  expect((await examplesOf(wrong))[0]).toMatch(/^pass example 1: expected pass, got fail/)
  await expect(examplesOf('id: nothing')).rejects.toThrow(/line 1/)
  const slow = harmful.replaceAll('{ status: active,', () => `{ account: ${'x'.repeat(20_000)}, status: active,`)
  expect(await examplesOf(slow, 1000)).toEqual(['the examples could not be judged within 1 s'])
})

describe('the thread that judges', () => {
  const judged = (reply: Reply) => (reply.type === 'answers' ? reply.answers.map(verdicts) : reply)

  test('joins the facts it was told before, each read once for all checks', () => {
    const joining = asserting(
      'others.exists(o, o.mfa)',
      'lookup: { others: { from: user-account, on: { email: email } } }',
    )
    const told = { type: 'rows', kind: 'user-account', bodies: [account({ email: 'ada' })] } as const
    expect(answer(told)).toEqual({ type: 'ready' })
    expect(answer({ ...told, bodies: [account({ email: 'bob', mfa: false })] })).toEqual({ type: 'ready' })
    expect(answer({ type: 'open', texts: [joining, joining], now: NOW })).toEqual({ type: 'ready' })
    const bodies = ['ada', 'bob', 'eve'].map((email) => account({ email }))
    const once = [['pass', null], ...Array.from({ length: 2 }, () => ['fail', expect.anything()])]
    expect(judged(answer({ type: 'judge', bodies, checks: [0, 1] }))).toEqual([once, once])
    // What was told before a session is forgotten with it.
    answer({ type: 'open', texts: [joining], now: NOW })
    expect(judged(answer({ type: 'judge', bodies: bodies.slice(0, 1), checks: [0] }))).toEqual([
      [['fail', expect.anything()]],
    ])
    expect(answer({ type: 'explain', body: bodies[0]! })).toMatchObject({ type: 'explained' })
  })

  test('tells neither pass nor reason of what is out of scope, and the reason of what is unknown', () => {
    answer({ type: 'open', texts: [FIRST_TEXT], now: NOW })
    const bodies = [account({ status: 'disabled' }), '{}']
    expect(judged(answer({ type: 'judge', bodies, checks: [0] }))).toEqual([
      [
        ['not_applicable', null],
        ['inconclusive', expect.stringContaining('the source did not say')],
      ],
    ])
  })

  test('says in words what it cannot do', () => {
    expect(answer({ type: 'open', texts: [], now: NOW })).toMatchObject({ type: 'broken' })
    expect(answer({ type: 'examples', text: 'id: nothing' })).toMatchObject({ type: 'broken' })
    expect(answer({ type: 'examples', text: FIRST_TEXT })).toEqual({ type: 'faults', faults: [] })
  })
})

test('a verdict that nobody knows is inconclusive', () => {
  expect([statusOf(INCONCLUSIVE), statusOf(99)]).toEqual(['inconclusive', 'inconclusive'])
})
