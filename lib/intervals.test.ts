// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, type World } from '../test/world.ts'
import { sql, type Tx } from './db.ts'
import { mergeIntervals, stoodAt, type IntervalTable } from './intervals.ts'
import { instant, type Instant } from './time.ts'

const FACT: IntervalTable = {
  table: 'fact',
  columns: ['collection_id', 'capture_n', 'pointer', 'digest', 'body'],
  value: ['digest'],
}
const SUBJECTS = 3
const START = Date.parse('2026-03-02T00:00:00Z')
const hour = (n: number): Instant => instant(START + n * 3_600_000)

/** One reading of a stream: what each subject was (0 says nothing of it), and whether it saw everything. */
interface Reading {
  readonly at: number
  readonly values: readonly number[]
  readonly isComplete: boolean
}

const reading = fc.record({
  at: fc.integer({ min: 0, max: 6 }),
  values: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: SUBJECTS, maxLength: SUBJECTS }),
  isComplete: fc.boolean(),
})

/**
 * The model: take the readings known by then, in the order of the moments they speak about (of two about one moment
 * the later known comes last), and let each overwrite what was.
 */
function replay(known: readonly Reading[], asOf: number): number[] {
  const state = Array.from({ length: SUBJECTS }, () => 0)
  for (const { values, isComplete } of known.filter(({ at }) => at <= asOf).toSorted((a, b) => a.at - b.at))
    for (const [i, value] of values.entries()) if (value !== 0 || isComplete) state[i] = value
  return state
}

describe('intervals on two clocks', () => {
  let world: World
  beforeAll(async () => {
    world = await createWorld({ start: hour(100) })
  })
  afterAll(async () => await world.close())

  /** Subjects of a stream of their own, with the collection that facts must name. */
  async function stream(tx: Tx, name: string): Promise<number[]> {
    await tx.run(sql`insert into source (org_id, kind, ref, name) values (${tx.org}, 'import', ${name}, ${name})`)
    await tx.run(sql`
      insert into collection (org_id, id, source_id, stream, kind, kind_version, outcome, listed, collected, unreachable,
        reconciliation, observed_at, recorded_by, producer, remarks, rows_root, manifest)
      select ${tx.org}, ${name}, id, 's', 'device', 1, 'complete', 0, 0, '[]', 'no-census', ${tx.now}, 'x', '{}', '[]', '', ''
      from source where org_id = ${tx.org} and ref = ${name}`)
    const rows = await tx.rows<{ id: number }>(sql`
      insert into subject (org_id, source_id, stream, kind, key, label)
      select ${tx.org}, s.id, 's', 'device', n, n from source s, generate_series(1, ${SUBJECTS}) n
      where s.org_id = ${tx.org} and s.ref = ${name} returning id`)
    return rows.map((row) => row.id)
  }

  async function merge(tx: Tx, subjects: readonly number[], name: string, reading: Reading, later: readonly Reading[]) {
    const said = subjects.flatMap((id, i) => (reading.values[i] === 0 ? [] : [{ id, value: reading.values[i] }]))
    await tx.run(sql`
      create temporary table stage on commit drop as
      select id as subject_id, ${name}::text as collection_id, 0 as capture_n, ''::text as pointer,
        decode(lpad(value::text, 2, '0'), 'hex') as digest, '{}'::json as body
      from unnest(${said.map((s) => s.id)}::bigint[], ${said.map((s) => s.value)}::int[]) as u (id, value)`)
    const complete = later.flatMap(({ at, isComplete }) => (isComplete && at > reading.at ? [at] : []))
    const until = complete.length > 0 ? Math.min(...complete) : null
    const partial = later.filter(
      ({ at, isComplete }) => !isComplete && at > reading.at && (until === null || at < until),
    )
    const spoken = subjects.flatMap((id, i) => {
      const moments = partial.flatMap(({ at, values }) => (values[i] === 0 ? [] : [at]))
      return moments.length > 0 ? [{ id, at: hour(Math.min(...moments)) }] : []
    })
    if (partial.length > 0)
      await tx.run(sql`
        create temporary table stops on commit drop as
        select * from unnest(${spoken.map((s) => s.id)}::bigint[], ${spoken.map((s) => s.at)}::timestamptz[]) as u (subject_id, at)`)
    const merged = await mergeIntervals(tx, FACT, {
      stage: 'stage',
      scope: sql`t.subject_id = any(${subjects}::bigint[])`,
      at: hour(reading.at),
      until: until === null ? null : hour(until),
      ...(partial.length > 0 ? { stops: 'stops' } : {}),
      absenceEnds: reading.isComplete,
    })
    await tx.run(sql`drop table stage`)
    return merged
  }

  async function ask(subjects: readonly number[], asOf: number, knownAt: Instant): Promise<number[]> {
    const rows = await world.tenant((tx) =>
      tx.rows<{ subject_id: number; value: string }>(sql`
        select t.subject_id, encode(t.digest, 'hex') as value from fact t
        where t.org_id = ${tx.org} and t.subject_id = any(${subjects}::bigint[]) and ${stoodAt('t', hour(asOf), knownAt)}`),
    )
    const state = Array.from({ length: SUBJECTS }, () => 0)
    for (const row of rows) {
      const i = subjects.indexOf(row.subject_id)
      expect(state[i], 'one subject has one fact at a time').toBe(0)
      state[i] = Number(row.value)
    }
    return state
  }

  it('answer for any moment, as known at any moment, what replaying the readings known by then gives', async () => {
    let n = 0
    await fc.assert(
      fc.asyncProperty(fc.array(reading, { minLength: 1, maxLength: 6 }), async (readings) => {
        const name = `stream-${n++}`
        const subjects = await world.tenant((tx) => stream(tx, name))
        const learned: Instant[] = []
        for (const [i, one] of readings.entries()) {
          world.clock.advance(1000)
          learned.push(world.clock().toISOString())
          await world.tenant((tx) => merge(tx, subjects, name, one, readings.slice(0, i)))
        }
        for (const [i, knownAt] of learned.entries())
          for (let asOf = 0; asOf <= 7; asOf++)
            expect(await ask(subjects, asOf, knownAt), `asOf ${asOf}, after reading ${i}`).toEqual(
              replay(readings.slice(0, i + 1), asOf),
            )
      }),
      { numRuns: 60 },
    )
  })

  it('write nothing when a reading confirms what is known', async () => {
    const subjects = await world.tenant((tx) => stream(tx, 'confirmed'))
    const first = { at: 1, values: [1, 2, 0], isComplete: true }
    expect(await world.tenant((tx) => merge(tx, subjects, 'confirmed', first, []))).toEqual({ begun: 2, ended: 0 })
    expect(await world.tenant((tx) => merge(tx, subjects, 'confirmed', { ...first, at: 2 }, []))).toEqual({
      begun: 0,
      ended: 0,
    })
  })

  it('cannot be edited or removed, not even by the owner of the tables', async () => {
    await expect(world.owner.query(`update fact set body = '{"a":1}'`)).rejects.toThrow(
      /only an open end may be closed/,
    )
    await expect(world.owner.query('delete from fact')).rejects.toThrow(/DELETE refused/)
    await expect(world.owner.query('truncate fact cascade')).rejects.toThrow(/append-only|refused/)
  })
})
