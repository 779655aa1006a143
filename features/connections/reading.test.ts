// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Connector, Normalised, Stream } from '../../catalog/connector.ts'
import { connectors } from '../../catalog/connectors/registry.ts'
import { databaseSetting } from '../../catalog/kinds/database-setting.ts'
import { SourceTrouble } from '../../lib/trouble.ts'
import { checkCollected } from '../evidence/evidence.ts'
import { healthOf, nextRunAt, stateOf, type StreamResult } from './connection.ts'
import { compose, reconcile, type Gathered } from './reading.ts'

const NOW = '2026-03-02T09:00:00.000Z'
const connector: Connector = connectors[0]!
const stream = { name: 'settings', kind: databaseSetting } as unknown as Stream
const setting = (name: string, value = 'on') => ({
  body: { server: 's', name, value, unit: null, source: 'default', pending_restart: false },
  capture: 0,
  pointer: `/${name}`,
})
const page = (...names: string[]): Normalised => ({ rows: names.map((name) => setting(name)), unreachable: [] })
const made = (gathered: Partial<Gathered>) =>
  compose(connector, undefined, { stream, pages: [], exchanges: [], observed_at: NOW, ...gathered })
const end = { remarks: [] }
const exact = (n: number) => ({ n, exact: 'exact', how: 'count' }) as const

describe('a reading is complete', () => {
  test('when it came to its end, reached everything, and the source counts as many', () => {
    expect(made({ pages: [page('a', 'b')], end, census: exact(2) })).toMatchObject({
      outcome: 'complete',
      reconciliation: 'equal',
    })
  })
  test('when there is truly nothing and the source says so', () => {
    expect(made({ end, census: exact(0) })).toMatchObject({ outcome: 'complete', listed: 0 })
  })
  test.each([
    ['it broke off', { pages: [page('a')], trouble: new SourceTrouble('broken', 'cut') }, 'partial', /cut/],
    ['it broke off before anything came', { trouble: new SourceTrouble('timeout', 'slow') }, 'failed', /slow/],
    ['the source said no', { trouble: new SourceTrouble('denied', 'grant it') }, 'denied', /grant it/],
    ['the source is too old', { trouble: new SourceTrouble('unsupported', 'old') }, 'unsupported', /old/],
    [
      'it knows that it saw a part',
      { pages: [page('a')], end: { remarks: [], partial: 'shallow' } },
      'partial',
      /shallow/,
    ],
    [
      'the source counts more',
      { pages: [page('a')], end, census: exact(3) },
      'partial',
      /counts 3 \(count\), the reading has 1/,
    ],
    ['the source counts fewer', { pages: [page('a', 'b')], end, census: exact(1) }, 'partial', /counts 1/],
    [
      'a subject could not be read',
      { pages: [{ rows: [setting('a')], unreachable: [{ subject: 'b', because: 'gone' }] }], end, census: exact(2) },
      'partial',
      /1 of 2 could not be read; the first: b: gone/,
    ],
  ] as const)('but not when %s', (_, gathered, outcome, why) => {
    const collected = made(gathered as Partial<Gathered>)
    expect(collected.outcome).toBe(outcome)
    expect(collected.why).toMatch(why)
  })
  test('but not when a row does not fit its kind: it counts as unreachable, with the field', () => {
    const odd = { ...setting('b'), body: { ...setting('b').body, pending_restart: 'maybe' } }
    const collected = made({ pages: [{ rows: [setting('a'), odd], unreachable: [] }], end })
    expect(collected).toMatchObject({ outcome: 'partial', listed: 2, collected: 1 })
    expect(collected.unreachable[0]?.because).toMatch(/^pending_restart: /)
  })
  test('but not when the source told one subject twice, differently; the same twice is only remarked', () => {
    expect(made({ pages: [page('a'), page('a', 'b')], end, census: exact(2) })).toMatchObject({
      outcome: 'complete',
      remarks: ['The source listed 1 subjects more than once.'],
    })
    const changed = made({ pages: [page('a'), { rows: [setting('a', 'off')], unreachable: [] }], end })
    expect(changed).toMatchObject({ outcome: 'partial', collected: 0 })
    expect(changed.why).toMatch(/changed while it was read/)
  })
})

