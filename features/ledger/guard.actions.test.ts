// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createWorld, type World } from '../../test/world.ts'
import { Database } from '../../lib/db.ts'
import { settleCopy } from './copy.actions.ts'
import { guardLedgers } from './guard.actions.ts'
import { demandInstanceKey } from './instance-key.store.ts'
import { ledgerActions } from './ledger.actions.ts'
import { appendLeaf } from './ledger.store.ts'
import { signerFile } from './signer.store.ts'

let world: World
let database: Database
beforeEach(async () => {
  world = await createWorld()
  database = new Database(world.connection('assay_sequencer'), { kek: Buffer.alloc(32, 7), movedClock: world.clock })
})
afterEach(async () => {
  await database.close()
  await world.close()
})

const guard = async (): Promise<string | undefined> =>
  (await guardLedgers({ database, dataDir: world.folder, log: world.log })).find(({ org }) => org === world.org)?.frozen
const append = (): Promise<unknown> =>
  world.tenant((tx) => appendLeaf(tx, { kind: 'state', stream: 'work', predicate: {} }))
const memory = (dataDir = world.folder): string => signerFile(dataDir, `assay.dev/ledger/${world.org}`)
const check = () => world.perform('ledger.check', ledgerActions['ledger.check'], {})

describe('a signer that forgot what it signed', () => {
  it('closes the log to signing and says what to put back where', async () => {
    await world.sequence()
    expect(await guard()).toBeUndefined()
    rmSync(memory())
    expect(await guard()).toMatch(/memory of .* is gone/)
    expect(await guard()).toContain(memory())
    await append()
    expect(await world.sequence()).toBe(0)
    expect((await check()).findings).toMatchObject([{ damage: 'signer', place: 'last-signed' }])
  })

  it('goes on when the file is put back, or written again from the published checkpoint', async () => {
    await world.sequence()
    const before = readFileSync(memory(), 'utf8')
    rmSync(memory())
    await guard()
    const lines = readFileSync(join(world.folder, 'ledger', world.org, 'checkpoint'), 'utf8')
      .split('\n')
      .slice(0, 3)
    writeFileSync(memory(), `${lines.join('\n')}\n`)
    expect(readFileSync(memory(), 'utf8')).toBe(before)
    expect(await guard()).toBeUndefined()
    await append()
    expect(await world.sequence()).toBe(1)
  })

  it('is none before the first signature', async () => {
    expect(existsSync(memory())).toBe(false)
    expect(await guard()).toBeUndefined()
  })
})

describe('the folder of a copy', () => {
  let copy: string
  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), 'assay-copy-'))
    return () => rmSync(copy, { recursive: true, force: true })
  })
  const settle = () => settleCopy({ database, copy, original: world.folder })

  it('is brought to what its database had signed, and signs nothing itself', async () => {
    await world.sequence()
    await append()
    expect(await settle()).toEqual(new Map([[world.org, undefined]]))
    for (const path of ['checkpoint', 'tile/0/000.p/3', 'tile/entries/000.p/3'])
      expect(readFileSync(join(copy, 'ledger', world.org, path))).toEqual(
        readFileSync(join(world.folder, 'ledger', world.org, path)),
      )
    expect(readFileSync(memory(copy), 'utf8')).toBe(readFileSync(memory(), 'utf8'))
    expect((await world.perform('ledger.status', ledgerActions['ledger.status'], {})).pending).toBe(1)
  })

  it('is not given a memory that the original has lost', async () => {
    await world.sequence()
    rmSync(memory())
    await settle()
    expect(existsSync(memory(copy))).toBe(false)
  })

  it('whose publication is not of its database is told', async () => {
    await world.sequence()
    const file = join(copy, 'ledger', world.org, 'tile/entries/000.p/3')
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, 'other entries')
    expect((await settle()).get(world.org)).toMatch(/is not what the database holds/)
  })
})

describe('the key of an instance', () => {
  const demand = async (key: Buffer, isNew = false): Promise<void> => {
    const other = new Database(world.connection('assay_sequencer'), { kek: key })
    try {
      const work = demandInstanceKey
      await other.tenant({ org: '', actor: 'system' }, (tx) => work(tx, { file: '/srv/instance.key', isNew }), 'read')
    } finally {
      await other.close()
    }
  }

  it('is the one that opens what is sealed, and no other', async () => {
    await demand(Buffer.alloc(32, 7))
    await expect(demand(Buffer.alloc(32, 8))).rejects.toMatchObject({
      code: 'WRONG_KEY',
      message: expect.stringContaining('/srv/instance.key') as string,
    })
  })

  it('is not made anew where one is missing', async () => {
    await expect(demand(Buffer.alloc(32, 8), true)).rejects.toMatchObject({
      code: 'KEY_MISSING',
      message: expect.stringContaining('/srv/instance.key') as string,
    })
  })
})
