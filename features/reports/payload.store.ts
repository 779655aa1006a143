// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Blobs } from '../../lib/blobs.ts'
import type { TimestampAuthority } from '../../lib/config.ts'
import type { Tx } from '../../lib/db.ts'
import { invariant } from '../../lib/refused.ts'
import { byName } from '../../proof/bag.ts'
import { consistencyText, fileNameOf, leafFiles } from '../../proof/bundle.ts'
import { toBase64, utf8 } from '../../proof/bytes.ts'
import { parseVerifierKey } from '../../proof/note.ts'
import { ed25519Key } from '../../proof/signatures.ts'
import { encodeEntries, entriesPath, TILE_WIDTH, tilePath, tilesOf } from '../../proof/tile.ts'
import { asResponse } from '../../proof/timestamp.ts'
import type { ZipFile } from '../../proof/zip-write.ts'
import { readCapture } from '../evidence/captures.store.ts'
import { listCaptures } from '../evidence/reading.store.ts'
import { listKeys, readManifest, type KeyRow } from '../ledger/reading.store.ts'
import { readCheckpoint, readEntries, type LogRow } from '../ledger/sequencer.store.ts'
import { proveGrowth, proveLeaf, readTiles } from '../ledger/tiles.store.ts'
import { exceptionsCsv, folderOf, indexCsv, indexHtml, readme, type RecordLine } from './bundle.ts'
import { readStamps } from './reports.store.ts'

const NEWEST_STAMPS = 10
const VERIFY = readFileSync(join(import.meta.dirname, '../../proof/VERIFY.sh'))

export interface Content {
  readonly tx: Tx
  readonly blobs: Blobs
  readonly authorities: readonly TimestampAuthority[]
  readonly organization: string
  readonly log: LogRow
  /** Leaves that the bundle's checkpoint covers. */
  readonly size: number
  /** The signed checkpoint, its exact text. */
  readonly checkpoint: string
  readonly lines: readonly RecordLine[]
  /** Told after each record. */
  readonly progress: (records: number) => Promise<void>
}

/** All files of a bundle in the order of their names, one at a time. */
export async function* payload(content: Content): AsyncGenerator<ZipFile> {
  const { organization, log, size, lines } = content
  const text = (name: string, body: string): ZipFile => ({ name: `data/${name}`, bytes: utf8(body) })
  yield text('README.md', readme({ organization, origin: log.origin, size, records: lines.length }))
  yield { name: 'data/VERIFY.sh', bytes: VERIFY }
  yield* evidence(content)
  yield text('exceptions.csv', exceptionsCsv(lines))
  yield text('index.csv', indexCsv(lines))
  yield text('index.html', indexHtml(`Evidence of ${organization}`, lines))
  yield* sorted(await logFiles(content))
  yield* sorted(await trustFiles(content))
}

const sorted = (files: readonly ZipFile[]): ZipFile[] => files.toSorted((a, b) => byName(a.name, b.name))

async function* evidence(content: Content): AsyncGenerator<ZipFile> {
  let n = 0
  for (const line of content.lines.toSorted((a, b) => byName(`${folderOf(a)}/`, `${folderOf(b)}/`))) {
    const files = line.kind === 'attestation' ? [] : await captureFiles(content, line)
    yield* sorted([...files, ...(await provedFiles(content, folderOf(line), line.manifest, line.index))])
    await content.progress(++n)
  }
}

async function captureFiles({ tx, blobs }: Content, line: RecordLine): Promise<ZipFile[]> {
  const files: ZipFile[] = []
  for (const capture of await listCaptures(tx, line.id)) {
    const bytes = await readCapture(tx, blobs, { ...capture, manifest: line.manifest })
    files.push({ name: `${folderOf(line)}/files/${fileNameOf(`${capture.n}-${capture.name}`)}`, bytes })
  }
  return files
}

