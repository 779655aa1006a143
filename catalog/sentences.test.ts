// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { kindOf } from './kinds/registry.ts'
import { libraryChecks } from './library.ts'
import { sayer } from './sentences.ts'

const kind = kindOf('code-change')
const check = libraryChecks().find(({ check: { for: of } }) => of === kind.id)!.check
const saying = (fail: string) => sayer({ ...check, found: { fail } }, 'fail', kind, (sentence) => ({ sentence }))!

describe('the sentence of a failure', () => {
  it('says what the source said of the subject: words, numbers, yes and no, lists, and nothing at all', () => {
    const say = saying('{title}, {files_changed} files, direct: {is_direct}, by {reviewers}, for {change_request}.')
    const body = { title: 'Repair', files_changed: 3, is_direct: true, reviewers: ['a', 'b'], change_request: null }
    expect(say(body).sentence).toBe('Repair, 3 files, direct: yes, by a, b, for none.')
    expect(say({ ...body, reviewers: [] }).sentence).toContain('by none')
    expect(say({ ...body, is_direct: false }).sentence).toContain('direct: no')
    expect(say({ ...body, title: undefined }).sentence).toMatch(/^not said,/)
  })

  it('says days and moments as people write them, moments in UTC', () => {
    const say = saying('Landed on {landed_at}, written {authored_at}.')
    expect(say({ landed_at: '2026-10-12T05:00:00.000Z', authored_at: '2026-10-11' }).sentence).toBe(
      'Landed on 12 Oct 2026, 05:00 UTC, written 11 Oct 2026.',
    )
    expect(say({ landed_at: '2026-13-45T05:00:00Z', authored_at: 'last week' }).sentence).toBe(
      'Landed on 2026-13-45T05:00:00Z, written last week.',
    )
  })

  it('is made once for the same values, and never taken for that of others', () => {
    const say = saying('{title} by {author_name}')
    const first = say({ title: 'a\nb', author_name: 'c' })
    expect(say({ title: 'a\nb', author_name: 'c' })).toBe(first)
    expect(say({ title: 'a', author_name: 'b\nc' }).sentence).toBe('a by b\nc')
  })

  it('is made anew when there are more different ones than are worth remembering', () => {
    const say = saying('{title}')
    const first = say({ title: '0' })
    for (let n = 1; n <= 1000; n++) say({ title: String(n) })
    expect(say({ title: '0' })).toEqual(first)
    expect(say({ title: '0' })).not.toBe(first)
  })

  it('is none where the check has none', () => {
    expect(sayer({ ...check, found: {} }, 'fail', kind, String)).toBeUndefined()
  })

  it('is refused when it asks for what the kind does not say', () => {
    expect(() => saying('{weather}')).toThrowError(
      expect.objectContaining({ code: 'BAD_CHECK', pointer: '/found/fail' }),
    )
  })
})
