// SPDX-License-Identifier: Apache-2.0
import { BAG_DECLARATION, byName, manifestText, PAYLOAD, PAYLOAD_MANIFEST, TAG_MANIFEST } from './bag.ts'
import { toBase64, toHex, utf8 } from './bytes.ts'
import { canonicalJson } from './canonical-json.ts'
import { sha256 } from './hash.ts'
import { Malformed } from './malformed.ts'
import { PREDICATE_BASE, STATEMENT_TYPE } from './statement.ts'
import { formatTlogProof } from './tlog-proof.ts'
import { sizeOf, writeZip, type LargeFile, type Rewrite, type ZipFile } from './zip-write.ts'

/*
 * The evidence bundle: a BagIt bag (RFC 8493) in a zip that is the same for the same content.
 *
 *   <name>/bagit.txt  bag-info.txt  manifest-sha256.txt  manifest-sha256.dsse.json  tagmanifest-sha256.txt
 *   <name>/data/README.md  VERIFY.sh  index.csv  index.html  exceptions.csv
 *   <name>/data/trust/log.vkey  log.pub.pem  policy.txt  collectors/<key id>.pem  tsa/<authority>.pem
 *   <name>/data/trust/keys/<index>/leaf.json  leaf.json.tlog-proof  manifest.dsse.json
 *   <name>/data/log/checkpoint  checkpoint.<authority>.tsr  tile/…  tile/entries/…
 *   <name>/data/log/stamps/<size>/checkpoint  <authority>.tsr  consistency
 *   <name>/data/evidence/<control>/<id>/leaf.json  leaf.json.tlog-proof  manifest.dsse.json  files/…
 *   <name>/data/evidence/<control>/<id>/erasure/leaf.json  leaf.json.tlog-proof  manifest.dsse.json   (when erased)
 */

/** Changes when a reader of today could not read the layout. */
export const BUNDLE_VERSION = 1
/** The signature over the payload manifest and the tag files: what makes a recomputed manifest show. */
export const SEAL = 'manifest-sha256.dsse.json'
export const BAG_INFO = 'bag-info.txt'
/** The tag files that the seal speaks of. */
export const SEALED = [BAG_INFO, 'bagit.txt', PAYLOAD_MANIFEST] as const

const PART = '[A-Za-z0-9][A-Za-z0-9._-]*'
const LEAF_FILES = '(?:leaf\\.json|leaf\\.json\\.tlog-proof|manifest\\.dsse\\.json)'
const KNOWN = new RegExp(
  `^data/(?:README\\.md|VERIFY\\.sh|index\\.csv|index\\.html|exceptions\\.csv` +
    `|trust/(?:log\\.vkey|log\\.pub\\.pem|policy\\.txt|(?:collectors|tsa)/${PART}\\.pem|keys/[0-9]+/${LEAF_FILES})` +
    `|log/(?:checkpoint|checkpoint\\.[a-z0-9-]+\\.tsr|stamps/[0-9]+/(?:checkpoint|consistency|[a-z0-9-]+\\.tsr)|tile/[a-z0-9/.]+)` +
    `|evidence/${PART}/${PART}/(?:(?:erasure/)?${LEAF_FILES}|files/${PART}))$`,
)

/** Whether a payload path has a place in the layout. */
export const isKnownPath = (path: string): boolean => KNOWN.test(path)

/** The file name of a statement's subject: its own when it is plain ASCII, else one made from its digest. */
export const fileNameOf = (subject: string): string =>
  subject.length <= 150 && new RegExp(`^${PART}$`).test(subject)
    ? subject
    : `file-${toHex(sha256(utf8(subject))).slice(0, 16)}`

/** A leaf with all that proves it. */
export interface ProvedLeaf {
  readonly index: number
  readonly leaf: Uint8Array
  /** Inclusion proof in the tree of the bundle's checkpoint. */
  readonly path: readonly Uint8Array[]
  /** The DSSE envelope; absent once erased. */
  readonly envelope?: Uint8Array
}