/** A leaf with its statement and the way to the checkpoint. */
async function provedFiles(
  { tx, log, size, checkpoint }: Content,
  folder: string,
  manifest: string,
  index: number,
): Promise<ZipFile[]> {
  const row = await readManifest(tx, manifest)
  invariant(row, `manifest ${manifest} of a record is kept`)
  const path = await proveLeaf(tx, log, index, size)
  const { leaf, envelope } = row
  return [...leafFiles(folder, { index, leaf, path, ...(envelope ? { envelope } : {}) }, checkpoint)]
}

async function logFiles(content: Content): Promise<ZipFile[]> {
  const { tx, log, size, checkpoint } = content
  const files: ZipFile[] = [{ name: 'data/log/checkpoint', bytes: utf8(checkpoint) }]
  const tiles = [...tilesOf(size)]
  const read = await readTiles(tx, log, tiles)
  for (const tile of tiles) files.push({ name: `data/log/${tilePath(tile)}`, bytes: read(tile) })
  const entries = await readEntries(tx, tx.org, 0, size)
  for (let n = 0; n * TILE_WIDTH < size; n++) {
    const part = entries.slice(n * TILE_WIDTH, (n + 1) * TILE_WIDTH).map(({ leaf }) => leaf)
    files.push({ name: `data/log/${entriesPath({ n, width: part.length })}`, bytes: encodeEntries(part) })
  }
  const indexes = content.lines.map(({ index }) => index)
  const grown = new Set<number>()
  for (const stamp of await readStamps(tx, size, indexes, NEWEST_STAMPS)) {
    const bytes = asResponse(stamp.token)
    if (stamp.size === size) {
      files.push({ name: `data/log/checkpoint.${stamp.authority}.tsr`, bytes })
      continue
    }
    const folder = `data/log/stamps/${stamp.size}`
    files.push({ name: `${folder}/${stamp.authority}.tsr`, bytes })
    if (grown.has(stamp.size)) continue
    grown.add(stamp.size)
    const earlier = await readCheckpoint(tx, tx.org, stamp.size)
    invariant(earlier, `the stamped checkpoint of size ${stamp.size} is kept`)
    files.push({ name: `${folder}/checkpoint`, bytes: utf8(earlier.note) })
    files.push({
      name: `${folder}/consistency`,
      bytes: utf8(consistencyText(await proveGrowth(tx, log, stamp.size, size))),
    })
  }
  return files
}

async function trustFiles(content: Content): Promise<ZipFile[]> {
  const { tx, size, authorities } = content
  const announced = (await listKeys(tx)).filter(
    (key): key is KeyRow & { idx: number } => key.idx !== null && key.idx < size,
  )
  const files: ZipFile[] = []
  for (const key of announced) {
    files.push(...(await provedFiles(content, `data/trust/keys/${key.idx}`, key.manifest, key.idx)))
    if (key.purpose === 'collector')
      files.push({ name: `data/trust/collectors/${key.id}.pem`, bytes: utf8(key.public) })
  }
  const logs = announced.filter(({ purpose }) => purpose === 'log').map((key) => key.public)
  const newest = logs.at(-1)
  invariant(newest, 'a log has a key')
  files.push({ name: 'data/trust/log.vkey', bytes: utf8(logs.map((vkey) => `${vkey}\n`).join('')) })
  files.push({ name: 'data/trust/log.pub.pem', bytes: utf8(pemOf(newest)) })
  files.push({
    name: 'data/trust/policy.txt',
    bytes: utf8(`${logs.map((vkey) => `log ${vkey}\n`).join('')}quorum none\n`),
  })
  for (const { name, caFile } of authorities)
    if (caFile !== undefined) files.push({ name: `data/trust/tsa/${name}.pem`, bytes: await readFile(caFile) })
  return files
}

/** The public key of a verifier key as openssl reads it. */
function pemOf(vkey: string): string {
  const { spki } = ed25519Key(parseVerifierKey(vkey).publicKey)
  return `-----BEGIN PUBLIC KEY-----\n${toBase64(spki)}\n-----END PUBLIC KEY-----\n`
}
