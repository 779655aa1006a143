// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { announceKey, makeCollectorKey, makeLogKey, orgKek, type KeyPurpose } from './keys.store.ts'
import { appendLeaf, recordAudit } from './ledger.store.ts'

/**
 * Makes a new key and announces it by a `key` leaf, which the key before it signs: a collector key signs the statement
 * that names its successor, a log key the tree that holds it. A log key then signs along for another 90 days.
 * @returns the id of the new key
 */
export async function rotateKey(tx: Tx, purpose: KeyPurpose): Promise<string> {
  const { origin } = await tx.one<{ origin: string }>(sql`select origin from ledger_log where org_id = ${tx.org}`)
  // Rotations take turns, so that each names the one before it.
  await tx.run(sql`select 1 from ledger_stream where org_id = ${tx.org} and name = 'ledger' for update`)
  const before = await tx.one<{ id: string }>(sql`
    select id from ledger_key where org_id = ${tx.org} and purpose = ${purpose} order by generation desc limit 1`)
  const kek = await orgKek(tx)
  const key = purpose === 'log' ? await makeLogKey(tx, kek, origin) : await makeCollectorKey(tx, kek)
  const { manifest } = await appendLeaf(tx, {
    kind: 'key',
    stream: 'ledger',
    predicate: {
      purpose,
      ...(purpose === 'collector' ? { id: key.id } : {}),
      public: key.public,
      replaces: before.id,
    },
  })
  await announceKey(tx, key, purpose, manifest)
  await recordAudit(tx, { event: 'key.rotated', subject: key.id.slice(0, 200), details: { kind: purpose } })
  return key.id
}
