// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkLedger, type CheckReport } from '../../features/ledger/checking.actions.ts'
import { appendLeaves, recordAudit } from '../../features/ledger/ledger.store.ts'
import { stampLedger } from '../../features/ledger/stamping.actions.ts'
import type { Services } from '../../lib/services.ts'
import { startAuthority, type Authority } from '../authority.ts'
import { createWorld, type World } from '../world.ts'

let world: World
let authority: Authority
let folder: string
const SIZE = 708

/** A ledger of 708 leaves: two full tiles and a partial one, an audit trail, two checkpoints, a time-stamp. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'assay-tamper-'))
  world = await createWorld()
  authority = await startAuthority(folder)
  const append = (count: number): Promise<unknown> =>
    world.tenant((tx) =>
      appendLeaves(
        tx,
        Array.from({ length: count }, (_, i) => ({ kind: 'state' as const, stream: `s${i % 7}`, predicate: { i } })),
      ),
    )
  await append(400)
  await world.sequence()
  await stampLedger(services(), world.org)
  await append(303)
  await world.tenant((tx) => recordAudit(tx, { event: 'role.granted', subject: 'usr_1', details: { role: 'owner' } }))
  await world.sequence()
})
afterAll(async () => {
  await authority.close()
  await world.close()
  rmSync(folder, { recursive: true, force: true })
})

const services = (): Services => ({
  ...world,
  config: {
    ...world.config,
    timestampAuthorities: [{ name: 'local', url: authority.url, caFile: authority.caFile }],
  },
})
const check = (): Promise<CheckReport> =>
  world.db.tenant(
    { org: world.org, actor: 'usr_test' },
    (tx) => {
      const authorities = services().config.timestampAuthorities
      return checkLedger(tx, { dataDir: world.folder, blobs: world.blobs, authorities })
    },
    'read',
  )

/** Changes a table as the superuser can, with every trigger and check out of the way; looks; and puts it back. */
async function tampered(change: string, values: unknown[] = []): Promise<CheckReport> {
  const table = /^(?:update|delete from) (\w+)/.exec(change)![1]! // all changes here begin so
  const client: pg.PoolClient = await world.owner.connect()
  try {
    await client.query("set session_replication_role = 'replica'")
    await client.query(`create temporary table kept as table ${table}`)
    const { rowCount } = await client.query(change, values)
    expect(rowCount).toBeGreaterThan(0)
    const report = await check()
    await client.query(`delete from ${table}`)
    await client.query(`insert into ${table} select * from kept`)
    return report
  } finally {
    client.release(true)
  }
}
const places = (report: CheckReport): string[] => report.findings.map(({ damage, place }) => `${damage}: ${place}`)

describe('an untouched ledger', () => {
  it('is found intact, with everything looked at', async () => {
    const report = await check()
    expect(report.findings).toEqual([])
    expect(report).toMatchObject({ is_intact: true, size: SIZE, found: 0 })
    expect(report.checked).toMatchObject({
      leaves: SIZE,
      pending: 0,
      statements: SIZE,
      tiles: 2,
      checkpoints: 2,
      timestamps: 1,
    })
    expect(report.checked.files).toBeGreaterThan(8)
  })
})