/** The files of a leaf under a folder, in the order of their names. */
export function* leafFiles(folder: string, proved: ProvedLeaf, checkpoint: string): Generator<ZipFile> {
  const { index, path, leaf, envelope } = proved
  yield { name: `${folder}/leaf.json`, bytes: leaf }
  yield { name: `${folder}/leaf.json.tlog-proof`, bytes: utf8(formatTlogProof({ index, path, checkpoint })) }
  if (envelope) yield { name: `${folder}/manifest.dsse.json`, bytes: envelope }
}

/** A consistency proof as a file: one hash in base64 a line. */
export const consistencyText = (path: readonly Uint8Array[]): string =>
  path.map((hash) => `${toBase64(hash)}\n`).join('')

export interface BundleHead {
  /** Name of the folder inside, and of the zip without its ending. */
  readonly name: string
  /** Lines of `bag-info.txt` in order, after the ones that every bundle has. */
  readonly info: readonly (readonly [label: string, value: string])[]
  /** Signs a statement with a registered collector's key and gives the envelope's bytes. */
  readonly seal: (statement: Uint8Array) => Uint8Array
}

export type PayloadFile = ZipFile | LargeFile

/**
 * Writes a bundle as pieces of a zip. Holds one file, or a piece of a large one, and one line a file for the manifest.
 * @param payload files in the order of their names, which begin with `data/`
 * @throws Malformed BUNDLE when a name is out of order or has no place in the layout, ZIP
 */
export function writeBundle(
  head: BundleHead,
  payload: AsyncIterable<ZipFile> | Iterable<ZipFile>,
): AsyncGenerator<Uint8Array>
export function writeBundle(head: BundleHead, payload: AsyncIterable<PayloadFile>): AsyncGenerator<Uint8Array | Rewrite>
export function writeBundle(
  head: BundleHead,
  payload: AsyncIterable<PayloadFile> | Iterable<PayloadFile>,
): AsyncGenerator<Uint8Array | Rewrite> {
  return writeZip(bagFiles(head, payload))
}

async function* bagFiles(
  head: BundleHead,
  payload: AsyncIterable<PayloadFile> | Iterable<PayloadFile>,
): AsyncGenerator<PayloadFile> {
  const digests = new Map<string, string>()
  let last = ''
  let octets = 0
  for await (const file of payload) {
    const { name } = file
    if (!isKnownPath(name)) throw new Malformed('BUNDLE', `expected a path of the bundle's layout, got ${name}`)
    if (byName(last, name) >= 0) throw new Malformed('BUNDLE', `expected a path after ${last}, got ${name}`)
    last = name
    octets += sizeOf(file)
    digests.set(name, 'bytes' in file ? toHex(sha256(file.bytes)) : file.sha256)
    yield { ...file, name: `${head.name}/${name}` }
  }
  const tags = new Map([
    [BAG_INFO, utf8(infoText(head, octets, digests.size))],
    ['bagit.txt', utf8(BAG_DECLARATION)],
    [PAYLOAD_MANIFEST, utf8(manifestText(digests))],
  ])
  tags.set(SEAL, Uint8Array.from(head.seal(utf8(canonicalJson(sealStatement(head.name, tags))))))
  const tagDigests = new Map([...tags].map(([name, bytes]) => [name, toHex(sha256(bytes))]))
  tags.set(TAG_MANIFEST, utf8(manifestText(tagDigests)))
  for (const name of [...tags.keys()].toSorted(byName)) yield { name: `${head.name}/${name}`, bytes: tags.get(name)! } // a key of the map
}

function infoText(head: BundleHead, octets: number, count: number): string {
  const lines = [['Payload-Oxum', `${octets}.${count}`], ['Assay-Bundle-Version', `${BUNDLE_VERSION}`], ...head.info]
  return lines.map(([label, value]) => `${label}: ${value!.replaceAll(/\s+/g, ' ')}\n`).join('') // pairs
}

const sealStatement = (name: string, tags: ReadonlyMap<string, Uint8Array>) => ({
  _type: STATEMENT_TYPE,
  predicate: { bundle: name, version: BUNDLE_VERSION },
  predicateType: `${PREDICATE_BASE}/bundle/v1`,
  subject: [...tags].map(([tag, bytes]) => ({ digest: { sha256: toHex(sha256(bytes)) }, name: tag })),
})

/** Where the payload of a bundle begins, for writers. */
export const payloadPath = (path: string): string => `${PAYLOAD}${path}`
