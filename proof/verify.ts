// SPDX-License-Identifier: Apache-2.0
import { bundleInZip, readWhole, type BundleFiles } from './bundle-files.ts'
import { SEAL, SEALED } from './bundle.ts'
import { fromBase64, fromUtf8, toBase64 } from './bytes.ts'
import { canonicalJson } from './canonical-json.ts'
import type { Certificate } from './certificate.ts'
import { openCheckpoint } from './checkpoint.ts'
import { parseEnvelope } from './dsse.ts'
import { Malformed } from './malformed.ts'
import { verifyConsistency } from './merkle.ts'
import { parseVerifierKey, type Verifier } from './note.ts'
import { readStatement } from './statement.ts'
import { bad, good, judged, same, type Report, type Verdict } from './verdict.ts'
import { digestFiles, verifyBag, type Digests } from './verify-bag.ts'
import { verifyKeys } from './verify-keys.ts'
import { verifyFiles, verifyLeaf, verifySigned, type ReadLeaf, type Standing } from './verify-leaf.ts'
import { readRoots, verifyStamps, type Earlier, type Stamped } from './verify-time.ts'
import { readTree, type ReadTree } from './verify-tree.ts'
import { blobAccess, memoryAccess } from './zip.ts'

/*
 * Verifies evidence bundles, in Node and in a browser: no network, no clock, no server, and nothing of `node:` is
 * imported. A page does
 *
 *   const summary = await verifyBundle(await openBundle(droppedFile), { key, tsa }, (verdict) => list.push(verdict))
 *
 * where `key` (a verifier key) and `tsa` (PEM) come from the reader, not from the bundle; both may be left out, and the
 * summary then says that the bundle was only held against itself.
 */

export { CHECKS, type Check, type Verdict } from './verdict.ts'
export { Malformed } from './malformed.ts'
export type { BundleFiles } from './bundle-files.ts'

export interface VerifyOptions {
  /** The log's verifier key as the reader knows it, from elsewhere: `name+id+key`. */
  readonly key?: string | undefined
  /** Root certificates of time-stamp authorities that the reader trusts, PEM. */
  readonly tsa?: string | undefined
  /** Accept a zip that another program packed again; its files are verified all the same. */
  readonly repacked?: boolean | undefined
}

/** What a bundle is, in figures, once it was looked through. */
export interface BundleSummary {
  /** Whether every verdict is good. */
  readonly ok: boolean
  readonly verdicts: number
  readonly failures: number
  /** Name of the log, its size and the verifier key that signed; nothing when the checkpoint is not signed. */
  readonly log?: { readonly origin: string; readonly size: number; readonly key: string }
  /** Whether the log's key, and the authorities' roots, were given by the reader. */
  readonly pinned: { readonly key: boolean; readonly tsa: boolean }
  readonly files: number
  readonly evidence: number
  readonly erased: number
  /** The time-stamps that hold, earliest first. */
  readonly stamps: readonly Stamped[]
}

/**
 * Opens a dropped file or bytes as a bundle. @throws Malformed ZIP or BUNDLE when it is none
 */
export const openBundle = async (zip: Blob | Uint8Array): Promise<BundleFiles> =>
  await bundleInZip(zip instanceof Uint8Array ? memoryAccess(zip) : blobAccess(zip))

const CHECKPOINT = 'data/log/checkpoint'
const EVIDENCE_LEAF = /^(data\/evidence\/[^/]+\/[^/]+)\/leaf\.json$/

/**
 * Looks at everything in a bundle and reports a verdict on each thing. It never stops at the first fault; only without a
 * signed checkpoint is there nothing further to hold records against.
 * @throws Malformed KEY or DER when the options cannot be read. Faults of the bundle are verdicts.
 */
export async function verifyBundle(
  files: BundleFiles,
  options: VerifyOptions,
  report: Report = () => undefined,
): Promise<BundleSummary> {
  const count = { verdicts: 0, failures: 0 }
  const counted: Report = (verdict) => {
    count.verdicts++
    if (!verdict.ok) count.failures++
    report(verdict)
  }
  const pinned = options.key === undefined ? undefined : parseVerifierKey(options.key)
  const roots = options.tsa === undefined ? undefined : readRoots(options.tsa)
  if (!files.plain && !options.repacked)
    counted(bad('container', 'zip', 'a zip byte for byte as Assay writes it', 'one that was changed or packed again'))
  const digests = await digestFiles(files, counted)
  await verifyBag(files, digests, counted)
  const found = await verifyContent({ files, digests, pinned, roots }, counted)
  return {
    ok: count.failures === 0,
    ...count,
    pinned: { key: pinned !== undefined, tsa: roots !== undefined },
    files: files.names.length,
    ...found,
  }
}

