// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { checkAudit, type AuditDetails } from './audit.ts'

describe('the audit trail, which is kept for ever', () => {
  test('takes words of our own, whole numbers and moments', () => {
    const details = { role: 'so_admin', count: 3, due: null, state: true } as const
    expect(checkAudit('session.opened', details)).toEqual(details)
  })

  test.each(['opened', 'Session.opened', 'session..opened', `session.${'x'.repeat(80)}`, 'session.opened by Ada'])(
    'knows no event called %s',
    (event) => {
      expect(() => checkAudit(event, {})).toThrow(/words joined by dots/)
    },
  )

  test.each([
    ['a field that is not on the list', { email: 'ada@example.com' }, /got the detail "email"/],
    ['text that is too long', { reason: 'x'.repeat(201) }, /at most 200 plain characters in "reason"/],
    ['control characters', { reason: 'a\u001b[2J' }, /plain characters in "reason"/],
    ['a number that is not whole', { count: 0.5 }, /whole number in "count"/],
  ])('takes no detail with %s', (_, details, says) => {
    expect(() => checkAudit('session.opened', details as AuditDetails)).toThrow(says)
  })
})
