// SPDX-License-Identifier: Apache-2.0
import { hash, randomBytes } from 'node:crypto'
import { sql, type Tx } from '../../lib/db.ts'
import { invariant, Refused } from '../../lib/refused.ts'
import { unwrapKey, wrapKey, type DataKey } from '../../lib/sealing.ts'
import type { Instant } from '../../lib/time.ts'
import { canonicalJson } from '../../proof/canonical-json.ts'
import { signEnvelope } from '../../proof/dsse.ts'
import type { LeafKind } from '../../proof/leaf.ts'
import { emptyRoot, leafHash } from '../../proof/merkle.ts'
import { checkAudit, type AuditDetails } from './audit.ts'
import {
  announceKey,
  makeCollectorKey,
  makeLogKey,
  makeOrgKek,
  openCollector,
  openKek,
  orgKek,
  type SigningKey,
} from './keys.store.ts'
import { lockStreams, saveLeaves, type Appended, type Composed, type StreamState } from './appending.store.ts'
import { PAYLOAD_TYPE } from '../../proof/statement.ts'
import { ORIGIN_BASE, statementOf, type Json, type SubjectFile } from './statement.ts'

/** What is to be recorded for ever. */
export interface LeafDraft {
  readonly kind: LeafKind
  /** Family and key: `collection:con_…:roles`. Counted without gaps, so a missing one shows. */
  readonly stream: string
  readonly predicate: Readonly<Record<string, Json>>
  readonly files?: readonly SubjectFile[]
  /** The moment claimed; the operation's moment when absent. */
  readonly at?: Instant
  /** The key its blobs are already encrypted under; a new one when absent. */
  readonly key?: DataKey
}

interface LogState {
  readonly origin: string
  readonly size: number
  readonly root: Buffer | null
  readonly kek: Buffer
  readonly id: string
  readonly public: string
  readonly sealed: Buffer
}

export type { Appended } from './appending.store.ts'

/**
 * Records one statement in the caller's transaction: it is in the ledger if and only if the transaction commits.
 * Locks the stream until then. @throws Refused LEDGER_MISSING when the organisation has no ledger.
 */
export async function appendLeaf(tx: Tx, draft: LeafDraft): Promise<Appended> {
  const [appended] = await appendLeaves(tx, [draft])
  invariant(appended, 'one draft gives one leaf')
  return appended
}

/** Records many statements with three of SQL in all; the order within a stream is the order given. */
export async function appendLeaves(tx: Tx, drafts: readonly LeafDraft[]): Promise<Appended[]> {
  if (drafts.length === 0) return []
  const log = await logState(tx)
  if (!log) throw new Refused('LEDGER_MISSING', `organisation ${tx.org} has no ledger; open one first`, { status: 409 })
  const kek = openKek(tx, log.kek)
  return await write(tx, drafts, { log, kek, signer: openCollector(log, kek) })
}

/** Signs statements with the collector's key in force, without a leaf: for what goes out and is recorded as a whole. */
export async function signerOf(tx: Tx): Promise<(statement: Uint8Array) => Uint8Array> {
  const log = await logState(tx)
  if (!log) throw new Refused('LEDGER_MISSING', `organisation ${tx.org} has no ledger; open one first`, { status: 409 })
  const signer = openCollector(log, openKek(tx, log.kek))
  return (statement) => signEnvelope(PAYLOAD_TYPE, statement, [signer])
}

async function logState(tx: Tx): Promise<LogState | undefined> {
  return await tx.maybe<LogState>(sql`
    select l.origin, l.published_size as size, l.published_root as root, kek.sealed as kek, k.id, k.public, s.sealed
    from ledger_log l
    join lateral (
      select id, public from ledger_key
      where org_id = l.org_id and purpose = 'collector'
      order by generation desc limit 1) k on true
    join ledger_secret s on s.org_id = l.org_id and s.id = k.id
    join ledger_secret kek on kek.org_id = l.org_id and kek.id = 'kek'
    where l.org_id = ${tx.org}`)
}

const KEY_SIZE = 32

async function write(
  tx: Tx,
  drafts: readonly LeafDraft[],
  {
    log,
    kek,
    signer,
  }: {
    readonly log: Pick<LogState, 'origin' | 'size' | 'root'>
    readonly kek: DataKey
    readonly signer: SigningKey
  },
): Promise<Appended[]> {
  const streams = await lockStreams(tx, [...new Set(drafts.map((draft) => draft.stream))])
  const anchor = log.root ? { size: log.size, root: log.root.toString('base64') } : null
  const random = randomBytes(2 * KEY_SIZE * drafts.length)
  const made = drafts.map((draft, i) => {
    const stream = streams.get(draft.stream)
    invariant(stream, `stream ${draft.stream} is locked`)
    const [at, middle, end] = [2 * i, 2 * i + 1, 2 * i + 2].map((n) => n * KEY_SIZE)
    const [nonce, newKey] = [random.subarray(at, middle), random.subarray(middle, end)]
    const around = { stream, signer, kek, anchor, origin: log.origin, actor: tx.actor, via: tx.via, now: tx.now }
    return compose(draft, { ...around, nonce, newKey })
  })
  await saveLeaves(tx, made, { streams: [...streams.values()], anchor: log.root ? log.size : 0 })
  return made.map(({ manifest, stream, n }) => ({ manifest, stream, n }))
}

