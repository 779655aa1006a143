// SPDX-License-Identifier: Apache-2.0
import { createHash, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { byName } from '../bag.ts'
import { consistencyText, fileNameOf, leafFiles, writeBundle, type ProvedLeaf } from '../bundle.ts'
import { concat, toBase64, toHex, utf8 } from '../bytes.ts'
import { canonicalJson } from '../canonical-json.ts'
import { signCheckpoint } from '../checkpoint.ts'
import { signEnvelope } from '../dsse.ts'
import { leafHash, sha256 } from '../hash.ts'
import { encodeLeaf, type LeafKind } from '../leaf.ts'
import { merkleRoot, proveConsistency, proveInclusion } from '../merkle.ts'
import { verifierKey } from '../note.ts'
import { PAYLOAD_TYPE, PREDICATE_BASE, STATEMENT_TYPE } from '../statement.ts'
import { encodeEntries, entriesPath, TILE_WIDTH, tilePath, tilesOf } from '../tile.ts'
import type { ZipFile } from '../zip-write.ts'
import type { TestAuthority } from './authority.ts'

interface Collector {
  readonly id: string
  readonly pem: string
  readonly key: KeyObject
}

interface Draft {
  readonly kind: LeafKind
  readonly stream: string
  readonly predicate?: Readonly<Record<string, unknown>>
  readonly files?: readonly { readonly name: string; readonly bytes: Uint8Array }[]
  /** Changes the statement before it is signed. */
  readonly change?: (statement: Record<string, unknown>) => void
  readonly signer?: Collector
}

interface Kept {
  readonly leaf: Uint8Array
  readonly envelope: Uint8Array
  readonly manifest: string
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[]
}

export const ORIGIN = 'assay.dev/ledger/org_test'

export function newCollector(): Collector {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = pair.publicKey.export({ format: 'der', type: 'spki' })
  return {
    id: createHash('sha256').update(spki).digest('hex').slice(0, 16),
    pem: pair.publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    key: pair.privateKey,
  }
}

/** A log in memory with its bundle, written by the same functions as a server's. */
export class SmallLog {
  readonly leaves: Kept[] = []
  readonly hashes: Uint8Array[] = []
  readonly logKey = generateKeyPairSync('ed25519')
  readonly vkey = verifierKey(ORIGIN, this.logKey.publicKey)
  collector = newCollector()
  readonly collectors = [this.collector]
  readonly keyLeaves: number[] = []
  readonly #streams = new Map<string, { n: number; last?: string }>()

  constructor() {
    this.append({ kind: 'genesis', stream: 'ledger', predicate: { origin: ORIGIN, log: this.vkey } })
    this.announce({ purpose: 'log', public: this.vkey })
    this.announce({ purpose: 'collector', id: this.collector.id, public: this.collector.pem })
  }

  get size(): number {
    return this.leaves.length
  }

  announce(predicate: Record<string, unknown>, signer?: Collector): void {
    this.keyLeaves.push(this.append({ kind: 'key', stream: 'ledger', predicate, ...(signer ? { signer } : {}) }))
  }

  rotateCollector(): void {
    const next = newCollector()
    this.announce({ purpose: 'collector', id: next.id, public: next.pem })
    this.collector = next
    this.collectors.push(next)
  }

  append({ kind, stream, predicate = {}, files = [], change, signer }: Draft): number {
    const index = this.size
    const id = `st_${createHash('sha256').update(stream).digest('hex').slice(0, 32)}`
    const state = this.#streams.get(stream)
    const n = (state?.n ?? -1) + 1
    const time_ms = Date.parse('2026-03-02T09:00:00.000Z') + index * 1000
    const statement: Record<string, unknown> = {
      _type: STATEMENT_TYPE,
      predicateType: `${PREDICATE_BASE}/${kind}/v1`,
      subject:
        files.length > 0
          ? files.map(({ name, bytes }) => ({ name, digest: { sha256: toHex(sha256(bytes)) } }))
          : [{ name: `${kind}.json`, digest: { sha256: toHex(sha256(utf8(canonicalJson(predicate)))) } }],
      predicate: {
        ...predicate,
        ledger: {
          nonce: randomBytes(32).toString('hex'),
          stream: id,
          n,
          actor: 'system',
          claimedAt: new Date(time_ms).toISOString(),
          anchor: index > 3 ? { size: index - 2, root: toBase64(this.root(index - 2)) } : null,
        },
      },
    }
    change?.(statement)
    const by = signer ?? this.collector
    const envelope = signEnvelope(PAYLOAD_TYPE, utf8(canonicalJson(statement)), [by])
    const manifest = toHex(sha256(envelope))
    const leaf = encodeLeaf({ kind, manifest, n, stream: id, time_ms, ...(state?.last ? { previous: state.last } : {}) })
    this.leaves.push({ leaf, envelope, manifest, files })
    this.hashes.push(leafHash(leaf))
    this.#streams.set(stream, { n, last: toHex(this.hashes[index]!) })
    return index
  }

  root(size = this.size): Uint8Array {
    return merkleRoot(this.hashes.slice(0, size))
  }

  checkpoint(size = this.size, keys = [this.logKey.privateKey]): string {
    return signCheckpoint({ origin: ORIGIN, size, root: this.root(size) }, keys)
  }

  proved(index: number, envelope = true): ProvedLeaf {
    const { leaf, envelope: bytes } = this.leaves[index]!
    const path = proveInclusion(index, this.size, (from, to) => merkleRoot(this.hashes.slice(from, to)))
    return { index, leaf, path, ...(envelope ? { envelope: bytes } : {}) }
  }
}

export interface BundleOptions {
  readonly evidence: readonly { readonly index: number; readonly folder: string; readonly erasure?: number }[]
  readonly authority?: TestAuthority
  /** Sizes of earlier, stamped checkpoints. */
  readonly stamps?: readonly number[]
  /** Changes the payload before it is listed and sealed: what a dishonest exporter could do. */
  readonly change?: (files: Map<string, Uint8Array>) => void
  readonly sealer?: Collector
  readonly changeSeal?: (statement: string) => string
  readonly checkpoint?: string
}

/** All payload files of a bundle of the log. */
export function payloadOf(log: SmallLog, options: BundleOptions): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>()
  const add = (name: string, bytes: Uint8Array | string): void =>
    void files.set(`data/${name}`, typeof bytes === 'string' ? utf8(bytes) : bytes)
  const addLeaf = (folder: string, leaf: ProvedLeaf): void => {
    for (const { name, bytes } of leafFiles(folder, leaf, checkpoint)) add(name, bytes)
  }
  const checkpoint = options.checkpoint ?? log.checkpoint()
  add('README.md', '# A small bundle\n')
  add('VERIFY.sh', readFileSync(new URL('../VERIFY.sh', import.meta.url)))
  add('index.csv', 'control,id\n')
  add('index.html', '<!doctype html>\n')
  add('exceptions.csv', 'what\n')
  add('trust/log.vkey', `${log.vkey}\n`)
  add('trust/log.pub.pem', log.logKey.publicKey.export({ format: 'pem', type: 'spki' }).toString())
  add('trust/policy.txt', `log ${log.vkey}\nquorum none\n`)
  for (const { id, pem } of log.collectors) add(`trust/collectors/${id}.pem`, pem)
  for (const index of log.keyLeaves) addLeaf(`trust/keys/${index}`, log.proved(index))
  add('log/checkpoint', checkpoint)
  for (const tile of tilesOf(log.size)) {
    const span = TILE_WIDTH ** tile.level
    const hashes = Array.from({ length: tile.width }, (_, i) => {
      const from = (tile.n * TILE_WIDTH + i) * span
      return merkleRoot(log.hashes.slice(from, from + span))
    })
    add(`log/${tilePath(tile)}`, concat(...hashes))
    const first = tile.n * TILE_WIDTH
    if (tile.level === 0)
      add(`log/${entriesPath(tile)}`, encodeEntries(log.leaves.slice(first, first + tile.width).map(({ leaf }) => leaf)))
  }
  for (const { index, folder, erasure } of options.evidence) {
    addLeaf(`evidence/${folder}`, log.proved(index, erasure === undefined))
    if (erasure !== undefined) addLeaf(`evidence/${folder}/erasure`, log.proved(erasure))
    else for (const { name, bytes } of log.leaves[index]!.files) add(`evidence/${folder}/files/${fileNameOf(name)}`, bytes)
  }
  if (options.authority) {
    add('trust/tsa/test.pem', options.authority.ca)
    add('log/checkpoint.test.tsr', options.authority.stamp(utf8(checkpoint), '20260302120000Z'))
    for (const size of options.stamps ?? []) {
      const earlier = log.checkpoint(size)
      add(`log/stamps/${size}/checkpoint`, earlier)
      add(`log/stamps/${size}/test.tsr`, options.authority.stamp(utf8(earlier), '20260302100000Z'))
      const range = (from: number, to: number): Uint8Array => merkleRoot(log.hashes.slice(from, to))
      add(`log/stamps/${size}/consistency`, consistencyText(proveConsistency(size, log.size, range)))
    }
  }
  options.change?.(files)
  return files
}

