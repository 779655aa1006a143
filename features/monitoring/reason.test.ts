// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { libraryChecks } from '../../catalog/library.ts'
import { kindOf } from '../../catalog/kinds/registry.ts'
import { compileCheck, judgeExample } from '../../catalog/verdict.ts'
import { reasonFor } from './reason.ts'

test('an expression that was not true is read as what the check requires', () => {
  expect(reasonFor('not true: subject.disk_encrypted', 'The disk of each device is encrypted.')).toBe(
    'Not so: The disk of each device is encrypted.',
  )
})

test('a field is named in words, and a sentence stays as it is', () => {
  expect(reasonFor('the source did not say disk_encrypted', 'x')).toBe('the source did not say disk encrypted')
  expect(reasonFor('The scanner reports a failure.', 'x')).toBe('The scanner reports a failure.')
})

test('what scanners found is said in sentences, without a word of the language of checks', () => {
  const ofScanners = libraryChecks().filter(
    ({ check }) => check.for === 'posture-finding' || check.for === 'code-finding',
  )
  expect(ofScanners.length).toBeGreaterThanOrEqual(2)
  for (const { check } of ofScanners) {
    const compiled = compileCheck(check, kindOf)
    for (const example of [...check.examples.fail, ...(check.examples.inconclusive ?? [])])
      expect(judgeExample(compiled, example).because).toMatch(/^The scanner reports [^_{}[\]]+ severity[^_{}[\]]+\.$/)
  }
})
