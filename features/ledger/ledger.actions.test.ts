// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { READERS } from '../../lib/action.ts'
import { createWorld, type World } from '../../test/world.ts'
import { appendLeaf, appendLeaves, recordAudit } from './ledger.store.ts'
import { ledgerActions } from './ledger.actions.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(async () => {
  await world.close()
})

const ask = <N extends keyof typeof ledgerActions>(name: N, input: unknown = {}) =>
  world.perform(name, ledgerActions[name], input)
const record = (predicate: { readonly [key: string]: string }, at?: string): Promise<string> =>
  world.tenant(
    async (tx) => (await appendLeaf(tx, { kind: 'state', stream: 'test', predicate, ...(at ? { at } : {}) })).manifest,
  )

describe('the state of the ledger', () => {
  it('says what waits, what is signed, what is published, and that nobody countersigns', async () => {
    const before = await ask('ledger.status')
    expect(before).toMatchObject({ size: 0, pending: 3, signed_size: 0, published: null, frozen: null })
    await world.sequence()
    const after = await ask('ledger.status')
    expect(after).toMatchObject({ size: 3, pending: 0, signed_size: 3, published: { size: 3 } })
    expect(after.published?.checkpoint).toContain(`assay.dev/ledger/${world.org}\n3\n${after.root}\n`)
    expect(after.vkeys).toHaveLength(1)
    expect(after.witnesses).toMatchObject({ count: 0 })
    expect(after.witnesses.says).toContain('only a witness outside the company')
  })

  it('is open to every role of both sides and to nobody else', () => {
    for (const name of ['ledger.status', 'ledger.leaves', 'ledger.proof', 'ledger.audit'] as const)
      expect(ledgerActions[name].may).toEqual(READERS)
    expect(ledgerActions['ledger.rotateKey'].may).toEqual(['so_admin'])
  })
})

describe('the proof of a record', () => {
  it('goes from durable to sequenced and published as the record gets its place', async () => {
    const manifest = await record({ says: 'first' })
    const waiting = await ask('ledger.proof', { manifest })
    expect(waiting.receipt).toMatchObject({ state: 'durable', index: null, proven: { after: null, before: null } })
    expect(waiting.inclusion).toBeNull()
    await world.sequence()
    const published = await ask('ledger.proof', { manifest })
    expect(published.receipt).toMatchObject({ state: 'published', index: 3 })
    expect(published.inclusion?.size).toBe(4)
  })

  it('shows the statement with the signature of the key that made it', async () => {
    const manifest = await record({ says: 'signed' })
    const { statement } = await ask('ledger.proof', { manifest })
    expect(statement?.signatures).toEqual([expect.objectContaining({ is_valid: true })])
    expect(statement?.actor).toBe('usr_test')
    expect(statement?.payload).toMatchObject({ predicateType: 'https://assay.dev/attestation/state/v1' })
  })

  it('is checked by its own script with bash, coreutils and openssl, which refuses a changed leaf', async () => {
    await world.tenant((tx) =>
      appendLeaves(
        tx,
        Array.from({ length: 300 }, (_, i) => ({ kind: 'state' as const, stream: 'many', predicate: { i } })),
      ),
    )
    await world.sequence()
    const { rows } = await ask('ledger.leaves', { limit: 200 })
    const { leaf, inclusion } = await ask('ledger.proof', { manifest: rows[170]!.manifest })
    const run = (script: string): string => execFileSync('bash', ['-c', script], { encoding: 'utf8', stdio: 'pipe' })
    const script = inclusion!.script
    expect(run(script)).toContain('The leaf is in the tree that the log signed.')
    expect(() => run(script.replace(leaf, leaf.replace('"k":"state"', '"k":"audit"')))).toThrow(/NOT in the tree/)
    const changed = script.replace(/(printf %s '[^']*\n)\d+\n/, '$1999\n')
    expect(changed).not.toBe(script)
    expect(() => run(changed)).toThrow()
  })

  it('is kept as a tlog-proof: index, hashes and the signed checkpoint', async () => {
    const manifest = await record({ says: 'kept' })
    await world.sequence()
    const { inclusion, receipt } = await ask('ledger.proof', { manifest })
    const lines = inclusion!.tlog_proof.split('\n')
    expect(lines.slice(0, 2)).toEqual(['c2sp.org/tlog-proof@v1', `index ${receipt.index}`])
    expect(lines.slice(2, lines.indexOf(''))).toEqual(inclusion!.path)
    expect(inclusion!.tlog_proof.endsWith(`\n\n${inclusion!.checkpoint}`)).toBe(true)
  })

  it('labels a record as late that claims a moment more than a day before it was recorded', async () => {
    const late = await record({ says: 'late' }, '2025-12-03T09:00:00.000Z')
    const { receipt } = await ask('ledger.proof', { manifest: late })
    expect(receipt).toMatchObject({ is_late: true, claimed_at: '2025-12-03T09:00:00.000Z' })
  })

  it('does not exist for the record of another organisation', async () => {
    const other = await world.organization('Other Company')
    const manifest = await world.tenant(
      async (tx) => (await appendLeaf(tx, { kind: 'state', stream: 'test', predicate: { says: 'theirs' } })).manifest,
      other,
    )
    await expect(ask('ledger.proof', { manifest })).rejects.toMatchObject({ code: 'NOT_FOUND', status: 404 })
  })
})

