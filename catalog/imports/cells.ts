// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { isLocalDate } from '../../lib/time.ts'
import { momentOf, plainText } from '../import.ts'
import type { Kind } from '../kind.ts'

/** What a cell of a table must become. */
export interface Field {
  readonly name: string
  readonly type: 'text' | 'whole number' | 'yes or no' | 'moment' | 'day' | 'list' | 'word'
  readonly words: readonly string[]
  readonly nullable: boolean
  readonly description: string | null
}

interface JsonType {
  /** Of a nullable one, a list with `null` in it, or one of the options of `anyOf`. */
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly enum?: readonly string[]
  readonly anyOf?: readonly JsonType[]
  readonly description?: string
}

/** The fields of a kind, as a table has them. */
export function fieldsOf(kind: Kind): Field[] {
  const { properties = {} } = z.toJSONSchema(kind.schema) as { properties?: Record<string, JsonType> }
  return Object.entries(properties).map(([name, schema]) => {
    const nullable = [schema, ...(schema.anyOf ?? [])].some(
      ({ type }) => type === 'null' || (Array.isArray(type) && type.includes('null')),
    )
    const type = schema.anyOf?.find((option) => option.type !== 'null') ?? schema
    return { name, type: typeOf(type), words: type.enum ?? [], nullable, description: schema.description ?? null }
  })
}

function typeOf({ type, format, enum: words }: JsonType): Field['type'] {
  if (words) return 'word'
  if (format === 'date-time') return 'moment'
  if (format === 'date') return 'day'
  if (type === 'boolean') return 'yes or no'
  if (type === 'integer') return 'whole number'
  return type === 'array' ? 'list' : 'text'
}

/** A cell that does not say what its field needs, in words. */
export class WrongCell extends Error {}

/** The value of a cell. Text stays text whatever it begins with. @throws WrongCell */
export function valueOf(field: Field, cell: string): unknown {
  const text = cell.trim()
  const means = field.type === 'moment' || field.type === 'day' ? /^(?:|-|n\/a|never|none|null)$/i : /^$/
  if (field.nullable && means.test(text)) return null
  if (field.type === 'list') return listOf(text)
  if (text === '') throw new WrongCell('is empty')
  switch (field.type) {
    case 'text':
      return plainText(text)
    case 'word':
      return wordOf(field, text)
    case 'yes or no':
      return yesOrNo(text)
    case 'whole number':
      if (!/^-?\d{1,15}$/.test(text)) throw new WrongCell(`should be a whole number, is "${plainText(text, 40)}"`)
      return Number(text)
    case 'day':
      return dayOf(text)
    case 'moment':
      return momentOf(isoOrder(text)) ?? wrong('should be a moment such as 2026-03-31 or 2026-03-31T14:00:00Z', text)
    default:
      return field.type satisfies never
  }
}

function wrong(expected: string, text: string): never {
  throw new WrongCell(`${expected}, is "${plainText(text, 40)}"`)
}

const listOf = (text: string): string[] =>
  text === ''
    ? []
    : text
        .split(/[;,\n]/)
        .map((part) => plainText(part.trim()))
        .filter((part) => part !== '')

/** 31.03.2026 and 2026/03/31 can mean one thing only; 03/04/2026 can mean two and is left alone. */
const isoOrder = (text: string): string =>
  text.replace(/^(\d{2})\.(\d{2})\.(\d{4})/, '$3-$2-$1').replace(/^(\d{4})\/(\d{2})\/(\d{2})/, '$1-$2-$3')

function dayOf(text: string): string {
  const day = isoOrder(text).slice(0, 10)
  return isLocalDate(day) ? day : wrong('should be a day such as 2026-03-31', text)
}

const YES = new Set(['true', 'yes', 'y', '1', 'on', 'enabled', 'x', '✓', 'ja', 'oui', 'si', 'sí'])
const NO = new Set(['false', 'no', 'n', '0', 'off', 'disabled', 'nein', 'non', '✗'])

function yesOrNo(text: string): boolean {
  const word = text.toLowerCase()
  if (YES.has(word)) return true
  return NO.has(word) ? false : wrong('should be yes or no', text)
}

/** What systems call the words of our kinds. A word that is on no list is a fault of the row, never a guess. */
const SYNONYMS: Readonly<Record<string, string>> = {
  enabled: 'active',
  inactive: 'disabled',
  suspended: 'disabled',
  deactivated: 'disabled',
  deprovisioned: 'disabled',
  blocked: 'disabled',
  'full-time': 'employee',
  'part-time': 'employee',
  permanent: 'employee',
  contingent: 'contractor',
  external: 'contractor',
  freelancer: 'contractor',
  consultant: 'contractor',
  succeeded: 'success',
  successful: 'success',
  ok: 'success',
  completed: 'success',
  failed: 'failure',
  error: 'failure',
  passed: 'pass',
  open: 'fail',
  muted: 'suppressed',
  info: 'informational',
}

function wordOf({ words }: Field, text: string): string {
  const word = text.toLowerCase().replaceAll('_', '-')
  const found = words.find((known) => known === word) ?? words.find((known) => known === SYNONYMS[word])
  if (found !== undefined) return found
  if (word === 'failed' && words.includes('fail')) return 'fail'
  return words.includes('unknown') ? 'unknown' : wrong(`should be one of ${words.join(', ')}`, text)
}
