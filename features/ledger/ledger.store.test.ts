// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../lib/db.ts'
import { newId } from '../../lib/ids.ts'
import { createWorld, type World } from '../../test/world.ts'
import { checkAudit } from './audit.ts'
import { appendLeaf, appendLeaves, manifestDataKey, openLedger, recordAudit } from './ledger.store.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(async () => {
  await world.close()
})

const one = (stream: string) => ({ kind: 'state' as const, stream, predicate: { says: stream } })

describe('a record', () => {
  it('is in the ledger if and only if its transaction commits', async () => {
    let manifest = ''
    const undone = world.tenant(async (tx) => {
      manifest = (await appendLeaf(tx, one('undone'))).manifest
      throw new Error('the business row was refused')
    })
    await expect(undone).rejects.toThrow('refused')
    await expect(world.tenant((tx) => manifestDataKey(tx, manifest))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await world.sequence()
    await world.checkLedger()
  })

  it('takes the next number of its stream, however many people record at once', async () => {
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        world.tenant((tx) => appendLeaves(tx, [one(`shared ${i % 2}`), one(`shared ${(i + 1) % 2}`)])),
      ),
    )
    for (const stream of ['shared 0', 'shared 1']) {
      const numbers = made.flat().filter((leaf) => leaf.stream === stream)
      expect(numbers.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n))
    }
    await world.sequence()
    await world.checkLedger()
  })

  it('of nothing is nothing', async () => {
    expect(await world.tenant((tx) => appendLeaves(tx, []))).toEqual([])
  })

  it('has a key for its files that another organisation cannot have', async () => {
    const { manifest } = await world.tenant((tx) => appendLeaf(tx, one('with a key')))
    expect(await world.tenant((tx) => manifestDataKey(tx, manifest))).toHaveLength(32)
    const other = await world.organization('Other Company')
    await expect(world.tenant((tx) => manifestDataKey(tx, manifest), other)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })
})

describe('a ledger', () => {
  it('is opened once, and must be there before anything is recorded', async () => {
    await expect(world.tenant((tx) => openLedger(tx))).rejects.toMatchObject({ code: 'LEDGER_EXISTS' })
    const org = newId('org', 1)
    await expect(world.tenant((tx) => appendLeaf(tx, one('nowhere')), org)).rejects.toMatchObject({
      code: 'LEDGER_MISSING',
    })
  })

  it('keeps its signing key from the web server: only the sequencer can read it', async () => {
    const purposes = await world.tenant((tx) =>
      tx.rows<{ purpose: string }>(sql`select distinct purpose from ledger_secret order by purpose`),
    )
    expect(purposes.map(({ purpose }) => purpose)).toEqual(['collector', 'kek'])
  })

  it.each([
    "update ledger_manifest set kind = 'attest'",
    'delete from ledger_manifest',
    "update ledger_leaf set kind = 'attest'",
    'delete from ledger_leaf',
    'delete from ledger_checkpoint',
    'update ledger_tile set n = n + 1',
    "update audit_event set event = 'a.b'",
    'truncate ledger_leaf cascade',
  ])('refuses even its owner: %s', async (change) => {
    await world.tenant((tx) => recordAudit(tx, { event: 'role.granted', subject: 'usr_1' }))
    await world.tenant((tx) =>
      appendLeaves(
        tx,
        Array.from({ length: 260 }, () => one('full tile')),
      ),
    )
    await world.sequence()
    await expect(world.owner.query(change)).rejects.toThrow(/append-only/)
  })
})

describe('an audit event', () => {
  it('has a name of at least two words, joined by dots', () => {
    for (const event of ['signed', 'Session.opened', 'session..opened', `a.${'b'.repeat(80)}`])
      expect(() => checkAudit(event, {})).toThrow(expect.objectContaining({ code: 'AUDIT_EVENT' }))
    expect(checkAudit('session.second-factor.added', {})).toEqual({})
  })

  it('carries only details of the list, short, plain and whole', () => {
    const refused = (details: object): void =>
      expect(() => checkAudit('a.b', details)).toThrow(expect.objectContaining({ code: 'AUDIT_DETAILS' }))
    refused({ password: 'x' })
    refused({ reason: 'x'.repeat(201) })
    refused({ reason: 'two\nlines' })
    refused({ count: 1.5 })
    expect(checkAudit('a.b', { count: 2, reason: 'asked', state: null })).toEqual({
      count: 2,
      reason: 'asked',
      state: null,
    })
  })
})
