// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync, hash, type KeyObject } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkLedger, type CheckOptions, type CheckReport } from '../../features/ledger/checking.actions.ts'
import { openCollector, orgKek, type SealedCollector } from '../../features/ledger/keys.store.ts'
import { appendLeaves } from '../../features/ledger/ledger.store.ts'
import { rotateKey } from '../../features/ledger/rotation.store.ts'
import { statementOf } from '../../features/ledger/statement.ts'
import { sql } from '../../lib/db.ts'
import { canonicalJson } from '../../proof/canonical-json.ts'
import { signEnvelope } from '../../proof/dsse.ts'
import { leafHash } from '../../proof/hash.ts'
import { PAYLOAD_TYPE } from '../../proof/statement.ts'
import { createWorld, type World } from '../world.ts'

/*
 * Records that somebody with the rights of the server put into the ledger without a collector's key: every hash, number
 * and chain of theirs agrees. Only the signature does not.
 */

let world: World
beforeAll(async () => {
  world = await createWorld()
  await append(300)
})
afterAll(() => world.close())

const append = (count: number): Promise<unknown> =>
  world.tenant((tx) =>
    appendLeaves(
      tx,
      Array.from({ length: count }, (_, i) => ({ kind: 'state' as const, stream: `s${i % 3}`, predicate: { i } })),
    ),
  )
const check = (options: Partial<CheckOptions> = {}): Promise<CheckReport> =>
  world.db.tenant(
    { org: world.org, actor: 'usr_test' },
    (tx) => checkLedger(tx, { dataDir: world.folder, blobs: world.blobs, authorities: [], ...options }),
    'read',
  )

let forged = 0
/** A record whose leaf and rows agree, signed by this key under this name. */
async function forge(key: KeyObject, keyid: string, recorded = 'recorded_now()'): Promise<void> {
  const stream = `forged ${forged++}`
  const id = `st_${hash('sha256', stream, 'hex').slice(0, 32)}`
  await world.tenant(async (tx) => {
    const facts = {
      ...{ kind: 'state', predicate: { says: 'all is well' }, files: [], nonce: '00'.repeat(32), origin: 'x' },
      ...{ stream: id, n: 0, actor: 'usr_test', via: undefined, claimed_at: tx.now, anchor: null },
    }
    const statement = Buffer.from(canonicalJson(statementOf(facts)))
    const envelope = signEnvelope(PAYLOAD_TYPE, statement, [{ id: keyid, key }])
    const manifest = hash('sha256', envelope, 'hex')
    const leaf = Buffer.from(
      canonicalJson({ k: 'state', m: `sha256:${manifest}`, n: 0, s: id, t: Date.parse(tx.now), v: 1 }),
    )
    await tx.run(sql`
      insert into ledger_stream (org_id, name, id, next_n, last_leaf_hash)
      values (${tx.org}, ${stream}, ${id}, 1, ${Buffer.from(leafHash(leaf))})`)
    await tx.run(sql`
      insert into ledger_manifest (org_id, sha256, kind, stream, n, claimed_at, recorded_at, anchor_size, envelope, sealed_key)
      values (${tx.org}, ${manifest}, 'state', ${stream}, 0, ${tx.now}, ${sql.raw(recorded)}, 0, ${envelope}, '\\x00')`)
    await tx.run(sql`insert into ledger_pending (org_id, leaf, manifest) values (${tx.org}, ${leaf}, ${manifest})`)
  })
}

const collectorId = async (generation: number): Promise<string> => {
  const { rows } = await world.owner.query<{ id: string }>(
    "select id from ledger_key where purpose = 'collector' and generation = $1 and org_id = $2",
    [generation, world.org],
  )
  return rows[0]!.id // each generation has its row
}
const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

it('every signature is verified, also of records that still wait, and of those signed by a key that was replaced', async () => {
  await world.tenant((tx) => rotateKey(tx, 'collector'))
  await world.sequence()
  await append(20)
  const report = await check()
  expect(report.findings).toEqual([])
  expect(report.checked.signatures).toBe(report.checked.statements)
  expect(report.checked.signatures).toBe(report.size + 20)
  await world.sequence()
})

it('a check goes on from the tree of an earlier one, and says how far it is', async () => {
  const { size, root } = await check()
  await append(40)
  await world.sequence()
  const heard: string[] = []
  const progress = (leaves: number, of: number): void => void heard.push(`${leaves} of ${of}`)
  const report = await check({ verified: { size, root }, progress })
  expect(report).toMatchObject({ is_intact: true, checked: { signatures: 40, statements: size + 40 } })
  expect(heard).toEqual([`${size + 40} of ${size + 40}`])
})

it('a check does not go on from a tree that the log does not begin with', async () => {
  const { size, root } = await check()
  const other = await check({ verified: { size: size - 1, root } })
  expect(other.findings).toMatchObject([{ damage: 'log', says: expect.stringContaining('does not begin with') }])
})

it('a forged signature is found at its exact record, whoever it names', async () => {
  const { size } = await check()
  await forge(newKey(), await collectorId(0))
  await forge(newKey(), 'somebody')
  expect((await check()).findings.map(({ damage }) => damage)).toEqual(['signature', 'signature'])
  await world.sequence()
  await append(5)
  await world.sequence()
  const report = await check()
  expect(report.findings).toMatchObject([
    { damage: 'signature', place: `leaf ${size}`, index: size, says: expect.stringContaining(await collectorId(0)) },
    { damage: 'signature', place: `leaf ${size + 1}`, index: size + 1, says: expect.stringContaining('somebody') },
  ])
  expect(report.found).toBe(2)
})

it('a key that was replaced signs nothing any more', async () => {
  const { found, size } = await check()
  const { id, key } = await world.tenant(async (tx) => {
    const row = await tx.one<SealedCollector>(sql`
      select k.id, k.public, s.sealed from ledger_key k join ledger_secret s on s.org_id = k.org_id and s.id = k.id
      where k.org_id = ${tx.org} and k.purpose = 'collector' and k.generation = 0`)
    return openCollector(row, await orgKek(tx))
  })
  await forge(key, id)
  await world.sequence()
  // A transaction may have begun before its successor came …
  expect((await check()).found).toBe(found)
  await forge(key, id, "recorded_now() + interval '2 hours'")
  await world.sequence()
  // … but not hours before.
  expect((await check()).findings.at(-1)).toMatchObject({
    damage: 'signature',
    place: `leaf ${size + 1}`,
    says: expect.stringContaining('had been replaced'),
  })
})
