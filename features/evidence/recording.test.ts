// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Collected } from '../../catalog/collected.ts'
import type { Kind } from '../../catalog/kind.ts'
import { backupJob } from '../../catalog/kinds/backup-job.ts'
import { device } from '../../catalog/kinds/device.ts'
import { instant, type Instant } from '../../lib/time.ts'
import { leafHash, sha256 } from '../../proof/hash.ts'
import { canonicalJson } from '../../proof/canonical-json.ts'
import { toHex, utf8 } from '../../proof/bytes.ts'
import { merkleRoot } from '../../proof/merkle.ts'
import { createWorld, type World } from '../../test/world.ts'
import { keepCaptures, readCapture } from './captures.store.ts'
import { recordCollection } from './evidence.store.ts'
import { getCapture, getCollection, latestCollections } from './reading.store.ts'
import { standingFacts } from './standing.store.ts'

const START = Date.parse('2026-03-02T00:00:00Z')
const hour = (n: number): Instant => instant(START + n * 3_600_000)

let world: World
beforeAll(async () => {
  world = await createWorld({ start: hour(100) })
})
afterAll(async () => await world.close())

const laptop = (id: string, os_version: string) => ({
  id,
  owner_email: null,
  platform: 'linux',
  os_version,
  disk_encrypted: true,
  screen_lock: true,
  last_seen: hour(0),
})

/** A reading of devices: what version each has. */
const reading = (at: number, versions: Readonly<Record<string, string>>, more: Partial<Collected> = {}): Collected => {
  const rows = Object.entries(versions).map(([id, version], i) => ({
    key: id,
    label: id,
    body: laptop(id, version),
    capture: 0,
    pointer: `/${i}`,
  }))
  return {
    stream: 'devices',
    kind: device.id,
    kind_version: device.version,
    outcome: 'complete',
    listed: rows.length,
    collected: rows.length,
    unreachable: [],
    reconciliation: 'no-census',
    observed_at: hour(at),
    captures: [
      {
        name: 'devices.json',
        media_type: 'application/json',
        bytes: utf8(JSON.stringify(versions)),
        captured_at: hour(at),
      },
    ],
    rows,
    producer: { id: 'test', version: '1' },
    ...more,
  }
}

const record = async (ref: string, collected: Collected, supersedes?: string, kind: Kind = device) => {
  const kept = await keepCaptures(world.blobs, world.org, collected)
  return await world.tenant((tx) =>
    recordCollection(tx, kind, { kind: 'connection', ref, name: ref }, collected, kept, supersedes),
  )
}
const versions = async (source_id: number, asOf: Instant, knownAt = world.clock().toISOString()) => {
  const facts = await world.tenant((tx) => standingFacts(tx, { kind: device.id, source_id }, { asOf, knownAt }))
  return Object.fromEntries(facts.map((fact) => [fact.key, String(fact.body['os_version'])]))
}

interface Step {
  readonly values: readonly number[]
  readonly isComplete: boolean
  /** Which of the readings before it corrects, if that one still stands. */
  readonly corrects: number | null
}
const step = fc.record<Step>({
  values: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 3, maxLength: 3 }),
  isComplete: fc.boolean(),
  corrects: fc.option(fc.nat({ max: 4 }), { freq: 2 }),
})

