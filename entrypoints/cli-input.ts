// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { z } from 'zod'
import type { Action } from '../lib/action.ts'
import { WrongWords } from './cli-refusal.ts'

/** As far as inputs of operations use JSON schema. */
interface Property {
  readonly type?: string | readonly string[]
  readonly anyOf?: readonly Property[]
  readonly enum?: readonly unknown[]
  readonly items?: Property
  readonly default?: unknown
  readonly description?: string
}
interface ObjectSchema {
  readonly properties?: Readonly<Record<string, Property>>
  readonly required?: readonly string[]
}

/** A flag of a command: what it is called, and what may stand behind it. */
export interface Flag {
  readonly field: string
  readonly name: string
  readonly says: string
  readonly isRequired: boolean
  readonly value: '<file>' | '<text>' | '<number>' | '<true|false>' | '<text…>' | '<name=value…>' | '<json>'
}

type Flags = Readonly<Record<string, string | readonly string[] | undefined>>

export const kebab = (name: string): string => name.replace(/[A-Z_]/g, (c) => `-${c === '_' ? '' : c.toLowerCase()}`)
const camel = (flag: string): string => flag.replace(/-([a-z])/g, (_, c: string) => c.toUpperCase())

/** How the parser of the command line calls a flag. */
const flagOf = ({ field }: Pick<Flag, 'field'>): string => camel(kebab(field))

/** The flags of an operation, one for each field of its input. */
export function flagsOf(action: Action): Flag[] {
  const schema = z.toJSONSchema(action.input, { io: 'input', unrepresentable: 'any' }) as ObjectSchema
  return Object.entries(schema.properties ?? {}).map(([field, property]) => {
    const isRequired = schema.required?.includes(field) ?? false
    return {
      field,
      name: `--${kebab(field)}`,
      value: field === 'upload' ? '<file>' : valueOf(property),
      says: saysOf(field, property, isRequired),
      isRequired,
    }
  })
}

function valueOf(property: Property): Flag['value'] {
  if (isText(property)) return '<text>'
  const types = [property, ...(property.anyOf ?? [])].flatMap(({ type }) => type ?? [])
  if (types.includes('number') || types.includes('integer')) return '<number>'
  if (types.includes('boolean')) return '<true|false>'
  if (types.includes('array')) return property.items && isText(property.items) ? '<text…>' : '<json>'
  return types.includes('object') ? '<name=value…>' : '<json>'
}

const isText = (property: Property): boolean =>
  property.type === 'string' ||
  (property.enum?.every((value) => typeof value === 'string') ?? false) ||
  (property.anyOf?.some(isText) ?? false)

function saysOf(field: string, property: Property, required: boolean): string {
  const words = (property.enum ?? property.items?.enum)?.map(String).join(', ')
  const says = field === 'upload' ? 'The file to send' : property.description
  const fallback = property.default
  const open = typeof fallback === 'string' || typeof fallback === 'number' || typeof fallback === 'boolean'
  return [
    [says, words].filter(Boolean).join(': '),
    ...(required ? ['(required)'] : open ? [`(default: ${String(fallback)})`] : []),
  ]
    .join(' ')
    .trim()
}

/** Adds the flags of an operation to its command. */
export function addFlags(command: Command, flags: readonly Flag[]): void {
  const more = (value: string, before: readonly string[] | undefined): string[] => [...(before ?? []), value]
  for (const { name, value, says } of flags) {
    if (value === '<text…>' || value === '<name=value…>')
      command.option(
        `${name} ${value.replace('…', '')}`,
        `${says ? `${says}; may` : 'May'} be given again, or as JSON`,
        more,
      )
    else command.option(`${name} ${value}`, says)
  }
  command.option('--input <json>', 'The whole input as JSON; @file reads it from a file, @- from standard input')
}

/**
 * The input from `--input` and the flags. A flag that is not text is JSON, or `@file` with JSON; a list may be given value
 * by value, an object as `name=value` for text and `name:=json` for everything else.
 * @throws WrongWords INVALID_INPUT for what is no JSON, MISSING when a required flag is
 */
export async function inputOf(
  flags: readonly Flag[],
  given: Flags,
  upload: (path: string) => Promise<string>,
): Promise<Record<string, unknown>> {
  const whole = given['input']
  const input = (typeof whole === 'string' ? readJson('--input', whole) : {}) as Record<string, unknown>
  const missing = flags.filter((flag) => flag.isRequired && !(flag.field in input) && !(flagOf(flag) in given))
  if (missing.length > 0)
    throw new WrongWords('MISSING', `expected ${missing.map(({ name, value }) => `${name} ${value}`).join(' and ')}`)
  for (const flag of flags) {
    const { field, name, value } = flag
    const raw = given[flagOf(flag)]
    if (raw === undefined) continue
    if (typeof raw !== 'string') input[field] = value === '<text…>' ? listOf(name, raw) : objectOf(name, raw)
    else if (value === '<file>') input[field] = await upload(raw)
    else input[field] = value === '<text>' ? raw : readJson(name, raw)
  }
  return input
}

const isJson = (text: string): boolean => /^\s*[[{@]/.test(text)

function listOf(name: string, texts: readonly string[]): unknown {
  const [first = ''] = texts
  return texts.length === 1 && isJson(first) ? readJson(name, first) : texts
}

function objectOf(name: string, texts: readonly string[]): unknown {
  const [first = ''] = texts
  if (texts.length === 1 && isJson(first)) return readJson(name, first)
  return Object.fromEntries(
    texts.map((text) => {
      const [, key, json, value = ''] = /^([^=:]+)(:?)=(.*)$/s.exec(text) ?? []
      if (key === undefined)
        throw new WrongWords('INVALID_INPUT', `${name}: expected name=value or JSON, got ${text.slice(0, 60)}`)
      return [key, json === ':' ? readJson(`${name} ${key}`, value) : value]
    }),
  )
}

/** @throws WrongWords INVALID_INPUT, Error ENOENT */
function readJson(name: string, text: string): unknown {
  const from = text.startsWith('@') ? text.slice(1) : undefined
  const json = from === undefined ? text : readFileSync(from === '-' ? 0 : from, 'utf8')
  try {
    return JSON.parse(json)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new WrongWords('INVALID_INPUT', `${name}: expected JSON, got ${json.slice(0, 60)}`)
  }
}
