// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { guessFormat, headersOf, matchColumns } from './sniff.ts'

describe('what a dropped file is asked about', () => {
  test('a scan in OCSF, a SARIF log, an ARF report and a table are told apart by their beginning', () => {
    expect(guessFormat('scan.json', '[{"class_uid": 2004, "finding_info": {}}]')).toBe('ocsf')
    expect(guessFormat('out.json', '{"$schema": "https://json.schemastore.org/sarif-2.1.0.json"}')).toBe('sarif')
    expect(guessFormat('arf.xml', '<?xml version="1.0"?><arf:asset-report-collection>')).toBe('xccdf')
    expect(guessFormat('people.csv', 'Name,Email')).toBe('csv')
  })

  test('anything else is kept as a document', () => {
    expect(guessFormat('minutes.pdf', '%PDF-1.7')).toBe('document')
    expect(guessFormat('data.json', '{"hello": 1}')).toBe('document')
    expect(guessFormat('page.xml', '<html>')).toBe('document')
  })

  test('the headers of a table keep a separator inside quotes', () => {
    expect(headersOf('Name,"Last, first",Email\r\nA,B,C')).toEqual(['Name', 'Last, first', 'Email'])
    expect(headersOf('\uFEFFName;Started on\n')).toEqual(['Name', 'Started on'])
  })

  test('a header that is the same word as a field is taken for it', () => {
    expect(matchColumns(['started_on', 'email', 'id'], ['Started On', 'E-Mail', 'Number'])).toEqual({
      started_on: 'Started On',
      email: 'E-Mail',
    })
  })
})
