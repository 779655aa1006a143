// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Blobs } from '../../lib/blobs.ts'
import type { Tx } from '../../lib/db.ts'
import { invariant, Refused } from '../../lib/refused.ts'
import { byName } from '../../proof/bag.ts'
import { consistencyText, fileNameOf, leafFiles, type PayloadFile } from '../../proof/bundle.ts'
import { toBase64, utf8 } from '../../proof/bytes.ts'
import { parseVerifierKey } from '../../proof/note.ts'
import { ed25519Key } from '../../proof/signatures.ts'
import { entriesPath, TILE_WIDTH, tilePath, tilesOf } from '../../proof/tile.ts'
import type { ZipFile } from '../../proof/zip-write.ts'
import { openCapture, streamCapture } from '../evidence/captures.store.ts'
import { listCaptures } from '../evidence/reading.store.ts'
import { manifestDataKey } from '../ledger/ledger.store.ts'
import { readBundles, type LogRow } from '../ledger/sequencer.store.ts'
import { proveGrowth, proveLeaves, readTiles } from '../ledger/tiles.store.ts'
import { exceptionsCsv, folderOf, indexCsv, indexHtml, readme, type Oddity, type RecordLine } from './bundle.ts'
import { readAnnouncedKeys, readLeaves, type LeafBytes } from './contents.store.ts'
import type { ChosenStamp, ChosenStamps } from './stamps.store.ts'

const VERIFY = readFileSync(join(import.meta.dirname, '../../proof/VERIFY.sh'))
/** Records whose statements are read at once. */
const PAGE = 100

export interface Content extends ChosenStamps {
  readonly tx: Tx
  readonly blobs: Blobs
  readonly organization: string
  readonly log: LogRow
  /** Leaves that the bundle's checkpoint covers. */
  readonly size: number
  /** The signed checkpoint, its exact text. */
  readonly checkpoint: string
  readonly lines: readonly RecordLine[]
  readonly oddities: readonly Oddity[]
  /** Told after each record. */
  readonly progress: (records: number) => Promise<void>
}

/** All files of a bundle in the order of their names. One small file or piece is held at a time, whatever the size of log and bundle. */
export async function* payload(content: Content): AsyncGenerator<PayloadFile> {
  const { organization, log, size, lines, oddities } = content
  const text = (name: string, body: string): ZipFile => ({ name: `data/${name}`, bytes: utf8(body) })
  yield text('README.md', readme({ organization, origin: log.origin, size, records: lines.length }))
  yield { name: 'data/VERIFY.sh', bytes: VERIFY }
  yield* evidence(content)
  yield text('exceptions.csv', exceptionsCsv(lines, oddities))
  yield text('index.csv', indexCsv(lines))
  yield text('index.html', indexHtml(`Evidence of ${organization}`, lines))
  yield* made([...logFiles(content), ...stampFiles(content)])
  yield* sorted(await trustFiles(content))
}

const sorted = (files: readonly ZipFile[]): ZipFile[] => files.toSorted((a, b) => byName(a.name, b.name))

/** A file that is made when its turn comes. */
interface Later {
  readonly name: string
  readonly make: () => Uint8Array | Promise<Uint8Array>
}

async function* made(files: readonly Later[]): AsyncGenerator<ZipFile> {
  for (const { name, make } of files.toSorted((a, b) => byName(a.name, b.name))) yield { name, bytes: await make() }
}

async function* evidence(content: Content): AsyncGenerator<PayloadFile> {
  // What was lost has no statement to show: exceptions.csv says so.
  const lines = content.lines
    .filter(({ is_lost }) => !is_lost)
    .toSorted((a, b) => byName(`${folderOf(a)}/`, `${folderOf(b)}/`))
  for (let at = 0; at < lines.length; at += PAGE) {
    const some = lines.slice(at, at + PAGE)
    const named = some.flatMap(({ manifest, erased_by }) => (erased_by === null ? [manifest] : [manifest, erased_by]))
    const leaves = await readProved(content, named)
    for (const [i, line] of some.entries()) {
      yield* recordFiles(content, line, leaves)
      await content.progress(at + i + 1)
    }
  }
}

async function* recordFiles(
  content: Content,
  line: RecordLine,
  leaves: ReadonlyMap<string, Proved>,
): AsyncGenerator<PayloadFile> {
  const folder = folderOf(line)
  if (line.erased_by !== null) yield* provedFiles(content, `${folder}/erasure`, leaves.get(line.erased_by))
  else if (line.kind !== 'attestation') yield* captureFiles(content, line)
  yield* provedFiles(content, folder, leaves.get(line.manifest))
}

/** Files from here on are never held whole. */
const LARGE = 1 << 18
/** Smaller ones that are read at once: most of the time of a small file is waiting for the disk. */
const AT_ONCE = 16

async function* captureFiles({ tx, blobs }: Content, line: RecordLine): AsyncGenerator<PayloadFile> {
  const captures = (await listCaptures(tx, line.id)).map((capture) => ({
    ...capture,
    path: `${folderOf(line)}/files/${fileNameOf(`${capture.n}-${capture.name}`)}`,
  }))
  if (captures.length === 0) return
  const key = await naming(line, 'its key', manifestDataKey(tx, line.manifest))
  const sorted = captures.toSorted((a, b) => byName(a.path, b.path))
  for (let at = 0; at < sorted.length; at += AT_ONCE) {
    const some = sorted.slice(at, at + AT_ONCE)
    const held = await Promise.all(
      some.map(async (capture) =>
        capture.size_bytes < LARGE
          ? await naming(line, capture.name, openCapture(blobs, tx.org, key, capture))
          : undefined,
      ),
    )
    for (const [i, capture] of some.entries()) {
      const { path: name, size_bytes, sha256 } = capture
      const bytes = held[i]
      const stream = (): AsyncIterable<Buffer> => streamCapture(blobs, tx.org, key, capture)
      yield bytes ? { name, bytes } : { name, size_bytes, sha256, pieces: namingPieces(line, capture.name, stream()) }
    }
  }
}

