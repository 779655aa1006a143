// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Collected } from '../../catalog/collected.ts'
import { device } from '../../catalog/kinds/device.ts'
import { sql } from '../../lib/db.ts'
import { createWorld, type World } from '../../test/world.ts'
import { keepCaptures } from './captures.store.ts'
import { recordCollection } from './evidence.store.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(async () => await world.close())

const reading = (ids: readonly string[], observed_at: string): Collected => ({
  stream: 'devices',
  kind: device.id,
  kind_version: device.version,
  outcome: 'complete',
  listed: ids.length,
  collected: ids.length,
  unreachable: [],
  reconciliation: 'no-census',
  observed_at,
  captures: [],
  rows: ids.map((id) => ({ key: id, label: id, body: { id }, capture: 0, pointer: '' })),
  producer: { id: 'test', version: '1' },
})
const record = async (ref: string, collected: Collected) => {
  const kept = await keepCaptures(world.blobs, world.org, collected)
  const source = { kind: 'connection', ref, name: ref } as const
  return await world.tenant((tx) => recordCollection(tx, device, source, collected, kept))
}
const insertFact = (subject_id: number, collection_id: string) =>
  world.tenant((tx) =>
    tx.run(sql`
      insert into fact (org_id, subject_id, valid_from, collection_id, capture_n, pointer, digest, body)
      values (${tx.org}, ${subject_id}, ${tx.now}, ${collection_id}, 0, '', '', '{}')`),
  )

describe('facts', () => {
  it('are about a subject and from a reading that are there and of the same organisation, or are refused', async () => {
    const now = world.clock().toISOString()
    const { collection_id, source_id } = await record('own', reading(['a'], now))
    const { id } = await world.tenant((tx) =>
      tx.one<{ id: number }>(sql`select id from subject where source_id = ${source_id}`),
    )
    expect(await insertFact(id, collection_id)).toBe(1)
    await expect(insertFact(id + 1_000_000, collection_id)).rejects.toThrow(
      /fact refers to the subject \d+, which is not/,
    )
    await expect(insertFact(id, 'col_none')).rejects.toThrow(
      'fact refers to the collection col_none, which is not there',
    )

    const other = await world.organization('Another Company')
    const theirs = { org: other, actor: 'system' }
    await expect(
      world.db.tenant(theirs, (tx) =>
        tx.run(sql`
          insert into subject (org_id, source_id, stream, kind, key, label)
          values (${tx.org}, ${source_id}, 's', 'device', 'k', 'k')`),
      ),
    ).rejects.toThrow(/subject refers to the source/)
    await expect(
      world.db.tenant(theirs, (tx) =>
        tx.run(sql`
          insert into fact (org_id, subject_id, valid_from, collection_id, capture_n, pointer, digest, body)
          values (${tx.org}, ${id}, ${tx.now}, ${collection_id}, 0, '', '', '{}')`),
      ),
    ).rejects.toThrow(/fact refers to the/)
  })

  it('keep what they refer to: nobody removes or renumbers a subject or a source, not even the owner of the tables', async () => {
    await record('kept', reading(['a'], world.clock().toISOString()))
    for (const statement of [
      'delete from subject',
      `update subject set key = 'other'`,
      'truncate subject cascade',
      'delete from source',
      `update source set org_id = 'other'`,
      'truncate source cascade',
    ])
      await expect(world.owner.query(statement), statement).rejects.toThrow(/is append-only/)
  })

  it('of two readings of one stream that are recorded at the same moment are as if one had come after the other', async () => {
    world.clock.advance(60_000)
    const at = world.clock().toISOString()
    await record('together', reading([], at)) // the source is there
    const ids = Array.from({ length: 50 }, (_, i) => `d${i}`)
    world.clock.advance(60_000)
    const moments = [0, 1, 2, 3].map((n) => new Date(world.clock().getTime() - n * 1000).toISOString())
    const made = await Promise.all(moments.map((moment) => record('together', reading(ids, moment))))
    const { open, subjects } = await world.tenant((tx) =>
      tx.one<{ open: number; subjects: number }>(sql`
        select count(*)::int as open, count(distinct t.subject_id)::int as subjects
        from fact t join subject u on u.org_id = t.org_id and u.id = t.subject_id
        where u.source_id = ${made[0]!.source_id} and t.valid_to is null and t.superseded_at is null`),
    )
    expect({ open, subjects }).toEqual({ open: 50, subjects: 50 })
  })
})
