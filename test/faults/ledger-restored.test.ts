// SPDX-License-Identifier: Apache-2.0
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { guardLedgers, openSequencer } from '../../features/ledger/sequencer.actions.ts'
import { ledgerActions } from '../../features/ledger/ledger.actions.ts'
import { appendLeaf, appendLeaves } from '../../features/ledger/ledger.store.ts'
import { Database } from '../../lib/db.ts'
import { createLogger } from '../../lib/log.ts'
import { createWorld, type World } from '../world.ts'

let world: World
let sequencer: Database
beforeEach(async () => {
  world = await createWorld()
  sequencer = new Database(world.connection('assay_sequencer'), { kek: Buffer.alloc(32, 7), movedClock: world.clock })
  await append(300)
  await world.sequence()
})
afterEach(async () => {
  await sequencer.close()
  await world.close()
})

const append = (count: number, stream = 'work'): Promise<unknown> =>
  world.tenant((tx) =>
    appendLeaves(
      tx,
      Array.from({ length: count }, (_, i) => ({ kind: 'state' as const, stream, predicate: { i } })),
    ),
  )
const log = createLogger({ level: 'silent' })
const guard = async (dataDir = world.folder) =>
  (await guardLedgers({ database: sequencer, dataDir, log })).find(({ org }) => org === world.org)!
const status = () => world.perform('ledger.status', ledgerActions['ledger.status'], {})
const folder = (): string => join(world.folder, 'ledger', world.org)

const TABLES = [
  'ledger_log',
  'ledger_stream',
  'ledger_manifest',
  'ledger_key',
  'ledger_secret',
  'ledger_pending',
  'ledger_leaf',
  'ledger_tile',
  'ledger_checkpoint',
  'ledger_timestamp',
  'audit_event',
]
/** Keeps the database as it is now: the backup that somebody will bring back. */
async function backup(name: string): Promise<void> {
  for (const table of TABLES) await world.owner.query(`create table ${name}_${table} as table ${table}`)
}
async function restore(name: string): Promise<void> {
  const client = await world.owner.connect()
  await client.query("set session_replication_role = 'replica'")
  for (const table of TABLES) {
    await client.query(`delete from ${table}`)
    const identity = table === 'ledger_pending' ? 'overriding system value' : ''
    await client.query(`insert into ${table} ${identity} select * from ${name}_${table}`)
  }
  client.release(true)
}
/** Every file of a folder with its bytes. */
const filesOf = (path: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((file) => statSync(join(path, file)).isFile())
      .toSorted()
      .map((file) => [file, readFileSync(join(path, file), 'base64')]),
  )

describe('a database that was brought back from an older backup', () => {
  it('is rolled forward from the publication, and says what it lost', async () => {
    await append(2, 'waiting at the backup')
    await backup('old')
    await append(400, 'recorded after the backup')
    const lost = await world.tenant(
      async (tx) => (await appendLeaf(tx, { kind: 'state', stream: 'gone', predicate: {} })).manifest,
    )
    await world.sequence()
    await restore('old')
    expect((await status()).size).toBe(303)
    expect(await guard()).toEqual({ org: world.org, recovered: 403, frozen: undefined })
    expect((await status()).size).toBe(706)
    const { is_lost, statement, receipt } = await world.perform('ledger.proof', ledgerActions['ledger.proof'], {
      manifest: lost,
    })
    expect({ is_lost, statement, state: receipt.state }).toEqual({ is_lost: true, statement: null, state: 'published' })
    const { rows } = await world.perform('ledger.audit', ledgerActions['ledger.audit'], {})
    expect(rows[0]).toMatchObject({ event: 'ledger.rolled-forward', details: { from: '303', to: '706', count: 403 } })
  })

  it('goes on afterwards as one history that verifies', async () => {
    await backup('old')
    await append(400)
    await world.sequence()
    await restore('old')
    await guard()
    await append(50)
    await append(50, 'a new stream')
    await world.sequence()
    expect((await world.checkLedger()).size).toBe(303 + 400 + 100 + 1) // and the record of the roll-forward
  })

  it('is closed to signing when the publication is damaged, and opens when the right database is back', async () => {
    await backup('old')
    await append(400)
    await world.sequence()
    await backup('right')
    await restore('old')
    rmSync(join(folder(), 'tile/entries/001'))
    const { frozen } = await guard()
    expect(frozen).toMatch(/holds 303 leaves, the publication 703.*tile\/entries\/001 is missing/)
    await append(1)
    expect(await world.sequence()).toBe(0)
    expect(await status()).toMatchObject({ size: 303, pending: 1, frozen })
    await restore('right')
    expect((await guard()).frozen).toBeUndefined()
    await append(1)
    expect(await world.sequence()).toBe(1)
  })

  it('is closed to signing when people went on recording in it, because the numbers of a stream are taken twice', async () => {
    await backup('old')
    await append(10)
    await world.sequence()
    await restore('old')
    await append(10)
    expect((await guard()).frozen).toMatch(/cannot be rolled forward: records were made since/)
    expect((await status()).size).toBe(303)
  })

  it('is refused by a sequencer that is running: what the publication holds can never be signed again differently', async () => {
    await backup('old')
    await append(10)
    await world.sequence()
    await restore('old')
    await append(12, 'another history')
    await world.sequence()
    expect((await status()).frozen).toMatch(/does not continue what the signer remembers|the history was changed/)
    expect(readFileSync(join(folder(), 'checkpoint'), 'utf8')).toContain('\n313\n')
  })
})

