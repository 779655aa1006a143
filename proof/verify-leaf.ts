// SPDX-License-Identifier: Apache-2.0
import { fileNameOf } from './bundle.ts'
import { readWhole, type BundleFiles } from './bundle-files.ts'
import { fromUtf8 } from './bytes.ts'
import type { OpenedCheckpoint } from './checkpoint.ts'
import { parseEnvelope, verifyEnvelope, type Envelope } from './dsse.ts'
import { leafHash } from './hash.ts'
import { parseLeaf, type Leaf } from './leaf.ts'
import { Malformed } from './malformed.ts'
import { verifyInclusion } from './merkle.ts'
import { readPem, readPublicKey, type PublicKey } from './signatures.ts'
import { isAboutItself, ledgerFacts, readStatement, type LedgerFacts, type Statement } from './statement.ts'
import { parseTlogProof } from './tlog-proof.ts'
import { bad, good, judged, same, type Report, type Verdict } from './verdict.ts'
import type { Digests } from './verify-bag.ts'

/** A collector's key, and the leaf that announces it; it counts for later leaves. */
export interface Collector {
  readonly key: PublicKey
  readonly from: number
}

/** What statements and leaves are held against. */
export interface Standing {
  readonly files: BundleFiles
  readonly digests: Digests
  readonly checkpoint: OpenedCheckpoint
  /** The checkpoint's file, as text. */
  readonly checkpointText: string
  /** By key id; grows while the key leaves are read. */
  readonly collectors: Map<string, Collector>
}

/** A leaf of the bundle that was read, whatever the verdicts on it. */
export interface ReadLeaf {
  readonly folder: string
  readonly index: number
  readonly leaf: Leaf
  /** Nothing when erased, or not readable. */
  readonly statement?: Statement
  readonly ledger?: LedgerFacts
}

/** Verifies the leaf in a folder: its place in the tree, its statement and the signature on it. */
export async function verifyLeaf(standing: Standing, folder: string, report: Report): Promise<ReadLeaf | undefined> {
  const { files, checkpoint, checkpointText } = standing
  const subject = `${folder}/leaf.json`
  const outcome = await judged('leaf', subject, async () => {
    const bytes = await readWhole(files, subject)
    const proof = parseTlogProof(fromUtf8(await readWhole(files, `${subject}.tlog-proof`)))
    if (proof.checkpoint !== checkpointText)
      throw new Malformed('PROOF', "expected the bundle's checkpoint in the proof, got another")
    const { index, path } = proof
    if (!verifyInclusion(leafHash(bytes), { index, size: checkpoint.size }, path, checkpoint.root))
      throw new Malformed('PROOF', `expected a proof of leaf ${index}, got one that does not lead to the root`)
    return { index, leaf: parseLeaf(bytes) }
  })
  if ('verdict' in outcome) {
    report(outcome.verdict)
    return undefined
  }
  const { index, leaf } = outcome.value
  report(good('leaf', subject, `leaf ${index} of ${checkpoint.size}`))
  const name = `${folder}/manifest.dsse.json`
  if (!standing.digests.has(name)) return { folder, index, leaf }
  const statement = await verifyManifest(standing, { folder, index, leaf }, report)
  return { folder, index, leaf, ...statement }
}

async function verifyManifest(
  { files, digests, collectors }: Standing,
  { folder, index, leaf }: Pick<ReadLeaf, 'folder' | 'index' | 'leaf'>,
  report: Report,
): Promise<{ statement: Statement; ledger: LedgerFacts } | undefined> {
  const name = `${folder}/manifest.dsse.json`
  report(same('manifest', name, leaf.manifest, digests.get(name) ?? 'no such file'))
  const outcome = await judged('manifest', name, async () => {
    const envelope = parseEnvelope(await readWhole(files, name))
    const statement = readStatement(envelope)
    const ledger = ledgerFacts(statement)
    const said = `${statement.kind} ${ledger.n} at ${ledger.claimedAt}`
    const claimed = `${leaf.kind} ${leaf.n} at ${new Date(leaf.time_ms).toISOString()}`
    if (said !== claimed || ledger.stream !== leaf.stream)
      throw new Malformed('ENVELOPE', `expected ${claimed} of ${leaf.stream}, got ${said} of ${ledger.stream}`)
    return { envelope, statement, ledger }
  })
  if ('verdict' in outcome) {
    report(outcome.verdict)
    return undefined
  }
  const { envelope, statement, ledger } = outcome.value
  const verdict = await verifySigned(envelope, { name, index, check: 'signature' }, collectors)
  report(verdict)
  if (verdict.ok && leaf.kind === 'key') announce(statement, index + 1, collectors)
  return { statement, ledger }
}

/** Takes note of a collector's key that a statement announces: it signs leaves from an index on. */
function announce({ predicate }: Statement, from: number, collectors: Map<string, Collector>): void {
  const { purpose, id, public: pem } = predicate
  if (purpose !== 'collector' || typeof id !== 'string' || typeof pem !== 'string' || collectors.has(id)) return
  const [spki] = readPem(pem, 'PUBLIC KEY')
  if (spki) collectors.set(id, { key: readPublicKey(spki), from })
}

/**
 * Takes note of the first collector's key, which signs its own announcement and the leaves before it. That the log's
 * signature covers it is all there is to trust: whoever pinned the log's key has pinned this one.
 * @param folders of key leaves, oldest first
 */
export async function announceFirst({ files, collectors }: Standing, folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    const outcome = await judged('key', folder, async () => {
      const envelope = parseEnvelope(await readWhole(files, `${folder}/manifest.dsse.json`))
      announce(readStatement(envelope), 0, collectors)
    })
    // What is wrong with it is reported when the leaf itself is verified.
    if ('value' in outcome && collectors.size > 0) return
  }
}

/** Whether a collector that was registered before the index signed the envelope. */
export async function verifySigned(
  envelope: Envelope,
  { name, index, check }: { readonly name: string; readonly index: number; readonly check: 'signature' | 'seal' },
  collectors: ReadonlyMap<string, Collector>,
): Promise<Verdict> {
  const known = [...collectors].filter(([, { from }]) => from <= index)
  const valid = await verifyEnvelope(envelope, new Map(known.map(([id, { key }]) => [id, key])))
  return valid.length > 0
    ? good(check, name, `signed by ${valid.join(', ')}`)
    : bad(
        check,
        name,
        `a signature of ${known.map(([id]) => id).join(' or ') || 'a registered collector'}`,
        `no valid one; it names ${envelope.signatures.map(({ keyid }) => keyid).join(', ') || 'nobody'}`,
      )
}

/** The files beside a statement are the ones it names, no more and no less. */
export function verifyFiles(
  digests: Digests,
  { folder, statement }: ReadLeaf & { readonly statement: Statement },
  present: readonly string[],
): Verdict[] {
  if (isAboutItself(statement))
    return present.map((name) => bad('file', name, 'no file: the statement names none', 'a file'))
  const expected = new Map(
    statement.subjects.map(({ name, sha256 }) => [`${folder}/files/${fileNameOf(name)}`, sha256]),
  )
  return [
    ...[...expected].map(([name, digest]) => same('file', name, digest, digests.get(name) ?? 'no such file')),
    ...present
      .filter((name) => !expected.has(name))
      .map((name) => bad('file', name, 'a file that the statement names', 'another one')),
  ]
}