describe('the list of leaves', () => {
  it('shows those that wait before those that have their place, page by page and without repetition', async () => {
    await world.sequence()
    await record({ says: 'a' })
    await record({ says: 'b' })
    const seen: string[] = []
    let after: string | undefined
    do {
      const got: { rows: { manifest: string }[]; next: string | null } = await ask('ledger.leaves', {
        limit: 100,
        ...(after ? { after } : {}),
      })
      seen.push(...got.rows.map((row) => row.manifest))
      after = got.next ?? undefined
    } while (after)
    const { size, pending } = await ask('ledger.status')
    expect(pending).toBe(2)
    expect(seen).toHaveLength(size + pending)
    expect(new Set(seen).size).toBe(seen.length)
  })

  it('can be narrowed to a kind', async () => {
    const { rows } = await ask('ledger.leaves', { kind: 'key' })
    expect(rows.map((row) => row.kind)).toEqual(['key', 'key'])
    expect(rows.map((row) => row.index)).toEqual([2, 1])
  })
})

describe('the audit trail', () => {
  it('is found by subject, event, topic and actor, newest first', async () => {
    await world.tenant((tx) => recordAudit(tx, { event: 'role.granted', subject: 'usr_1', details: { role: 'owner' } }))
    world.clock.advance(1000)
    await world.tenant((tx) => recordAudit(tx, { event: 'role.revoked', subject: 'usr_1' }))
    const found = async (input: unknown): Promise<string[]> =>
      (await ask('ledger.audit', input)).rows.map((row) => row.event)
    expect(await found({ subject: 'usr_1' })).toEqual(['role.revoked', 'role.granted'])
    expect(await found({ event: 'role.granted' })).toEqual(['role.granted'])
    expect(await found({ event: 'role.' })).toEqual(['role.revoked', 'role.granted'])
    expect(await found({ event: 'role' })).toEqual([])
    expect(await found({ actor: 'usr_nobody' })).toEqual([])
    const first = await ask('ledger.audit', { event: 'role.', limit: 1 })
    const second = await ask('ledger.audit', { event: 'role.', limit: 1, after: first.next })
    expect(second.rows.map((row) => row.event)).toEqual(['role.granted'])
    expect(second.next).toBeNull()
  })
})

describe('keys', () => {
  it('a new log key signs beside the old one for 90 days, then alone', async () => {
    const signers = async (): Promise<number> => {
      await record({ says: 'sign again' })
      await world.sequence()
      const { published } = await ask('ledger.status')
      return published!.checkpoint.split('\n').filter((line) => line.startsWith('\u2014')).length
    }
    expect(await signers()).toBe(1)
    const { id } = await ask('ledger.rotateKey', { purpose: 'log' })
    expect(await signers()).toBe(2)
    expect((await ask('ledger.status')).vkeys.at(-1)).toBe(id)
    const { rows } = await ask('ledger.keys')
    expect(rows.filter((row) => row.purpose === 'log').map((row) => row.state)).toEqual(['signing along', 'in force'])
    world.clock.advance(89 * 86_400_000)
    expect(await signers()).toBe(2)
    world.clock.advance(2 * 86_400_000)
    expect(await signers()).toBe(1)
    expect((await ask('ledger.status')).vkeys).toEqual([id])
  })

  it('a new collector key is announced under the signature of the one before it', async () => {
    const before = (await ask('ledger.keys')).rows.findLast((row) => row.purpose === 'collector')!
    const { id } = await ask('ledger.rotateKey', { purpose: 'collector' })
    const after = (await ask('ledger.keys')).rows.findLast((row) => row.purpose === 'collector')!
    expect(after).toMatchObject({ id, generation: before.generation + 1, state: 'in force' })
    const announced = await ask('ledger.proof', { manifest: after.manifest })
    expect(announced.statement?.signatures).toEqual([
      expect.objectContaining({ keyid: before.id, is_valid: true, public: before.public }),
    ])
    const { statement } = await ask('ledger.proof', { manifest: await record({ says: 'by the new one' }) })
    expect(statement?.signatures.map((signature) => signature.keyid)).toEqual([id])
  })
})
