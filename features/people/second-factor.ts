// SPDX-License-Identifier: Apache-2.0
import { Secret, TOTP } from 'otpauth'
import { renderSVG } from 'uqr'

export const STEP_S = 30
export const RECOVERY_CODES = 10

const totpOf = (secret: Buffer, label = 'Assay'): TOTP =>
  new TOTP({
    issuer: 'Assay',
    label,
    secret: new Secret({ buffer: new Uint8Array(secret).buffer }),
    algorithm: 'SHA1', // the only one that every authenticator app understands (RFC 6238)
    digits: 6,
    period: STEP_S,
  })

/** What an authenticator app needs: the address behind the code, the code as an SVG image, and the secret to type. */
export function enrolment(secret: Buffer, label: string): { uri: string; svg: string; secret: string } {
  const totp = totpOf(secret, label)
  const uri = totp.toString()
  return { uri, svg: renderSVG(uri, { border: 2 }), secret: totp.secret.base32 }
}

/**
 * The step of 30 seconds that a code belongs to: the present one or a neighbour, for clocks that differ by half a
 * minute. Undefined when the code is none of theirs. The caller must make sure that a step is taken only once.
 */
export function stepOf(secret: Buffer, code: string, now: Date): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined
  const timestamp = now.getTime()
  const delta = totpOf(secret).validate({ token: code, timestamp, window: 1 })
  return delta === null ? undefined : Math.floor(timestamp / (STEP_S * 1000)) + delta
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz' // Crockford base 32: no i, l, o, u

/** A recovery code of 50 bits from at least 10 random bytes, as people write it: `k3x9p-0m2ab`. */
export function recoveryCode(random: Uint8Array): string {
  const text = Array.from(random.subarray(0, 10), (byte) => ALPHABET[byte & 31]).join('')
  return `${text.slice(0, 5)}-${text.slice(5)}`
}

/** A recovery code as typed, brought to the form in which it was given out; undefined when it can be none. */
export function readRecoveryCode(text: string): string | undefined {
  const plain = text.toLowerCase().replaceAll(/[\s-]/g, '').replaceAll('o', '0').replaceAll(/[il]/g, '1')
  return /^[0-9a-hjkmnp-tv-z]{10}$/.test(plain) ? `${plain.slice(0, 5)}-${plain.slice(5)}` : undefined
}