interface Given {
  readonly files: BundleFiles
  readonly digests: Digests
  readonly pinned: Verifier | undefined
  readonly roots: readonly Certificate[] | undefined
}

type Found = Pick<BundleSummary, 'log' | 'evidence' | 'erased' | 'stamps'>

async function verifyContent({ files, digests, pinned, roots }: Given, report: Report): Promise<Found> {
  const opened = await judged('checkpoint', CHECKPOINT, async () => {
    const lines = fromUtf8(await readWhole(files, 'data/trust/log.vkey'))
      .split('\n')
      .slice(0, -1)
    const logs = lines.map(parseVerifierKey)
    const checkpointText = fromUtf8(await readWhole(files, CHECKPOINT))
    return { logs, lines, checkpointText, checkpoint: await openCheckpoint(checkpointText, logs) }
  })
  if ('verdict' in opened) {
    report(opened.verdict)
    return { evidence: 0, erased: 0, stamps: [] }
  }
  const { logs, lines, checkpoint, checkpointText } = opened.value
  const signers = checkpoint.note.verified.map(({ name, id }) => `${name}+${id}`)
  report(good('checkpoint', CHECKPOINT, `${checkpoint.size} entries, signed by ${signers.join(', ')}`))
  if (pinned) report(await isPinned(checkpointText, pinned))
  const standing: Standing = { files, digests, checkpoint, checkpointText, collectors: new Map() }
  const keys = await verifyKeys(standing, lines, report)
  const evidence = await verifyEvidence(standing, report)
  const { stamped, earlier } = await verifyStamps(files, { logs, checkpoint, roots }, report)
  const sizes = new Set([...earlier, ...evidence.anchors].map(({ size }) => size))
  const tree = await readTree(files, checkpoint, sizes, report)
  compareRoots(tree, { ...evidence, earlier, keys }, report)
  for (const one of earlier) report(await verifyGrowth(files, one, checkpoint))
  report(await verifySeal(standing))
  const key = lines.find((line) => checkpoint.note.verified.some(({ name, id }) => line.startsWith(`${name}+${id}+`)))
  return {
    log: { origin: checkpoint.origin, size: checkpoint.size, key: key ?? '' },
    evidence: evidence.count,
    erased: evidence.erased,
    stamps: stamped,
  }
}

async function isPinned(checkpointText: string, pinned: Verifier): Promise<Verdict> {
  const outcome = await judged('pinned', CHECKPOINT, () => openCheckpoint(checkpointText, [pinned]))
  return 'verdict' in outcome ? outcome.verdict : good('pinned', CHECKPOINT, `signed by ${pinned.name}+${pinned.id}`)
}

interface EvidenceFound {
  readonly count: number
  readonly erased: number
  /** What statements say of the tree before them. */
  readonly anchors: readonly {
    readonly subject: string
    readonly index: number
    readonly size: number
    readonly root: string
  }[]
}

async function verifyEvidence(standing: Standing, report: Report): Promise<EvidenceFound> {
  const { files, digests } = standing
  const folders = new Map<string, string[]>()
  for (const name of files.names) {
    const [, folder] = EVIDENCE_LEAF.exec(name) ?? []
    if (folder !== undefined) folders.set(folder, [])
  }
  for (const name of files.names) {
    const [, folder = ''] = /^(data\/evidence\/[^/]+\/[^/]+)\//.exec(name) ?? []
    const inFiles = name.startsWith(`${folder}/files/`)
    if (folder !== '' && !folders.has(folder)) report(bad('leaf', name, 'a leaf.json beside it', 'none'))
    else if (inFiles) folders.get(folder)?.push(name)
  }
  const anchors: EvidenceFound['anchors'][number][] = []
  let erased = 0
  for (const [folder, present] of folders) {
    const read = await verifyLeaf(standing, folder, report)
    if (!read) continue
    const { statement, ledger, index } = read
    if (ledger?.anchor) anchors.push({ subject: folder, index, ...ledger.anchor })
    if (statement) for (const verdict of verifyFiles(digests, { ...read, statement }, present)) report(verdict)
    else if (!digests.has(`${folder}/manifest.dsse.json`)) {
      erased++
      report(await verifyErasure(standing, read, report))
      for (const name of present) report(bad('file', name, 'no file: the record was erased', 'a file'))
    }
  }
  return { count: folders.size, erased, anchors }
}

