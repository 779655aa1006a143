// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, randomBytes, type KeyObject } from 'node:crypto'
import { sql, type Tx } from '../../lib/db.ts'
import { invariant } from '../../lib/refused.ts'
import { unwrapKey, wrapKey, type DataKey } from '../../lib/sealing.ts'
import { verifierKey } from '../../proof/note.ts'

export type KeyPurpose = 'log' | 'collector'

/** A key pair that signs for an organisation; the private half is at rest only under the organisation's key. */
export interface SigningKey {
  /** Log: the C2SP verifier key. Collector: first 16 hex digits of the SHA-256 of the SubjectPublicKeyInfo. */
  readonly id: string
  /** Log: the C2SP verifier key. Collector: PEM. */
  readonly public: string
  readonly key: KeyObject
}

// Unwrapping costs a decryption per key and append. Remembered by the sealed bytes, so a hit can never be another key.
const remembered = new Map<string, DataKey | SigningKey>()
const REMEMBERED_MOST = 2000

function remember<K extends DataKey | SigningKey>(sealed: Buffer, open: () => K): K {
  const name = sealed.toString('latin1')
  const known = remembered.get(name)
  if (known) return known as K // a sealed key opens to what it was: key or signing key, never the other
  const opened = open()
  if (remembered.size >= REMEMBERED_MOST) remembered.clear()
  remembered.set(name, opened)
  return opened
}

/** Opens the organisation's key-encryption key. @throws when the instance's key is another or the bytes were changed. */
export const openKek = (tx: Tx, sealed: Buffer): DataKey => remember(sealed, () => unwrapKey(sealed, tx.kek))

/** The organisation's key-encryption key. @throws when it has no ledger. */
export async function orgKek(tx: Tx, org = tx.org): Promise<DataKey> {
  const row = await tx.one<{ sealed: Buffer }>(
    sql`select sealed from ledger_secret where org_id = ${org} and id = 'kek'`,
  )
  return openKek(tx, row.sealed)
}

export interface SealedCollector {
  readonly id: string
  readonly public: string
  readonly sealed: Buffer
}
export const openCollector = (row: SealedCollector, kek: DataKey): SigningKey =>
  remember(row.sealed, () => ({
    id: row.id,
    public: row.public,
    key: collectorFrom(row.public, unwrapKey(row.sealed, kek)),
  }))

/** Log keys whose leaf is among the first `size`, oldest first. Only the sequencer's role can read them. */
export async function logKeys(
  tx: Tx,
  org: string,
  size: number,
): Promise<(SigningKey & { readonly recorded_at: string })[]> {
  const kek = await orgKek(tx, org)
  const rows = await tx.rows<{ id: string; public: string; sealed: Buffer; recorded_at: string }>(sql`
    select k.id, k.public, s.sealed, k.recorded_at
    from ledger_key k
    join ledger_leaf l on l.org_id = k.org_id and l.manifest = k.manifest and l.idx < ${size}
    join ledger_secret s on s.org_id = k.org_id and s.id = k.id
    where k.org_id = ${org} and k.purpose = 'log'
    order by k.generation`)
  return rows.map((row) => ({
    id: row.id,
    public: row.public,
    key: remember(row.sealed, () => ({ ...row, key: openLog(unwrapKey(row.sealed, kek)) })).key,
    recorded_at: row.recorded_at,
  }))
}

/** Verifier keys of the log, oldest first. */
export const publicLogKeys = async (tx: Tx, org: string): Promise<string[]> =>
  (
    await tx.rows<{ public: string }>(
      sql`select public from ledger_key where org_id = ${org} and purpose = 'log' order by generation`,
    )
  ).map((row) => row.public)

/** Makes the organisation's key-encryption key and keeps it under the instance's key. */
export async function makeOrgKek(tx: Tx): Promise<DataKey> {
  const kek: DataKey = randomBytes(32)
  await keepSecret(tx, 'kek', 'kek', wrapKey(kek, tx.kek))
  return kek
}

/** Makes a P-256 key, the algorithm of every KMS and TPM, so that a collector's key may later never leave its chip. */
export async function makeCollectorKey(tx: Tx, kek: DataKey): Promise<SigningKey> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = pair.publicKey.export({ format: 'der', type: 'spki' })
  const id = hash('sha256', spki, 'hex').slice(0, 16)
  const d = Buffer.from(pair.privateKey.export({ format: 'jwk' }).d ?? '', 'base64url')
  await keepSecret(tx, id, 'collector', wrapKey(d, kek))
  return { id, public: pair.publicKey.export({ format: 'pem', type: 'spki' }).toString(), key: pair.privateKey }
}

/** Makes an Ed25519 key, the algorithm that checkpoints and public witnesses speak. */
export async function makeLogKey(tx: Tx, kek: DataKey, origin: string): Promise<SigningKey> {
  const pair = generateKeyPairSync('ed25519')
  const id = verifierKey(origin, pair.publicKey)
  const d = Buffer.from(pair.privateKey.export({ format: 'jwk' }).d ?? '', 'base64url')
  await keepSecret(tx, id, 'log', wrapKey(d, kek))
  return { id, public: id, key: pair.privateKey }
}

/** Announces a key: from the leaf with this manifest on, it is the organisation's. */
export async function announceKey(tx: Tx, key: SigningKey, purpose: KeyPurpose, manifest: string): Promise<void> {
  await tx.run(sql`
    insert into ledger_key (org_id, id, purpose, public, generation, manifest)
    select ${tx.org}, ${key.id}, ${purpose}, ${key.public}, count(*), ${manifest}
    from ledger_key where org_id = ${tx.org} and purpose = ${purpose}`)
}

async function keepSecret(tx: Tx, id: string, purpose: KeyPurpose | 'kek', sealed: Buffer): Promise<void> {
  await tx.run(
    sql`insert into ledger_secret (org_id, id, purpose, sealed) values (${tx.org}, ${id}, ${purpose}, ${sealed})`,
  )
}

function collectorFrom(pem: string, d: Buffer): KeyObject {
  const { x, y } = createPublicKey(pem).export({ format: 'jwk' })
  invariant(x !== undefined && y !== undefined, 'a collector key is a point of P-256')
  return createPrivateKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x, y, d: d.toString('base64url') } })
}

/** An Ed25519 private key from its 32-byte seed (RFC 8410: the fixed DER prefix, then the seed). */
function openLog(seed: Buffer): KeyObject {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
  return createPrivateKey({ format: 'der', type: 'pkcs8', key: Buffer.concat([prefix, seed]) })
}
