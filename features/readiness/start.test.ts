// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import type { Assessment } from './scoring.ts'
import { startGate, type SourceAge, type StartFacts } from './start.ts'

const NOW = '2026-06-30T12:00:00.000Z'
const working = { D: { value: 1 }, I: { value: 1 }, has_owner: true, control_id: 'A' } as unknown as Assessment
const source = (kind: string, changes: Partial<SourceAge> = {}): SourceAge => ({
  kind,
  name: kind,
  first_at: '2026-06-01T12:00:00.000Z',
  observed_at: '2026-06-30T06:00:00.000Z',
  failed_at: null,
  ...changes,
})
const ALL = ['user-account', 'person', 'code-change', 'posture-finding'].map((kind) => source(kind))
const given = (changes: Partial<StartFacts> = {}): StartFacts => ({
  criteria: [{ criterion_id: 'CC6.1', controls: ['A'] }],
  assessments: new Map([['A', working]]),
  policies: [{ id: 'POL-05', in_date: true, key: true }],
  sources: ALL,
  has_cloud: true,
  asOf: NOW,
  ...changes,
})
const missing = (changes: Partial<StartFacts>) => startGate(given(changes)).flatMap((gate) => gate.missing)
const sources = (...changed: SourceAge[]): SourceAge[] => [
  ...ALL.filter((one) => !changed.some((other) => other.kind === one.kind)),
  ...changed,
]

describe('the start of a period', () => {
  it('has nothing against it when criteria, policies, sources and owners are in order', () => {
    expect(startGate(given()).map((gate) => gate.met)).toEqual([true, true, true, true])
  })
  it('waits for each criterion that has no designed and implemented control, by name', () => {
    const criteria = [...given().criteria, { criterion_id: 'CC7.5', controls: [] }]
    expect(missing({ criteria })).toEqual(['CC7.5'])
    const planned = { ...working, I: { value: 0, reasons: [] } } as unknown as Assessment
    expect(missing({ assessments: new Map([['A', planned]]) })).toEqual(['CC6.1'])
  })
  it('waits for the policies of key controls', () => {
    expect(missing({ policies: [{ id: 'POL-05', in_date: false, key: true }] })).toEqual(['POL-05'])
    expect(missing({ policies: [{ id: 'POL-05', in_date: false, key: false }] })).toEqual([])
  })
  it('waits until identity, people, code and cloud were each read for seven days without an error', () => {
    expect(missing({ sources: [] })).toEqual(
      ['identity', 'people', 'code', 'cloud'].map((area) => `${area} (nothing was read yet)`),
    )
    const of = (changes: Partial<SourceAge>) => missing({ sources: sources(source('person', changes)) })
    expect(of({ first_at: '2026-06-28T12:00:00.000Z' })).toEqual(['people (person: first read 2 days ago)'])
    expect(of({ first_at: '2026-06-23T12:00:00.000Z' })).toEqual([])
    expect(of({ failed_at: '2026-06-25T12:00:00.000Z' })).toEqual(['people (person: a reading failed on 25 Jun 2026)'])
    expect(of({ failed_at: '2026-06-23T12:00:00.000Z' })).toEqual([])
    expect(of({ observed_at: '2026-03-01T12:00:00.000Z' })).toEqual([
      'people (person: nothing complete since 1 Mar 2026)',
    ])
    expect(of({ first_at: null, observed_at: null })).toEqual(['people (person: no complete reading yet)'])
  })
  it('takes one source of an area that can be relied on, whatever another does', () => {
    const broken = source('code-change', { name: 'old mirror', first_at: null, observed_at: null })
    expect(missing({ sources: [...ALL, broken] })).toEqual([])
  })
  it('asks for no cloud where everything runs in a data centre of one’s own', () => {
    const inHouse = ALL.filter((one) => one.kind !== 'posture-finding')
    expect(missing({ sources: inHouse, has_cloud: false })).toEqual([])
    expect(missing({ sources: inHouse })).toEqual(['cloud (nothing was read yet)'])
  })
  it('waits for owners', () => {
    expect(missing({ assessments: new Map([['A', { ...working, has_owner: false }]]) })).toEqual(['A'])
  })
})
