// SPDX-License-Identifier: Apache-2.0
import { celEnv, celMethod, CelScalar, isCelError, parse, plan, type CelInput } from '@bufbuild/cel'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { describe, expect, test } from 'vitest'
import { fieldsOf, type CelParam } from '../cel.ts'
import type { CheckExample, Verdict } from '../check.ts'
import type { Kind } from '../kind.ts'
import { kindOf } from '../kinds/registry.ts'
import { libraryChecks } from '../library.ts'
import { compileCheck, EXAMPLE_NOW, judgeExample, type CompiledCheck } from '../verdict.ts'

type Row = Readonly<Record<string, unknown>>

const environment = celEnv({
  funcs: [
    // The one function of cel-go's strings extension that our checks use.
    celMethod('lowerAscii', CelScalar.STRING, [], CelScalar.STRING, function lowerAscii(this: string) {
      return this.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
    }),
  ],
})

/** The row as the other library wants it; made without any of our reading code. */
function rowOf(kind: Kind, body: Row): CelInput {
  const fields = fieldsOf(kind)
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, value === null ? null : convert(fields[name] ?? 'dyn', value)]),
  ) as CelInput
}

function convert(type: string, value: unknown): unknown {
  if (type.includes('Timestamp')) return timestampFromDate(new Date(String(value)))
  return typeof value === 'number' && type.includes('int') ? BigInt(value) : value
}

/** Whole numbers are integers. */
function readParams(value: CelParam): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(readParams)
  return new Map(Object.entries(value).map(([key, item]) => [key, readParams(item)]))
}

/** The verdict rules written a second time, on the second engine. */
function verdictOf({ check, kind, lookups }: CompiledCheck, example: CheckExample): Verdict {
  const now = new Date(example.now ?? EXAMPLE_NOW)
  const joined: Record<string, CelInput> = {}
  for (const [name, { on, ignore_case }] of Object.entries(check.lookup)) {
    const same = (ours: unknown, theirs: unknown): boolean =>
      ignore_case ? String(ours).toLowerCase() === String(theirs).toLowerCase() : ours === theirs
    if (Object.values(on).some((ours) => example.subject[ours] === undefined)) return 'inconclusive'
    joined[name] = (example.lookup?.[name] ?? [])
      .filter((row) =>
        Object.entries(on).every(
          ([theirs, ours]) =>
            example.subject[ours] != null && row[theirs] != null && same(example.subject[ours], row[theirs]),
        ),
      )
      .map((row) => rowOf(lookups[name]!, row)) // the names come from the same document
  }
  const bindings = {
    subject: rowOf(kind, example.subject),
    params: Object.fromEntries(
      Object.entries(check.params).map(([name, value]) => [name, readParams(value as CelParam)]),
    ) as CelInput,
    period: {
      start: timestampFromDate(new Date(now.getTime() - 365 * 86_400_000)),
      end: timestampFromDate(now),
      now: timestampFromDate(now),
    } as unknown as CelInput,
    ...joined,
  }
  const evaluate = (source: string): boolean | undefined => {
    const value = plan(environment, parse(source))(bindings)
    return isCelError(value) || typeof value !== 'boolean' ? undefined : value
  }
  if (check.where !== undefined) {
    const inScope = evaluate(check.where)
    if (inScope !== true) return inScope === false ? 'not_applicable' : 'inconclusive'
  }
  const holds = evaluate(check.assert)
  return holds === undefined ? 'inconclusive' : holds ? 'pass' : 'fail'
}

describe('a second implementation of the language', () => {
  test.each(libraryChecks().map(({ check }) => [check.id, check] as const))('agrees on %s', (_, check) => {
    const compiled = compileCheck(check, kindOf)
    for (const example of Object.values(check.examples).flatMap((list) => list ?? [])) {
      const [name, subject] = ['subject', example.subject]
      expect(verdictOf(compiled, example), JSON.stringify({ [name]: subject })).toBe(
        judgeExample(compiled, example).status,
      )
      for (const field of Object.keys(subject)) {
        const { [field]: _gone, ...rest } = subject
        const without = { ...example, subject: rest }
        expect(verdictOf(compiled, without), `${JSON.stringify(rest)} without ${field}`).toBe(
          judgeExample(compiled, without).status,
        )
      }
    }
  })
})