/** Says which evidence a stored file belongs to when it cannot be read. */
async function naming<T>({ id }: RecordLine, name: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading
  } catch (error) {
    throw named(error, id, name)
  }
}

async function* namingPieces({ id }: RecordLine, name: string, pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* pieces
  } catch (error) {
    throw named(error, id, name)
  }
}

const named = (error: unknown, id: string, name: string): unknown =>
  error instanceof Refused
    ? new Refused(error.code, `evidence ${id}, ${name}: ${error.message}`, { status: error.status })
    : error

type Proved = LeafBytes & { readonly path: readonly Uint8Array[] }

/** Leaves by their manifest, each with its way to the checkpoint: the tiles of all are fetched at once. */
async function readProved({ tx, log, size }: Content, manifests: readonly string[]): Promise<Map<string, Proved>> {
  const leaves = [...(await readLeaves(tx, manifests))]
  const indexes = leaves.map(([, { index }]) => index)
  const paths = await proveLeaves(tx, log, indexes, size)
  return new Map(leaves.map(([manifest, leaf], i) => [manifest, { ...leaf, path: paths[i]! }])) // one path a leaf
}

/** A leaf with its statement and the way to the checkpoint. */
function* provedFiles({ checkpoint }: Content, folder: string, row: Proved | undefined): Generator<ZipFile> {
  invariant(row, `the leaf of ${folder} is kept`)
  const { index, leaf, envelope, path } = row
  yield* leafFiles(folder, { index, leaf, path, ...(envelope ? { envelope } : {}) }, checkpoint)
}

function logFiles({ tx, log, size, checkpoint }: Content): Later[] {
  const tiles = [...tilesOf(size)]
  return [
    { name: 'data/log/checkpoint', make: () => utf8(checkpoint) },
    ...tiles.map((tile) => ({
      name: `data/log/${tilePath(tile)}`,
      make: async () => (await readTiles(tx, log, [tile]))(tile),
    })),
    ...tiles
      .filter(({ level }) => level === 0)
      .map(({ n, width }) => ({
        name: `data/log/${entriesPath({ n, width })}`,
        make: async () => {
          const [bundle] = await readBundles(tx, tx.org, n * TILE_WIDTH, n * TILE_WIDTH + width)
          invariant(bundle, 'one tile of entries is one bundle')
          return bundle.bytes
        },
      })),
  ]
}

function stampFiles({ tx, log, size, stamps }: Content): Later[] {
  const earlier = new Map<number, ChosenStamp>(
    stamps.filter((stamp) => stamp.size < size).map((stamp) => [stamp.size, stamp]),
  )
  return [
    ...stamps.map((stamp) => ({
      name:
        stamp.size === size
          ? `data/log/checkpoint.${stamp.authority}.tsr`
          : `data/log/stamps/${stamp.size}/${stamp.authority}.tsr`,
      make: () => stamp.response,
    })),
    ...[...earlier.values()].flatMap((stamp) => [
      { name: `data/log/stamps/${stamp.size}/checkpoint`, make: () => utf8(stamp.note) },
      {
        name: `data/log/stamps/${stamp.size}/consistency`,
        make: async () => utf8(consistencyText(await proveGrowth(tx, log, stamp.size, size))),
      },
    ]),
  ]
}

async function trustFiles(content: Content): Promise<ZipFile[]> {
  const { tx, size, roots } = content
  const announced = await readAnnouncedKeys(tx, size)
  const leaves = await readProved(
    content,
    announced.map(({ manifest }) => manifest),
  )
  const files: ZipFile[] = []
  const logs: string[] = []
  for (const { manifest, index, id, purpose, public: key } of announced) {
    files.push(...provedFiles(content, `data/trust/keys/${index}`, leaves.get(manifest)))
    if (purpose === 'collector') files.push({ name: `data/trust/collectors/${id}.pem`, bytes: utf8(key ?? '') })
    if (purpose === 'log' && key !== null) logs.push(key)
  }
  const newest = logs.at(-1)
  invariant(newest, 'a log has a key')
  const lines = (of: readonly string[]): Uint8Array => utf8(of.map((line) => `${line}\n`).join(''))
  files.push({ name: 'data/trust/log.vkey', bytes: lines(logs) })
  files.push({ name: 'data/trust/log.pub.pem', bytes: utf8(pemOf(newest)) })
  files.push({ name: 'data/trust/policy.txt', bytes: lines([...logs.map((vkey) => `log ${vkey}`), 'quorum none']) })
  for (const [name, pem] of roots) files.push({ name: `data/trust/tsa/${name}.pem`, bytes: utf8(pem) })
  return files
}

/** The public key of a verifier key as openssl reads it. */
function pemOf(vkey: string): string {
  const { spki } = ed25519Key(parseVerifierKey(vkey).publicKey)
  return `-----BEGIN PUBLIC KEY-----\n${toBase64(spki)}\n-----END PUBLIC KEY-----\n`
}
