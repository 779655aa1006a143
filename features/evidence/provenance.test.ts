// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { producerText, reconciledText, sourceText, streamText, streamWords } from './provenance.ts'

test.each([
  [{ id: 'git', version: '1.0' }, 'read by git 1.0'],
  [{ id: 'ocsf', version: '1', tool: { name: 'Prowler', version: '5.2' } }, 'Prowler 5.2, read by ocsf 1'],
  [{ id: 'sarif', version: '1', tool: { name: 'semgrep' } }, 'semgrep, read by sarif 1'],
  [{ id: 'csv', version: '1', prepared_by: 'Ada Brandt' }, 'read by csv 1, prepared by Ada Brandt'],
])('evidence says which program read it and who prepared it: %j', (producer, text) => {
  expect(producerText(producer)).toBe(text)
})

test('evidence says whether an independent count agrees, and a word it does not know as it is', () => {
  expect(reconciledText('equal')).toBe('The independent count agrees')
  expect(reconciledText('mismatch')).toBe('The independent count does not agree')
  expect(reconciledText('counted-by-hand')).toBe('counted-by-hand')
})

test.each([
  ['access-rules', 'Access rules'],
  ['results:web-1', 'Results of web-1'],
  ['results:host:8443', 'Results of host:8443'],
  ['rows:user-account', 'Rows of user account'],
  ['document:minutes-of-march', 'Document'],
])('the stream %s is called "%s"', (stream, text) => {
  expect(streamText(stream)).toBe(text)
  expect(streamWords(stream)).toBe(text.charAt(0).toLowerCase() + text.slice(1))
})

test('a source is called by what it is', () => {
  expect(sourceText('import')).toBe('Imported file')
})