describe('recording readings', () => {
  it('with late ones, partial ones and corrections believes what the readings that stand say, at any moment', async () => {
    let n = 0
    const moments = fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 5, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), moments, async (steps, ats) => {
        const ref = `replayed-${n++}`
        const told: { id: string; at: number; step: Step; standing: boolean }[] = []
        let source_id = 0
        for (const [i, one] of steps.entries()) {
          world.clock.advance(1000)
          const mistaken = one.corrects === null ? undefined : told[one.corrects]
          const corrected = mistaken?.standing ? mistaken : undefined
          const said = Object.fromEntries(
            one.values.flatMap((value, s) => (value === 0 ? [] : [[`d${s}`, `v${value}`]])),
          )
          const more = one.isComplete ? {} : { outcome: 'partial' as const, why: 'a test' }
          const made = await record(ref, reading(ats[i]!, said, more), corrected?.id)
          if (made.suspect) return // an empty reading after a full one: nothing of it is believed, tested below
          source_id = made.source_id
          if (corrected) corrected.standing = false
          told.push({ id: made.collection_id, at: ats[i]!, step: one, standing: true })
        }
        for (let asOf = 0; asOf <= 6; asOf++) {
          const expected: Record<string, string> = {}
          for (const {
            step: { values, isComplete },
          } of told.filter((one) => one.standing && one.at <= asOf).toSorted((a, b) => a.at - b.at))
            for (const [s, value] of values.entries()) {
              if (value !== 0) expected[`d${s}`] = `v${value}`
              else if (isComplete) delete expected[`d${s}`]
            }
          expect(await versions(source_id, hour(asOf)), `as of ${asOf}`).toEqual(expected)
        }
      }),
      {
        numRuns: 25,
        // A correction that speaks about an earlier moment than the reading it corrects: once believed too long.
        examples: [
          [
            [
              { values: [0, 0, 0], isComplete: true, corrects: null },
              { values: [0, 0, 0], isComplete: false, corrects: null },
              { values: [0, 0, 1], isComplete: false, corrects: null },
              { values: [0, 0, 0], isComplete: true, corrects: 0 },
            ],
            [5, 2, 1, 3, 0],
          ],
        ],
      },
    )
  })

  it('that says nothing where the one before said much is suspect: nothing ends', async () => {
    const { source_id } = await record('vanished', reading(1, { a: '1', b: '1', c: '1', d: '1', e: '1' }))
    const empty = await record('vanished', reading(2, {}))
    expect(empty).toMatchObject({ suspect: '0 rows were read where the reading before had 5', ended: 0 })
    expect(Object.keys(await versions(source_id, hour(3)))).toHaveLength(5)
    const [stream] = await world.tenant((tx) =>
      latestCollections(tx, { source_id }, { asOf: hour(3), knownAt: hour(200) }),
    )
    expect(stream).toMatchObject({
      outcome: 'complete',
      suspect: expect.any(String),
      observed_at: hour(2),
      complete_at: hour(1),
    })
  })

  it('that failed or was denied ends nothing either, and is the newest reading all the same', async () => {
    const { source_id } = await record('denied', reading(1, { a: '1' }))
    await record('denied', { ...reading(2, {}), outcome: 'denied', why: 'the credential may not list devices' })
    expect(await versions(source_id, hour(3))).toEqual({ a: '1' })
    const [stream] = await world.tenant((tx) =>
      latestCollections(tx, { source_id }, { asOf: hour(3), knownAt: hour(200) }),
    )
    expect(stream).toMatchObject({ outcome: 'denied', observed_at: hour(2), complete_at: hour(1) })
  })

  it('whose counts contradict each other is refused, and nothing of it is kept', async () => {
    const good = reading(1, { a: '1' })
    const faults: [Partial<Collected>, string][] = [
      [{ listed: 2 }, 'COUNTS_DO_NOT_ADD_UP'],
      [{ outcome: 'partial' }, 'OUTCOME_WITHOUT_REASON'],
      [{ listed: 2, unreachable: [{ subject: 'b', because: 'timeout' }] }, 'COUNTS_DO_NOT_ADD_UP'],
      [{ reconciliation: 'mismatch' }, 'COUNTS_DO_NOT_ADD_UP'],
      [{ rows: [good.rows[0]!, good.rows[0]!], listed: 2, collected: 2 }, 'DUPLICATE_SUBJECT'],
      [{ observed_at: hour(101) }, 'FROM_THE_FUTURE'],
    ]
    for (const [fault, code] of faults)
      await expect(record('faulty', { ...good, ...fault })).rejects.toMatchObject({ code })
    expect((await world.owner.query(`select count(*)::int as n from source where ref = 'faulty'`)).rows).toEqual([
      { n: 0 },
    ])
  })

  it('commits to every row: the root in the ledger is that of their canonical forms in key order', async () => {
    const collected = reading(1, { b: '2', a: '1', ü: '3' })
    const { collection_id } = await record('rooted', collected)
    const leaves = collected.rows
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ body, key }) => leafHash(utf8(canonicalJson({ body, key }))))
    const row = await world.tenant((tx) => getCollection(tx, collection_id, hour(200)))
    expect(row?.rows_root).toBe(toHex(merkleRoot(leaves)))
    const { rows } = await world.owner.query('select envelope from ledger_manifest where sha256 = $1', [row?.manifest])
    const statement = JSON.parse(Buffer.from(JSON.parse(String(rows[0].envelope)).payload, 'base64').toString()) as {
      predicate: { population: unknown; collection: string }
      subject: { digest: { sha256: string } }[]
    }
    expect(statement.predicate).toMatchObject({
      collection: collection_id,
      population: { rows: 3, rootHash: row?.rows_root },
    })
    expect(statement.subject[0]?.digest.sha256).toBe(toHex(sha256(collected.captures[0]!.bytes)))
  })

  it('keeps each capture so that it comes back byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 2000 }),
          fc.string({ maxLength: 40 }).map((text) => utf8(text.repeat(100))),
        ),
        async (bytes) => {
          const collected = {
            ...reading(1, { a: '1' }),
            captures: [{ name: 'x', media_type: 'x/y', bytes, captured_at: hour(1) }],
          }
          const { collection_id } = await record('captured', collected)
          const read = await world.tenant(
            async (tx) => await readCapture(tx, world.blobs, (await getCapture(tx, collection_id, 0))!),
          )
          expect(Buffer.compare(read, bytes)).toBe(0)
        },
      ),
      { numRuns: 15 },
    )
  })
})

