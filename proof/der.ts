// SPDX-License-Identifier: Apache-2.0
import { concat, toHex, type Bytes } from './bytes.ts'
import { Malformed } from './malformed.ts'

/** One value of DER (X.690): its tag, its content, and all its bytes. Views, not copies. */
export interface Der {
  /** The identifier octet: 0x30 SEQUENCE, 0x31 SET, 0x02 INTEGER, 0xa0 context 0 constructed… */
  readonly tag: number
  readonly content: Uint8Array
  /** Identifier, length and content. */
  readonly whole: Uint8Array
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** The values that lie one after another in the bytes. @throws Malformed DER when lengths do not fit or are not minimal */
export function readAll(bytes: Uint8Array): Der[] {
  const values: Der[] = []
  for (let at = 0; at < bytes.length;) {
    const value = readAt(bytes, at)
    values.push(value)
    at += value.whole.length
  }
  return values
}

/** The single value of the bytes, of the tag expected. @throws Malformed DER */
export function readOne(bytes: Uint8Array, tag: number): Der {
  const value = readAt(bytes, 0)
  if (value.whole.length !== bytes.length)
    throw new Malformed('DER', `expected one value, got ${bytes.length - value.whole.length} more bytes`)
  return expectTag(value, tag)
}

/** The members of a SEQUENCE, SET or constructed tag. @throws Malformed DER when the tag is another */
export const members = (value: Der | undefined, tag: number = TAG.sequence): Der[] =>
  readAll(expectTag(value, tag).content)

/** @throws Malformed DER when the value is absent or of another tag */
export function expectTag(value: Der | undefined, tag: number): Der {
  if (value?.tag !== tag) throw new Malformed('DER', `expected tag ${name(tag)}, got ${name(value?.tag)}`)
  return value
}

const name = (tag: number | undefined): string => (tag === undefined ? 'nothing' : `0x${tag.toString(16)}`)

function readAt(bytes: Uint8Array, at: number): Der {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined) throw new Malformed('DER', 'expected a tag and a length, got the end')
  if ((tag & 0x1f) === 0x1f) throw new Malformed('DER', `expected a tag of one byte, got ${name(tag)}`)
  let length = first
  let header = 2
  if (first >= 0x80) {
    const count = first & 0x7f
    const octets = bytes.subarray(at + 2, at + 2 + count)
    length = octets.reduce((sum, octet) => sum * 256 + octet, 0)
    header += count
    // X.690 10.1: the definite form with the fewest octets, so that a value has one encoding only.
    if (count === 0 || count > 4 || octets.length < count || octets[0] === 0 || length < 0x80)
      throw new Malformed(
        'DER',
        `expected a minimal length at byte ${at + 1}, got ${toHex(bytes.subarray(at + 1, at + 6))}`,
      )
  }
  const whole = bytes.subarray(at, at + header + length)
  if (whole.length < header + length)
    throw new Malformed('DER', `expected ${header + length} bytes at ${at}, got ${whole.length}`)
  return { tag, content: whole.subarray(header), whole }
}

/** An OBJECT IDENTIFIER as dotted text: `1.2.840.113549.1.7.2`. @throws Malformed DER */
export function oid(value: Der | undefined): string {
  const { content } = expectTag(value, TAG.oid)
  const arcs: number[] = []
  let arc = 0
  for (const octet of content) {
    arc = arc * 128 + (octet & 0x7f)
    if (octet < 0x80) {
      arcs.push(arc)
      arc = 0
    }
  }
  const [first] = arcs
  if (first === undefined || content.at(-1)! >= 0x80)
    // not empty: it has an arc
    throw new Malformed('DER', `expected an object identifier, got ${toHex(content)}`)
  const top = Math.min(Math.floor(first / 40), 2)
  return [top, first - top * 40, ...arcs.slice(1)].join('.')
}

/** The bytes of a BIT STRING of whole bytes. @throws Malformed DER */
export function bits(value: Der | undefined): Uint8Array {
  const { content } = expectTag(value, TAG.bits)
  if (content[0] !== 0) throw new Malformed('DER', 'expected a bit string of whole bytes')
  return content.subarray(1)
}

/** A GeneralizedTime or UTCTime, in milliseconds since 1970. Only the UTC forms of RFC 5280 and RFC 3161. @throws Malformed DER */
export function time(value: Der | undefined): number {
  const written = value ? String.fromCharCode(...value.content) : ''
  const full =
    value?.tag === TAG.utcTime ? (Number(written.slice(0, 2)) < 50 ? `20${written}` : `19${written}`) : written
  const [, year, month, day, hour, minute, second, fraction = ''] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d{1,9})?Z$/.exec(full) ?? []
  const parsed = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction.slice(0, 4)}Z`)
  if (value?.tag !== TAG.utcTime) expectTag(value, TAG.generalizedTime)
  if (Number.isNaN(parsed)) throw new Malformed('DER', `expected a time in UTC, got "${written}"`)
  return parsed
}

/** Encodes one value. */
export function encode(tag: number, ...contents: readonly Uint8Array[]): Bytes {
  const content = concat(...contents)
  const octets: number[] = []
  for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256)
  const length = content.length < 0x80 ? [content.length] : [0x80 + octets.length, ...octets]
  return concat(Uint8Array.of(tag, ...length), content)
}
