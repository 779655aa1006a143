// SPDX-License-Identifier: Apache-2.0
import { argon2, timingSafeEqual, type Argon2Parameters } from 'node:crypto'
import { Refused } from '../../lib/refused.ts'
import { COMMON } from './common-passwords.ts'

export const PASSWORD_MIN = 12
export const PASSWORD_MAX = 128

/** OWASP's floor for argon2id, measured at about 30 ms: 19 MiB, two passes, one lane. */
const COST = { memory_kib: 19_456, passes: 2, lanes: 1 } as const
const SALT = 16
const TAG = 32

/**
 * Accepts any characters at all; what counts is length and that nobody would guess it first.
 * @throws Refused PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_COMMON, PASSWORD_PERSONAL
 */
export function checkPassword(password: string, about: readonly string[]): void {
  const pointer = '/password'
  const { length } = Array.from(password)
  if (length < PASSWORD_MIN)
    throw new Refused('PASSWORD_TOO_SHORT', `expected at least ${PASSWORD_MIN} characters, got ${length}`, { pointer })
  if (length > PASSWORD_MAX)
    throw new Refused('PASSWORD_TOO_LONG', `expected at most ${PASSWORD_MAX} characters, got ${length}`, { pointer })
  if (isCommon(password))
    throw new Refused('PASSWORD_COMMON', 'expected a password that is not among the first ones an attacker tries', {
      pointer,
    })
  const core = plain(password)
  const own = about.flatMap((text) => [text, ...text.split(/[@.\s]/)]).map(plain)
  const rest = own.filter((part) => part.length >= 3).reduce((left, part) => left.replaceAll(part, ''), core)
  if (core.length - rest.length >= 4 && rest.length < 4)
    throw new Refused('PASSWORD_PERSONAL', 'expected a password that is more than your name or address', { pointer })
}

/** Common as it is, common word with digits and signs around it, one short piece repeated, or a run of neighbours. */
function isCommon(password: string): boolean {
  const lower = password.toLowerCase().replaceAll(/\s/g, '')
  const core = plain(password)
  const rest = lower.replaceAll(/^[^a-z]+|[^a-z]+$/g, '')
  const words = [lower, core, rest, plain(rest)]
  if (words.some((word) => COMMON.has(word) || COMMON.has(pieceOf(word)))) return true
  return pieceOf(lower).length <= 4 || isRun(lower)
}

/** Letters only, with the usual digits read as the letters they stand for. */
const plain = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[013457@$!]/g, (sign) => STANDS_FOR[sign] ?? sign)
    .replaceAll(/[^\p{L}]/gu, '')
const STANDS_FOR: Readonly<Record<string, string>> = {
  0: 'o',
  1: 'i',
  3: 'e',
  4: 'a',
  5: 's',
  7: 't',
  '@': 'a',
  $: 's',
  '!': 'i',
}

/** The shortest piece whose repetition is the text; the text itself when there is none. A last cut piece counts. */
function pieceOf(text: string): string {
  for (let size = 1; size <= text.length / 2; size++) {
    const piece = text.slice(0, size)
    if (piece.repeat(Math.ceil(text.length / size)).startsWith(text)) return piece
  }
  return text
}

const ROWS = ['0123456789012345678901234567890', 'abcdefghijklmnopqrstuvwxyz', 'qwertyuiopasdfghjklzxcvbnm'].flatMap(
  (row) => [row, row.split('').toReversed().join('')],
)
const isRun = (text: string): boolean => ROWS.some((row) => row.includes(text))

/** `$argon2id$v=19$m=…,t=…,p=…$salt$hash` of a password; `salt` is 16 random bytes. */
export async function hashPassword(password: string, salt: Buffer): Promise<string> {
  const tag = await derive(password, salt, COST)
  const text = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '')
  return `$argon2id$v=19$m=${COST.memory_kib},t=${COST.passes},p=${COST.lanes}$${text(salt)}$${text(tag)}`
}

/**
 * Whether a password belongs to a kept hash. Without one the same work is done for nothing, so that the time of the
 * answer does not tell whether there is an account.
 */
export async function verifyPassword(password: string, kept: string | null): Promise<boolean> {
  const parts = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(kept ?? '')
  if (!parts) {
    await derive(password, Buffer.alloc(SALT), COST)
    return false
  }
  const [, m, t, p, salt, tag] = parts
  const cost = { memory_kib: Number(m), passes: Number(t), lanes: Number(p) }
  const got = await derive(password, Buffer.from(salt ?? '', 'base64'), cost)
  const wanted = Buffer.from(tag ?? '', 'base64')
  return got.length === wanted.length && timingSafeEqual(got, wanted)
}

/** Whether a kept hash was made with a lower cost than today's, to be made anew at the next sign-in. */
export const isOutdated = (kept: string): boolean =>
  !kept.startsWith(`$argon2id$v=19$m=${COST.memory_kib},t=${COST.passes},p=${COST.lanes}$`)

interface Cost {
  readonly memory_kib: number
  readonly passes: number
  readonly lanes: number
}

// NFKC: the same password typed on two keyboards must be the same bytes (NIST SP 800-63B 5.1.1.2).
function derive(password: string, salt: Buffer, cost: Cost): Promise<Buffer> {
  const parameters: Argon2Parameters = {
    message: password.normalize('NFKC'),
    nonce: salt,
    parallelism: cost.lanes,
    tagLength: TAG,
    memory: cost.memory_kib,
    passes: cost.passes,
  }
  return new Promise((resolve, reject) => {
    argon2('argon2id', parameters, (error, tag) => (error ? reject(error) : resolve(tag)))
  })
}
