// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refused } from '../../lib/refused.ts'
import { checkPassword, hashPassword, isOutdated, verifyPassword } from './passwords.ts'

function fault(password: string, about: readonly string[] = []): string {
  try {
    checkPassword(password, about)
  } catch (error) {
    if (error instanceof Refused) return error.code
    throw error
  }
  return 'FINE'
}

describe('a password', () => {
  test('has from 12 to 128 characters, counted as people see them', () => {
    expect(fault('eleven char')).toBe('PASSWORD_TOO_SHORT')
    expect(fault('twelve chars')).toBe('FINE')
    expect(fault('🦊🐢🦉🐙🦋🐝🌵🍄🌊🔭⚓')).toBe('PASSWORD_TOO_SHORT')
    expect(fault('🦊🐢🦉🐙🦋🐝🌵🍄🌊🔭⚓🎻')).toBe('FINE')
    expect(fault('seven violet anchors drift '.repeat(5))).toBe('PASSWORD_TOO_LONG')
  })

  test.each([
    'password1234',
    'Password2026!',
    'P@ssw0rd!2026',
    'passwordpassword',
    'aaaaaaaaaaaa',
    'abcabcabcabc',
    '123412341234',
    '123456789012',
    '098765432109',
    'abcdefghijkl',
    'qwertyuiop12',
    'qwertyuiopas',
    '1qaz2wsx3edc',
    'Welcome12345!',
    'Administrator',
    'letmeinletmein',
    'iloveyou2026',
    'correct horse battery staple',
    '!!!Sunshine2026!!!',
    'Ch4ngeMeN0w!!!',
  ])('is not one that is tried first: %s', (password) => {
    expect(fault(password)).toBe('PASSWORD_COMMON')
  })

  test.each(['seven violet anchors drift', 'x9$Kw2mQ!pL7', 'die Katze schläft auf Papier', '4821 9930 1175 6402'])(
    'may be of any characters: %s',
    (password) => {
      expect(fault(password, ['Olga Owner', 'olga@company.test', 'Test Company'])).toBe('FINE')
    },
  )

  test('is more than the name, the address or the company of its owner', () => {
    expect(fault('OlgaOwner2026', ['Olga Owner', 'olga@company.test'])).toBe('PASSWORD_PERSONAL')
    expect(fault('margarethe1999', ['margarethe@company.test'])).toBe('PASSWORD_PERSONAL')
  })
})

describe('a kept password', () => {
  test('is argon2id with 19 MiB, two passes and a salt, and opens only with the password', async () => {
    const kept = await hashPassword('seven violet anchors drift', Buffer.alloc(16, 3))
    expect(kept).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(await verifyPassword('seven violet anchors drift', kept)).toBe(true)
    expect(await verifyPassword('seven violet anchors drifT', kept)).toBe(false)
    expect(isOutdated(kept)).toBe(false)
    expect(isOutdated(kept.replace('m=19456', 'm=9216'))).toBe(true)
  })

  test('is the same from keyboards that compose letters differently', async () => {
    const kept = await hashPassword('Zürich Zürich Zürich'.normalize('NFC'), Buffer.alloc(16, 3))
    expect(await verifyPassword('Zürich Zürich Zürich'.normalize('NFD'), kept)).toBe(true)
  })

  test('takes as long to refuse for an unknown account as for a known one', async () => {
    const kept = await hashPassword('seven violet anchors drift', Buffer.alloc(16, 3))
    const timed = async (hash: string | null): Promise<number> => {
      const began = performance.now()
      await verifyPassword('another password entirely', hash)
      return performance.now() - began
    }
    const known: number[] = []
    const unknown: number[] = []
    for (let i = 0; i < 9; i++) {
      known.push(await timed(kept))
      unknown.push(await timed(null))
    }
    const middle = (list: number[]): number => list.toSorted((a, b) => a - b)[4] ?? 0
    expect(middle(unknown) / middle(known)).toBeGreaterThan(0.4)
    expect(middle(unknown) / middle(known)).toBeLessThan(2.5)
  })
})

test('checking any text never fails otherwise than by a refusal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.array(fc.string()), (password, about) => {
      expect(fault(password, about)).toMatch(/^(FINE|PASSWORD_[A-Z_]+)$/)
    }),
  )
})