describe('a change in the database is reported at its exact place', () => {
  const flip = (column: string, at: number): string => `set_byte(${column}, ${at}, get_byte(${column}, ${at}) # 1)`

  it.each([0, 255, 256, 403, 511, 512, SIZE - 1])('a flipped bit in leaf %i', async (idx) => {
    const report = await tampered(`update ledger_leaf set leaf = ${flip('leaf', 20)} where idx = $1`, [idx])
    expect(places(report)).toEqual([`leaf: leaf ${idx}`])
    expect(report.findings[0]?.index).toBe(idx)
  })

  it('a leaf that was removed', async () => {
    const report = await tampered('delete from ledger_leaf where idx = 300')
    expect(places(report)).toEqual(expect.arrayContaining(['leaf: leaf 300']))
    expect(report.findings.every(({ index, damage }) => index === 300 || damage !== 'leaf')).toBe(true)
  })

  it('a flipped bit in a hash of a tile', async () => {
    const report = await tampered(`update ledger_tile set hashes = ${flip('hashes', 32 * 9 + 4)} where n = 1`)
    expect(places(report)).toEqual(['tile: tile 0/1 hash 9'])
    expect(report.findings[0]?.index).toBe(256 + 9)
  })

  it('a tile that was removed', async () => {
    expect(places(await tampered('delete from ledger_tile where n = 0'))).toEqual(['tile: tile 0/0'])
  })

  it('a flipped bit in the right edge', async () => {
    const report = await tampered(`update ledger_log set edge[1] = ${flip('edge[1]', 32 * 5)} where org_id = $1`, [
      world.org,
    ])
    expect(places(report)).toEqual(['tile: tile 0/2 hash 5'])
  })

  it('another root of the log', async () => {
    const report = await tampered(`update ledger_log set root = ${flip('root', 0)} where org_id = $1`, [world.org])
    expect(places(report)).toEqual([`log: log of ${SIZE} leaves`])
  })

  it('a checkpoint whose text, root or size was changed', async () => {
    const note = `update ledger_checkpoint set note = replace(note, 'assay.dev', 'assay.den') where size = $1`
    expect(places(await tampered(note, [SIZE]))).toEqual(
      expect.arrayContaining([`checkpoint: checkpoint ${SIZE}`, `log: log of ${SIZE} leaves`]),
    )
    const root = `update ledger_checkpoint set root = ${flip('root', 3)} where size = 403`
    expect(places(await tampered(root))).toEqual(expect.arrayContaining(['checkpoint: checkpoint 403']))
  })

  it('a statement whose bytes were changed', async () => {
    const at = `(select manifest from ledger_leaf where idx = 42)`
    const report = await tampered(`update ledger_manifest set envelope = ${flip('envelope', 60)} where sha256 = ${at}`)
    expect(places(report)).toEqual(['statement: leaf 42'])
  })

  it('a statement that was removed without an erasure', async () => {
    const client = await world.owner.connect()
    await client.query('alter table ledger_manifest drop constraint if exists ledger_manifest_check')
    client.release()
    const at = `(select manifest from ledger_leaf where idx = 42)`
    const report = await tampered(`update ledger_manifest set envelope = null, sealed_key = null where sha256 = ${at}`)
    expect(places(report)).toEqual(['statement: leaf 42'])
  })

  it.each([
    ["kind = 'attest'", 'statement'],
    ["claimed_at = claimed_at - interval '90 days'", 'statement'],
    ['n = n + 1000', 'statement'],
    ['anchor_size = 77', 'statement'],
  ])('a statement row with %s', async (change, damage) => {
    const at = `(select manifest from ledger_leaf where idx = 500)`
    expect(places(await tampered(`update ledger_manifest set ${change} where sha256 = ${at}`))).toContain(
      `${damage}: leaf 500`,
    )
  })

  it.each(["actor = 'usr_other'", "event = 'role.revoked'", "subject = 'usr_2'", `details = '{"role":"reader"}'`])(
    'a row of the audit trail with %s',
    async (change) => {
      const report = await tampered(`update audit_event set ${change}`)
      expect(report.findings.map(({ damage }) => damage)).toEqual(['audit'])
    },
  )

  it('a row of the audit trail that was removed', async () => {
    expect((await tampered('delete from audit_event')).findings[0]).toMatchObject({
      damage: 'audit',
      says: 'its row of the audit trail is missing',
    })
  })

  it('a counter of a stream', async () => {
    const report = await tampered("update ledger_stream set next_n = next_n - 1 where name = 's3'")
    expect(places(report)).toEqual(['stream: stream s3'])
  })

  it('a key that was exchanged', async () => {
    const report = await tampered("update ledger_key set public = 'x' where purpose = 'collector'")
    expect(report.findings.map(({ damage }) => damage)).toEqual(['key'])
  })

  it('a token that was changed, or whose moment was', async () => {
    const token = await tampered(`update ledger_timestamp set token = ${flip('token', 900)}`)
    expect(places(token)).toEqual(expect.arrayContaining(['timestamp: time-stamp 403 by local']))
    const moment = await tampered("update ledger_timestamp set gen_time = gen_time - interval '1 day'")
    expect(places(moment)).toEqual(['timestamp: time-stamp 403 by local'])
  })
})

describe('a change in the publication is reported at its exact place', () => {
  const changed = async (path: string, change: (bytes: Buffer) => Buffer): Promise<string[]> => {
    const file = join(world.folder, 'ledger', world.org, path)
    const before = readFileSync(file)
    chmodSync(file, 0o644)
    writeFileSync(file, change(Buffer.from(before)))
    const report = await check()
    writeFileSync(file, before)
    return places(report)
  }
  const flipped =
    (at: number) =>
    (bytes: Buffer): Buffer => {
      bytes[at]! ^= 1
      return bytes
    }

  it('a tile', async () => {
    expect(await changed('tile/0/000', flipped(32 * 7))).toEqual(['publication: tile/0/000 hash 7'])
    expect(await changed('tile/0/002.p/196', flipped(32 * 8))).toEqual(['publication: tile/0/002.p/196 hash 8'])
    expect(await changed('tile/1/000.p/2', flipped(33))).toEqual(['publication: tile/1/000.p/2 hash 1'])
  })

  it('an entry', async () => {
    const second = (bytes: Buffer): Buffer => flipped(2 + bytes.readUInt16BE(0) + 2 + 9)(bytes)
    expect(await changed('tile/entries/001', second)).toEqual(['publication: tile/entries/001 entry 1'])
  })

  it('the checkpoint', async () => {
    expect(
      await changed('checkpoint', (bytes) => Buffer.from(bytes.toString().replace('\n708\n', '\n403\n'))),
    ).toContain('publication: checkpoint')
    expect(await changed('checkpoint', () => Buffer.from('nothing'))).toContain('publication: checkpoint')
  })

  it('a token', async () => {
    expect(await changed('tsr/403.local.tsr', flipped(1000))).toEqual(['publication: tsr/403.local.tsr'])
  })

  it('a file that is gone', async () => {
    const path = join(world.folder, 'ledger', world.org, 'tile/entries/000')
    const before = readFileSync(path)
    rmSync(path)
    expect(places(await check())).toEqual(['publication: tile/entries/000'])
    writeFileSync(path, before)
  })

  it('and the ledger is intact again when everything is back', async () => {
    expect((await check()).findings).toEqual([])
  })
})
