// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sql } from '../../lib/db.ts'
import { change, givenReading, server } from '../../test/readings.ts'
import { createWorld, type World } from '../../test/world.ts'
import { controlDays, type DayQuestion } from './check-days.store.ts'
import { saveException, withdrawException } from './exceptions.store.ts'
import { currentVersions, retireCheck, saveVersions } from './versions.store.ts'
import { libraryChecks } from '../../catalog/library.ts'
import { parseCheck } from '../../catalog/check.ts'

let world: World
const draftOf = (id: string) => {
  const { check, text } = libraryChecks().find((row) => row.check.id === id)!
  return { check, text, origin: 'catalog' as const }
}
beforeEach(async () => {
  world = await createWorld({ start: '2026-03-01T00:00:00.000Z' })
  await world.tenant((tx) =>
    saveVersions(
      tx,
      ['database-has-checksums', 'changes-are-reviewed', 'database-connections-are-encrypted'].map(draftOf),
    ),
  )
})
afterEach(async () => {
  await world.close()
})

const at = (day: number, time = '09:00'): string => `2026-03-${String(day).padStart(2, '0')}T${time}:00.000Z`
/** Reads the server on some days at nine. */
async function read(
  days: readonly number[],
  body: Record<string, unknown> = {},
  options: { source?: string; at?: string } = {},
): Promise<void> {
  for (const day of days) {
    world.clock.set(at(day))
    await givenReading(world, { kind: 'database-server', rows: [server(options.source ?? 'db', body)], ...options })
  }
}
async function strip(control: string, question: Partial<DayQuestion> = {}): Promise<string | undefined> {
  const now = world.clock().toISOString()
  const found = await world.tenant((tx) =>
    controlDays(tx, { from: '2026-03-01', to: '2026-03-12', timeZone: 'UTC', asOf: now, knownAt: now, ...question }),
  )
  return found.controls.find((row) => row.control_id === control)?.states
}
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe('the day strip of a control', () => {
  test('a connector that is down for nine days leaves nine days without data', async () => {
    await read([1, 2])
    await read([12])
    expect(await strip('PIN-06')).toBe('oonnnnnnnnno')
  })

  test('a control without a check that looked is not on it, and days before the first reading have no data', async () => {
    expect(await strip('PIN-06')).toBeUndefined()
    await read(range(10, 12))
    expect(await strip('PIN-06')).toBe('nnnnnnnnnooo')
  })

  test('days after the asked moment are not yet; the day itself is as it stands', async () => {
    await read(range(1, 5))
    expect(await strip('PIN-06', { asOf: at(5, '10:00') })).toBe('ooooo-------')
    expect(await strip('PIN-06', { asOf: at(3, '08:00') })).toBe('ooo---------')
  })

  test('a failure shows on each day on which it stood, the day of the repair included', async () => {
    await read(range(1, 4))
    await read([5, 6], { data_checksums: false })
    await read(range(7, 12))
    expect(await strip('PIN-06')).toBe('oooofffooooo')
  })

  test('a failure that nobody looks at any more becomes no data', async () => {
    await read([1, 2], { data_checksums: false })
    world.clock.set(at(6))
    expect(await strip('PIN-06')).toBe('fffnnn------')
  })

  test('a failed event shows on its own day only, however late it became known', async () => {
    world.clock.set(at(10))
    const window = { from: at(1, '00:00'), to: at(10) }
    await givenReading(world, {
      kind: 'code-change',
      rows: [change('a', { landed_at: at(3, '23:30') }), change('b', { landed_at: at(4, '23:30'), reviewers: [] })],
      window,
    })
    expect(await strip('CHG-02')).toBe('ooofoooooo--')
    expect(await strip('CHG-02', { timeZone: 'Europe/Berlin' })).toBe('oooofooooo--')
    // A history that was read later speaks about the days in it, whichever day is asked about.
    expect(await strip('CHG-02', { asOf: at(5, '12:00') })).toBe('ooofo-------')
  })

  test('two servers: one that is no longer read takes the whole check with it, until its connection is switched off', async () => {
    await read([1, 2], {}, { source: 'old' })
    await read(range(1, 5), {}, { source: 'new' })
    expect(await strip('PIN-06')).toBe('oonnn-------')
    await world.tenant(async (tx) => {
      await tx.run(sql`
        insert into connection (org_id, id, connector, name, config, every_hours, enabled, disabled_because, created_by)
        values (${tx.org}, 'con_old', 'postgresql', 'old', '{}', 24, false, 'retired', 'usr_test')`)
    })
    await world.owner.query(`update source set kind = 'connection', ref = 'con_old' where ref = 'old'`)
    expect(await strip('PIN-06')).toBe('ooooo-------')
  })

  test('an exception covers the days it covers wholly, and ends by itself or when it is withdrawn', async () => {
    await read(range(1, 8), { data_checksums: false })
    const draft = {
      request_id: 'exr_of_another',
      check_id: 'database-has-checksums',
      subject_id: undefined,
      because: 'The server is replaced next week.',
      compensating_control: 'Nightly dumps are compared.',
      requested_by: 'usr_other',
    }
    world.clock.set(at(3, '12:00'))
    const id = await world.tenant((tx) =>
      saveException(tx, { ...draft, valid_from: at(3, '12:00'), valid_to: at(6, '12:00') }),
    )
    world.clock.set(at(8, '20:00'))
    expect(await strip('PIN-06')).toBe('fffxxfff----')
    expect(await strip('PIN-06', { knownAt: at(3, '10:00'), asOf: at(8, '20:00') })).toBe('ffffnnnn----')
    world.clock.set(at(9))
    await read([9], { data_checksums: false })
    await world.tenant((tx) => withdrawException(tx, { id, check_id: draft.check_id }))
    expect(await strip('PIN-06')).toBe('fffxxffff---')
  })

  test('late evidence fills the days it speaks about; what was known before stays visible', async () => {
    await read([1, 2])
    await read([6])
    const before = world.clock().toISOString()
    world.clock.set(at(7))
    await givenReading(world, { kind: 'database-server', rows: [server('db', { data_checksums: false })], at: at(4) })
    expect(await strip('PIN-06')).toBe('oonfffo-----')
    expect(await strip('PIN-06', { knownAt: before, asOf: at(7) })).toBe('oonnnoo-----')
  })

  test('a changed text judges from its day on; the days before keep the verdicts of the old one', async () => {
    await read(range(1, 3))
    const stricter = draftOf('database-has-checksums').text.replace(
      'assert: subject.data_checksums',
      "assert: subject.data_checksums && subject.wal_level == 'logical'",
    )
    world.clock.set(at(4, '08:00'))
    await world.tenant((tx) => saveVersions(tx, [{ check: parseCheck(stricter), text: stricter, origin: 'custom' }]))
    await read(range(4, 6))
    expect(await strip('PIN-06')).toBe('ooofff------')
    world.clock.set(at(7, '08:00'))
    await world.tenant(async (tx) => {
      const version = (await currentVersions(tx)).find((row) => row.check_id === 'database-has-checksums')
      await retireCheck(tx, version!, 'Not needed any more.')
    })
    expect(await strip('PIN-06')).toBe('ooofffn-----')
  })

  test('a control takes the worst of its checks; counts are subjects', async () => {
    await read(range(1, 3))
    await read([4], { ssl: false })
    const now = world.clock().toISOString()
    const { checks, controls } = await world.tenant((tx) =>
      controlDays(tx, {
        controls: ['CRY-02'],
        from: '2026-03-03',
        to: '2026-03-05',
        timeZone: 'UTC',
        asOf: now,
        knownAt: now,
      }),
    )
    expect(controls).toEqual([
      {
        control_id: 'CRY-02',
        states: 'of-',
        failing: [0, 1, 0],
        checks: [{ check_id: 'database-connections-are-encrypted', strength: 'partial' }],
      },
    ])
    expect(checks.map((check) => check.check_id)).toEqual(['database-connections-are-encrypted'])
  })
})
