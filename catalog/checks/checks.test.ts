// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { spanMs } from '../check.ts'
import { framework } from '../framework.ts'
import { kindOf } from '../kinds/registry.ts'
import { FOLDER, libraryChecks } from '../library.ts'
import { compileCheck, faultyExamples, judgeExample } from '../verdict.ts'

const all = libraryChecks().map(({ check }) => compileCheck(check, kindOf))

describe('the checks of the catalog', () => {
  test('each is a file named by its id', () => {
    const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'))
    expect(all.map(({ check }) => `${check.id}.yaml`)).toEqual(files.toSorted())
    expect(all.length).toBeGreaterThanOrEqual(24)
  })

  test('each gives the verdicts its own examples promise', () => {
    expect(
      all.flatMap((compiled) => faultyExamples(compiled).map((fault) => `${compiled.check.id}: ${fault}`)),
    ).toEqual([])
  })

  test('a row of which the source said nothing is inconclusive, for every check', () => {
    for (const compiled of all)
      expect(judgeExample(compiled, { subject: {} }).status, compiled.check.id).toBe('inconclusive')
  })

  test('a field that the source did not give never turns a pass into a failure, and is noticed', () => {
    for (const compiled of all) {
      const [example] = compiled.check.examples.pass
      const without = Object.keys(example!.subject).map((field) => {
        const { [field]: _, ...subject } = example!.subject
        return judgeExample(compiled, { ...example!, subject }).status
      })
      expect(without, compiled.check.id).toContain('inconclusive')
      expect(without, compiled.check.id).not.toContain('fail')
    }
  })

  test('each speaks for controls that exist, each once, with a reason of its own', () => {
    const known = framework().controls
    for (const { check } of all) {
      expect(check.controls.length, check.id).toBeGreaterThan(0)
      expect(
        check.controls.filter(({ id }) => !known.has(id)),
        check.id,
      ).toEqual([])
      expect(new Set(check.controls.map(({ id }) => id)).size, check.id).toBe(check.controls.length)
    }
    const reasons = all.flatMap(({ check }) => check.controls.map(({ rationale }) => rationale))
    expect(new Set(reasons).size).toBe(reasons.length)
  })

  test('each says of a failure in words what the source said, not what was asked', () => {
    for (const compiled of all)
      for (const example of compiled.check.examples.fail) {
        const { because } = judgeExample(compiled, example)
        expect(because, compiled.check.id).not.toMatch(/^not true|[{}]/)
        expect(because, compiled.check.id).toMatch(/^[A-Za-z].*[.]$/)
      }
  })

  test('no check trusts a reading for longer than its kind allows', () => {
    for (const { check, kind } of all)
      expect(spanMs(check.fresh), check.id).toBeLessThanOrEqual(kind.fresh_hours * 3_600_000)
  })

  test('titles and statements are not said twice', () => {
    for (const field of ['title', 'says', 'assert'] as const) {
      const texts = all.map(({ check }) => `${field === 'assert' ? `${check.for} ${check.where} ` : ''}${check[field]}`)
      expect(new Set(texts).size).toBe(texts.length)
    }
  })

  test('no two criteria rest on the same set of checks: each edge was thought about, not sprinkled', () => {
    const { criteria, controls } = framework()
    const sets = new Map<string, string[]>()
    for (const { id } of criteria.values()) {
      const resting = all.filter(({ check }) =>
        check.controls.some((edge) => edge.strength !== 'supporting' && controls.get(edge.id)?.criteria.includes(id)),
      )
      const key = resting.map(({ check }) => check.id).join(' ')
      if (key !== '') sets.set(key, [...(sets.get(key) ?? []), id])
    }
    expect([...sets].filter(([, ids]) => ids.length > 1)).toEqual([])
  })
})