test('whatever a source does, the counts add up and nothing but a whole reading is complete', () => {
  const row = fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    value: fc.constantFrom('on', 'off'),
    fits: fc.boolean(),
  })
  const pages = fc.array(fc.array(row, { maxLength: 5 }), { maxLength: 4 })
  const kinds = [
    'denied',
    'unsupported',
    'missing',
    'unreachable',
    'timeout',
    'too-large',
    'broken',
    'forbidden',
  ] as const
  fc.assert(
    fc.property(
      pages,
      fc.option(fc.constantFrom(...kinds)),
      fc.option(fc.nat(6)),
      fc.boolean(),
      (read, trouble, n, partial) => {
        const gathered: Gathered = {
          stream,
          exchanges: [],
          observed_at: NOW,
          pages: read.map((rows) => ({
            unreachable: [],
            rows: rows.map(({ name, value, fits }) => {
              const one = setting(name, value)
              return fits ? one : { ...one, body: { ...one.body, source: 7 } }
            }),
          })),
          ...(trouble === null
            ? { end: { remarks: [], ...(partial ? { partial: 'part' } : {}) } }
            : { trouble: new SourceTrouble(trouble, 'x') }),
          ...(n === null ? {} : { census: exact(n) }),
        }
        const collected = compose(connector, undefined, gathered)
        checkCollected(collected, NOW)
        if (collected.outcome !== 'complete') return
        expect(trouble).toBeNull()
        expect(partial).toBe(false)
        expect(collected.unreachable).toEqual([])
        if (n !== null) expect(collected.collected).toBe(n)
      },
    ),
  )
})

test('an approximate census may be off by two in a hundred, an exact one by nothing', () => {
  expect(reconcile({ n: 100, exact: 'approximate', how: '' }, 98)).toBe('within-tolerance')
  expect(reconcile({ n: 100, exact: 'approximate', how: '' }, 97)).toBe('mismatch')
  expect(reconcile({ n: 100, exact: 'at-least', how: '' }, 120)).toBe('equal')
  expect(reconcile({ n: 100, exact: 'at-least', how: '' }, 99)).toBe('mismatch')
  expect(reconcile(exact(100), 99)).toBe('mismatch')
  expect(reconcile(undefined, 99)).toBe('no-census')
})

test('a run that read nothing at all has failed; one that read something is done, whatever else went wrong', () => {
  const result = (outcome: StreamResult['outcome']) => ({ outcome, why: 'why' }) as StreamResult
  expect(stateOf([result('denied'), result('failed')])).toEqual({ state: 'failed', because: 'why' })
  expect(stateOf([result('denied'), result('partial')])).toEqual({ state: 'done', because: null })
})

test('the pause after failures doubles and never exceeds the interval', () => {
  const minutes = (failures: number) => (Date.parse(nextRunAt(NOW, 24, failures)) - Date.parse(NOW)) / 60_000
  expect([0, 1, 2, 3, 4, 8, 1000].map(minutes)).toEqual([1440, 15, 30, 60, 120, 1440, 1440])
})

test('health says the worst that is true', () => {
  const facts = { enabled: true, every_hours: 24, created_at: NOW, last: undefined, read: undefined }
  const later = '2026-03-05T09:00:00.000Z'
  expect(healthOf(facts, NOW)).toBe('new')
  expect(healthOf({ ...facts, enabled: false }, later)).toBe('off')
  expect(healthOf(facts, later)).toBe('silent')
  expect(healthOf({ ...facts, last: { state: 'running' } }, NOW)).toBe('reading')
  expect(healthOf({ ...facts, last: { state: 'failed' } }, NOW)).toBe('failing')
  const read = { finished_at: NOW, whole: true }
  expect(healthOf({ ...facts, last: { state: 'done' }, read }, NOW)).toBe('ok')
  expect(healthOf({ ...facts, last: { state: 'done' }, read: { ...read, whole: false } }, NOW)).toBe('incomplete')
  expect(healthOf({ ...facts, last: { state: 'done' }, read }, later)).toBe('silent')
})