export async function smallBundle(log: SmallLog, options: BundleOptions): Promise<Uint8Array> {
  const files = payloadOf(log, options)
  const payload: ZipFile[] = [...files.keys()].toSorted(byName).map((name) => ({ name, bytes: files.get(name)! }))
  const pieces: Uint8Array[] = []
  const seal = (statement: Uint8Array): Uint8Array => {
    const text = new TextDecoder().decode(statement)
    return signEnvelope(PAYLOAD_TYPE, utf8(options.changeSeal?.(text) ?? text), [options.sealer ?? log.collector])
  }
  const head = { name: 'assay-bdl_test', info: [['Bagging-Date', '2026-03-02']] as const, seal }
  for await (const piece of writeBundle(head, payload)) pieces.push(piece)
  return concat(...pieces)
}

/** A log with evidence, an erased item, a rotation and a statement about itself; and the bundle's options for it. */
export function usualLog(): { readonly log: SmallLog; readonly options: BundleOptions } {
  const log = new SmallLog()
  const users = log.append({
    kind: 'evidence',
    stream: 'users',
    predicate: { connection: 'con_1' },
    files: [
      { name: '0-users.json', bytes: utf8('{"users":[]}\n') },
      { name: '1-page 2/ü.json', bytes: utf8('{"users":[1]}\n') },
    ],
  })
  const attest = log.append({ kind: 'attest', stream: 'attestation', predicate: { control: 'IAM-01' } })
  log.rotateCollector()
  const gone = log.append({ kind: 'evidence', stream: 'users', files: [{ name: '0-users.json', bytes: utf8('[]') }] })
  const erasure = log.append({
    kind: 'erasure',
    stream: 'erasures',
    predicate: { target: `sha256:${log.leaves[gone]!.manifest}`, reason: 'request of the person' },
  })
  log.append({ kind: 'audit', stream: 'audit', predicate: { event: 'session.opened' } })
  return {
    log,
    options: {
      evidence: [
        { index: users, folder: 'IAM-01/col_1' },
        { index: attest, folder: 'IAM-01/att_1' },
        { index: gone, folder: 'unassigned/col_2', erasure },
      ],
    },
  }
}