describe('a database with another history', () => {
  it('of the same size is refused by its root', async () => {
    await backup('old')
    await append(10)
    await world.sequence()
    const first = mkdtempSync(join(tmpdir(), 'assay-first-'))
    cpSync(folder(), first, { recursive: true })
    await restore('old')
    rmSync(folder(), { recursive: true })
    rmSync(join(world.folder, 'signer'), { recursive: true })
    await append(10, 'something else')
    await world.sequence()
    rmSync(folder(), { recursive: true })
    cpSync(first, folder(), { recursive: true })
    rmSync(first, { recursive: true })
    expect((await guard()).frozen).toMatch(/the publication holds another tree of 313 leaves: the history was changed/)
  })

  it('is refused by the memory of the signer when the publication was exchanged as well', async () => {
    await backup('old')
    const kept = mkdtempSync(join(tmpdir(), 'assay-kept-'))
    cpSync(folder(), kept, { recursive: true })
    await append(10)
    await world.sequence()
    await restore('old')
    rmSync(folder(), { recursive: true })
    cpSync(kept, folder(), { recursive: true })
    rmSync(kept, { recursive: true })
    expect((await guard()).frozen).toMatch(/the signer remembers a tree of 313 leaves, the database has only 303/)
  })

  it('whose publication carries a foreign signature is refused', async () => {
    const other = await world.organization('Other Company')
    await world.sequence()
    cpSync(join(world.folder, 'ledger', other, 'checkpoint'), join(folder(), 'checkpoint'), { force: true })
    expect((await guard()).frozen).toMatch(/not signed by this log/)
  })

  it('or a right edge that does not fit is refused', async () => {
    await world.owner.query('update ledger_log set root = sha256(root)')
    expect((await guard()).frozen).toMatch(/do not belong together/)
  })
})

describe('a publication', () => {
  it('that was lost is written again, byte for byte', async () => {
    const before = filesOf(folder())
    rmSync(folder(), { recursive: true })
    expect((await guard()).frozen).toBeUndefined()
    await world.sequence()
    expect(filesOf(folder())).toEqual(before)
  })

  it('that is older than the database is brought up to date', async () => {
    const old = mkdtempSync(join(tmpdir(), 'assay-old-'))
    cpSync(folder(), old, { recursive: true })
    await append(500)
    await world.sequence()
    rmSync(folder(), { recursive: true })
    cpSync(old, folder(), { recursive: true })
    rmSync(old, { recursive: true })
    expect((await guard()).frozen).toBeUndefined()
    await world.sequence()
    await world.checkLedger()
  })

  it('in which somebody changed a tile is not written over but reported', async () => {
    await append(100)
    await world.sequence()
    rmSync(join(folder(), 'checkpoint')) // so that all of it is published again
    rmSync(join(folder(), 'tile/0/000'))
    cpSync(join(folder(), 'keys.txt'), join(folder(), 'tile/0/000'))
    const lone = openSequencer({ database: sequencer, dataDir: world.folder, log })
    await lone.tick()
    expect(lone.health().refused).toMatch(/tile\/0\/000 is not what the database holds/)
  })

  it('of a second server with a folder of its own is the same', async () => {
    const second = mkdtempSync(join(tmpdir(), 'assay-second-'))
    const elsewhere = openSequencer({ database: sequencer, dataDir: second, log })
    await elsewhere.tick()
    await append(20)
    await elsewhere.tick()
    await world.sequence()
    const strip = (files: Record<string, string>) =>
      Object.fromEntries(Object.entries(files).filter(([file]) => !file.includes('.p/')))
    expect(strip(filesOf(join(second, 'ledger', world.org)))).toEqual(strip(filesOf(folder())))
    rmSync(second, { recursive: true })
  })
})
