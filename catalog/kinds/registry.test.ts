// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { keyOfParts } from '../kind.ts'
import { kindOf, kinds } from './registry.ts'

describe('kinds', () => {
  it('are all registered, one a file, in the order of their ids', () => {
    const files = readdirSync(import.meta.dirname)
      .filter((file) => file.endsWith('.ts') && !file.startsWith('registry'))
      .map((file) => file.slice(0, -3))
      .toSorted()
    expect(kinds.map((kind) => kind.id)).toEqual(files)
  })

  it('refuse a field they do not know and a field that is left out', () => {
    for (const { id, schema } of kinds) {
      const issues = schema.safeParse({ surprise: 1 }).error?.issues ?? []
      expect(
        issues.some((issue) => issue.code === 'unrecognized_keys'),
        id,
      ).toBe(true)
      expect(issues.filter((issue) => issue.code !== 'unrecognized_keys')).toHaveLength(
        Object.keys(schema.shape).length,
      )
    }
  })

  it('have fields of plain JSON that the check engine can type', () => {
    for (const { id, schema } of kinds) expect(() => z.toJSONSchema(schema), id).not.toThrow()
  })

  it('tell the moment of an event by a field of their own that is never null', () => {
    for (const { id, reading, schema } of kinds)
      if (reading.type === 'event')
        expect(schema.shape[reading.at]?.safeParse('2026-03-03T09:00:00Z').success, id).toBe(true)
  })

  it('that do not exist are refused with the list of those that do', () => {
    expect(() => kindOf('unicorn')).toThrow(/expected one of backup-job, .*got unicorn/)
    expect(kindOf('database-role').id).toBe('database-role')
  })

  it('never give two subjects of different parts the same key', () => {
    const part = fc.string({ unit: fc.constantFrom('a', '|', '\\', ' ') })
    fc.assert(
      fc.property(fc.tuple(part, part), fc.tuple(part, part), (a, b) => {
        expect(keyOfParts(...a) === keyOfParts(...b)).toBe(a[0] === b[0] && a[1] === b[1])
      }),
    )
  })
})