interface Surroundings {
  readonly stream: StreamState
  readonly signer: SigningKey
  readonly kek: DataKey
  readonly anchor: { readonly size: number; readonly root: string } | null
  readonly origin: string
  readonly actor: string
  readonly via: string | undefined
  readonly now: Instant
  /** Random: what hides the statement's content from a guess, and the key of its blobs when the draft brings none. */
  readonly nonce: Buffer
  readonly newKey: DataKey
}

/** Makes the signed statement and its leaf, and moves the stream on. */
function compose(draft: LeafDraft, around: Surroundings): Composed {
  const { stream, signer, kek, anchor, origin, actor, via, now, nonce, newKey } = around
  const at = draft.at ?? now
  const statement = statementOf({
    kind: draft.kind,
    predicate: draft.predicate,
    files: draft.files ?? [],
    nonce: nonce.toString('hex'),
    origin,
    stream: stream.id,
    n: stream.n,
    actor,
    via,
    claimed_at: at,
    anchor,
  })
  const envelope = signEnvelope(PAYLOAD_TYPE, Buffer.from(canonicalJson(statement)), [signer])
  const manifest = hash('sha256', envelope, 'hex')
  const leaf = Buffer.from(
    canonicalJson({
      k: draft.kind,
      m: `sha256:${manifest}`,
      n: stream.n,
      ...(stream.last ? { p: `sha256:${stream.last.toString('hex')}` } : {}),
      s: stream.id,
      t: Date.parse(at),
      v: 1,
    }),
  )
  invariant(leaf.length <= 512, 'a leaf is at most 512 bytes')
  const n = stream.n
  stream.n++
  stream.last = Buffer.from(leafHash(leaf))
  const sealed = wrapKey(draft.key ?? newKey, kek)
  return { manifest, kind: draft.kind, stream: stream.name, n, at, envelope, sealed, leaf }
}

/**
 * Opens the log of a new organisation: its keys, and the leaves that say so. The genesis leaf names the log; each `key`
 * leaf names a key. All three are signed by the first collector key, and the log key signs the tree that holds them.
 * @throws Refused LEDGER_EXISTS
 */
export async function openLedger(tx: Tx): Promise<void> {
  const origin = `${ORIGIN_BASE}/${tx.org}`
  const opened = await tx.run(sql`
    insert into ledger_log (org_id, origin, root) values (${tx.org}, ${origin}, ${emptyRoot()})
    on conflict do nothing`)
  if (opened === 0) throw new Refused('LEDGER_EXISTS', `organisation ${tx.org} has a ledger already`, { status: 409 })
  const kek = await makeOrgKek(tx)
  const log = await makeLogKey(tx, kek, origin)
  const collector = await makeCollectorKey(tx, kek)
  const [, logLeaf, collectorLeaf] = await write(
    tx,
    [
      { kind: 'genesis', stream: 'ledger', predicate: { origin, log: log.public } },
      { kind: 'key', stream: 'ledger', predicate: { purpose: 'log', public: log.public } },
      {
        kind: 'key',
        stream: 'ledger',
        predicate: { purpose: 'collector', id: collector.id, public: collector.public },
      },
    ],
    { log: { origin, size: 0, root: null }, kek, signer: collector },
  )
  invariant(logLeaf && collectorLeaf, 'three drafts give three leaves')
  await announceKey(tx, log, 'log', logLeaf.manifest)
  await announceKey(tx, collector, 'collector', collectorLeaf.manifest)
}

/** The data key under which the blobs of a manifest are encrypted. @throws Refused NOT_FOUND, ERASED */
export async function manifestDataKey(tx: Tx, manifest: string): Promise<DataKey> {
  const row = await tx.maybe<{ sealed_key: Buffer | null; erased_by: string | null }>(
    sql`select sealed_key, erased_by from ledger_manifest where org_id = ${tx.org} and sha256 = ${manifest}`,
  )
  if (!row) throw new Refused('NOT_FOUND', `no manifest ${manifest} in this ledger`, { status: 404 })
  if (!row.sealed_key)
    throw new Refused(
      'ERASED',
      `manifest ${manifest} was erased by ${row.erased_by ?? 'nobody'}; its files cannot be read`,
      {
        status: 409,
      },
    )
  return unwrapKey(row.sealed_key, await orgKek(tx))
}

export interface AuditDraft {
  /** Two or more words, the first the topic: `session.opened`, `role.granted`. */
  readonly event: string
  /** Id of the thing it was done to. */
  readonly subject?: string
  readonly details?: AuditDetails
}

/**
 * Writes the audit trail: a leaf of kind `audit`, and a row that people can search. Each actor has a stream, so that two
 * people never wait for each other and nobody's trail has a gap.
 * @throws Refused AUDIT_DETAILS when a detail is not on the list or too long
 */
export async function recordAudit(tx: Tx, draft: AuditDraft): Promise<Appended> {
  const details = checkAudit(draft.event, { ...draft.details, ...(tx.via !== undefined && { via: tx.via }) })
  const subject = draft.subject ?? null
  const appended = await appendLeaf(tx, {
    kind: 'audit',
    stream: `audit:${tx.actor}`,
    predicate: { event: draft.event, subject, details },
  })
  await tx.run(sql`
    insert into audit_event (org_id, manifest, at, actor, event, subject, details)
    values (${tx.org}, ${appended.manifest}, ${tx.now}, ${tx.actor}, ${draft.event}, ${subject}, ${JSON.stringify(details)}::jsonb)`)
  return appended
}