/** A record without its statement is whole only when a later leaf says that it was erased. */
async function verifyErasure(standing: Standing, { folder, leaf, index }: ReadLeaf, report: Report): Promise<Verdict> {
  const name = `${folder}/erasure`
  if (!standing.digests.has(`${name}/leaf.json`))
    return bad('manifest', `${folder}/manifest.dsse.json`, 'a statement, or the leaf of its erasure', 'neither')
  const erasure = await verifyLeaf(standing, name, report)
  const target = erasure?.statement?.predicate['target']
  return erasure?.statement?.kind === 'erasure' && target === `sha256:${leaf.manifest}` && erasure.index > index
    ? good(
        'erased',
        folder,
        `erased by leaf ${erasure.index}: ${canonicalJson(erasure.statement.predicate['reason'] ?? 'no reason given')}`,
      )
    : bad('erased', name, `a later erasure of sha256:${leaf.manifest}`, `one of ${String(target)}`)
}

function compareRoots(
  { roots, keyLeaves }: ReadTree,
  {
    anchors,
    earlier,
    keys,
  }: EvidenceFound & { readonly earlier: readonly Earlier[]; readonly keys: readonly ReadLeaf[] },
  report: Report,
): void {
  for (const { subject, size, root, index } of anchors)
    report(
      roots.get(size) === root && size <= index
        ? good('anchor', subject, `made after the tree of ${size}`)
        : bad('anchor', subject, `the root ${roots.get(size) ?? 'of an earlier tree'}`, `${root} of ${size}`),
    )
  for (const { name, size, root } of earlier)
    report(same('tree', name, roots.get(size) ?? 'an earlier tree', toBase64(root)))
  const shown = new Set(keys.map(({ index }) => index))
  for (const index of keyLeaves.filter((leaf) => !shown.has(leaf)))
    report(bad('key', `data/trust/keys/${index}`, 'every key leaf of the log', 'none for this one'))
}

/** The consistency proof for people who verify with a shell: from an earlier checkpoint to the bundle's. */
async function verifyGrowth(
  files: BundleFiles,
  earlier: Earlier,
  checkpoint: { readonly size: number; readonly root: Uint8Array },
): Promise<Verdict> {
  const name = `${earlier.name.slice(0, -'checkpoint'.length)}consistency`
  const outcome = await judged('tree', name, async () => {
    const lines = fromUtf8(await readWhole(files, name))
      .split('\n')
      .slice(0, -1)
    if (!verifyConsistency(earlier, checkpoint, lines.map(fromBase64)))
      throw new Malformed('PROOF', `expected a proof from ${earlier.size} to ${checkpoint.size}, got another`)
  })
  return 'verdict' in outcome ? outcome.verdict : good('tree', name, `${earlier.size} entries are the first ones`)
}

/** The signature over the list of files: a list made anew for changed files has none. */
async function verifySeal({ files, digests, collectors, checkpoint }: Standing): Promise<Verdict> {
  const outcome = await judged('seal', SEAL, async () => {
    const envelope = parseEnvelope(await readWhole(files, SEAL))
    const { kind, subjects } = readStatement(envelope)
    const sealed = new Map(subjects.map(({ name, sha256 }) => [name, sha256]))
    const wrong = SEALED.filter((name) => sealed.get(name) !== digests.get(name))
    if (kind !== 'bundle' || wrong.length > 0)
      throw new Malformed('BUNDLE', `expected the digests of ${SEALED.join(', ')}, got others for ${wrong.join(', ')}`)
    return await verifySigned(envelope, { name: SEAL, index: checkpoint.size, check: 'seal' }, collectors)
  })
  return 'verdict' in outcome ? outcome.verdict : outcome.value
}
