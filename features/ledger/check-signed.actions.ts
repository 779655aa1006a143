// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, hash, verify } from 'node:crypto'
import type { TimestampAuthority } from '../../lib/config.ts'
import type { Tx } from '../../lib/db.ts'
import { equal, utf8 } from '../../proof/bytes.ts'
import { openCheckpoint } from '../../proof/checkpoint.ts'
import { Malformed } from '../../proof/malformed.ts'
import { parseNote, parseVerifierKey, type Verifier } from '../../proof/note.ts'
import type { FilesCheck } from './check-files.store.ts'
import { refusalOf, type Findings } from './check.ts'
import { readKeysForCheck, readStampsForCheck, type KeyToCheck } from './check.store.ts'
import type { LogRow, StoredCheckpoint } from './sequencer.store.ts'
import { rootsOf } from './stamping.actions.ts'
import { stampFile } from './stamping.store.ts'
import { readStatement } from './statement.ts'
import { openStamp } from './timestamp.ts'

/** The public keys, each compared with the statement that announced it. */
export async function checkKeys(
  tx: Tx,
  findings: Findings,
): Promise<{ readonly log: Verifier[]; readonly collectors: readonly KeyToCheck[] }> {
  const keys = await readKeysForCheck(tx)
  const log: Verifier[] = []
  for (const key of keys) {
    const announced = key.envelope && readStatement(key.envelope).predicate['public']
    if (key.envelope && announced !== key.public)
      findings.add('key', `key ${key.id}`, 'it is not the key that its leaf announced')
    else if (key.purpose === 'log') log.push(parseVerifierKey(key.public))
  }
  return { log, collectors: keys.filter(({ purpose }) => purpose === 'collector') }
}

export interface SignedUnderCheck {
  readonly log: LogRow
  readonly findings: Findings
  readonly checkpoints: readonly StoredCheckpoint[]
  readonly keys: readonly Verifier[]
}

/** Every checkpoint that was ever signed. @param roots of the trees counted, by size */
export async function checkCheckpoints(
  { log, findings, checkpoints, keys }: SignedUnderCheck,
  roots: ReadonlyMap<number, Uint8Array>,
): Promise<void> {
  for (const { size, root, note } of checkpoints) {
    const place = `checkpoint ${size}`
    const counted = roots.get(size)
    if (!counted) findings.add('checkpoint', place, `the log holds only ${log.size} leaves`)
    else if (!equal(counted, root))
      findings.add('checkpoint', place, 'its root is not the root of the leaves it covers')
    try {
      const opened = await openCheckpoint(note, keys)
      if (opened.origin !== log.origin || opened.size !== size || !equal(opened.root, root))
        findings.add('checkpoint', place, 'what was signed is not what the row says')
      if (!signedBothWays(note, keys))
        findings.add('checkpoint', place, 'a second implementation finds no valid signature')
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      findings.add('checkpoint', place, error.message)
    }
  }
  const newest = checkpoints.at(-1)
  if ((newest?.note ?? null) !== log.checkpoint || (newest?.size ?? 0) !== log.signed_size)
    findings.add('log', `log of ${log.size} leaves`, 'its newest checkpoint is not the last of those kept')
}

/** The same signature by OpenSSL instead of WebCrypto. */
function signedBothWays(written: string, keys: readonly Verifier[]): boolean {
  const note = parseNote(written)
  return note.signatures.some(({ name, id, signature }) => {
    const key = keys.find((one) => one.name === name && one.id === id)
    if (!key) return false
    const x = Buffer.from(key.publicKey).toString('base64url')
    const usable = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } })
    return verify(null, utf8(note.text), usable, signature)
  })
}

/** Every token: against its leaf, against its checkpoint where the authority's roots are known, and its file. */
export async function checkTimestamps(
  tx: Tx,
  {
    findings,
    files,
    authorities,
  }: {
    readonly findings: Findings
    readonly files: FilesCheck
    readonly authorities: readonly TimestampAuthority[]
  },
): Promise<number> {
  const stamps = await readStampsForCheck(tx)
  for (const stamp of stamps) {
    const place = `time-stamp ${stamp.size} by ${stamp.authority}`
    const add = (why: string): void => findings.add('timestamp', place, why)
    if (stamp.envelope && tokenDigest(stamp.envelope) !== hash('sha256', stamp.token, 'hex'))
      add('it is not the token that its leaf names')
    const authority = authorities.find(({ name }) => name === stamp.authority)
    if (authority) {
      const opened = await refusalOf(
        async () => await openStamp(stamp.token, { data: utf8(stamp.note), roots: await rootsOf(authority) }),
        add,
      )
      if (opened && opened.gen_time !== stamp.gen_time) add(`it says ${opened.gen_time}, its row ${stamp.gen_time}`)
    }
    await files.exact(stampFile(stamp.size, stamp.authority), stamp.token)
  }
  return stamps.length
}

/** The SHA-256 of the token that a `tsr` statement is about. */
function tokenDigest(envelope: Uint8Array): string | undefined {
  const { subject } = readStatement(envelope).statement as {
    subject?: readonly { digest?: { sha256?: string } }[]
  }
  return subject?.[0]?.digest?.sha256
}