describe('events', () => {
  const job = (name: string, result: 'success' | 'failure', at: number) => {
    const body = { store: 'db', job: name, result, started_at: hour(at - 1), finished_at: hour(at), size_bytes: null }
    return { key: backupJob.key(body), label: name, body, capture: 0, pointer: '' }
  }
  const told = (at: number, rows: ReturnType<typeof job>[], more: Partial<Collected> = {}): Collected => ({
    ...reading(at, {}),
    stream: 'jobs',
    kind: backupJob.id,
    listed: rows.length,
    collected: rows.length,
    rows,
    ...more,
  })
  const results = async (source_id: number, asOf: Instant, knownAt = world.clock().toISOString()) =>
    (await world.tenant((tx) => standingFacts(tx, { kind: backupJob.id, source_id }, { asOf, knownAt }))).map(
      ({ body }) => `${String(body['job'])} ${String(body['result'])}`,
    )

  it('stay when a later window does not tell them again, and count from the moment they happened', async () => {
    const { source_id } = await record('jobs', told(10, [job('mon', 'success', 2)]), undefined, backupJob)
    await record('jobs', told(40, [job('tue', 'success', 26)]), undefined, backupJob)
    expect(await results(source_id, hour(50))).toEqual(['mon success', 'tue success'])
    expect(await results(source_id, hour(5))).toEqual(['mon success'])
    expect(await results(source_id, hour(1))).toEqual([])
  })

  it('told otherwise later are corrected; what was believed before can still be asked for', async () => {
    const { source_id } = await record('edited', told(10, [job('mon', 'success', 2)]), undefined, backupJob)
    const before = world.clock().toISOString()
    world.clock.advance(1000)
    await record('edited', told(20, [job('mon', 'failure', 2)]), undefined, backupJob)
    expect(await results(source_id, hour(30))).toEqual(['mon failure'])
    expect(await results(source_id, hour(30), before)).toEqual(['mon success'])
  })

  it('of a reading that was corrected are gone unless the correction tells them', async () => {
    const wrong = await record(
      'corrected',
      told(10, [job('real', 'success', 2), job('typo', 'success', 3)]),
      undefined,
      backupJob,
    )
    world.clock.advance(1000)
    await record('corrected', told(10, [job('real', 'success', 2)]), wrong.collection_id, backupJob)
    expect(await results(wrong.source_id, hour(30))).toEqual(['real success'])
  })
})
