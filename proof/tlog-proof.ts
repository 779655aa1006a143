// SPDX-License-Identifier: Apache-2.0
import { fromBase64, toBase64 } from './bytes.ts'
import { HASH_SIZE, leafHash } from './hash.ts'
import { openCheckpoint, type OpenedCheckpoint } from './checkpoint.ts'
import { Malformed } from './malformed.ts'
import { verifyInclusion } from './merkle.ts'
import type { Verifier } from './note.ts'

/** That an entry is in a log, in one file that needs nothing else (C2SP tlog-proof). */
export interface TlogProof {
  readonly index: number
  /** Nearest hash first. */
  readonly path: readonly Uint8Array[]
  /** The signed checkpoint, verbatim. */
  readonly checkpoint: string
  /** Opaque and unauthenticated; we write none. */
  readonly extra?: Uint8Array
}

const HEADER = 'c2sp.org/tlog-proof@v1'

/** `c2sp.org/tlog-proof@v1\nindex 73894\n<hash>\n…\n\n<checkpoint>` */
export const formatTlogProof = ({ index, path, checkpoint, extra }: TlogProof): string =>
  [
    HEADER,
    ...(extra ? [`extra ${toBase64(extra)}`] : []),
    `index ${index}`,
    ...path.map(toBase64),
    '',
    checkpoint,
  ].join('\n')

/** Takes a proof apart. Nothing is verified. @throws Malformed PROOF */
export function parseTlogProof(text: string): TlogProof {
  const split = text.indexOf('\n\n')
  const [header, ...lines] = text.slice(0, Math.max(split, 0)).split('\n')
  if (header !== HEADER) throw new Malformed('PROOF', `expected "${HEADER}", got "${text.slice(0, 60)}"`)
  const extra = lines[0]?.startsWith('extra ') ? fromBase64(lines.shift()!.slice(6)) : undefined // it has a first line
  const [, written = ''] = /^index (0|[1-9][0-9]{0,15})$/.exec(lines.shift() ?? '') ?? []
  const index = Number(written)
  if (written === '' || !Number.isSafeInteger(index)) throw new Malformed('PROOF', 'expected "index" and a number')
  if (lines.length > 63) throw new Malformed('PROOF', `expected at most 63 hashes, got ${lines.length}`)
  const path = lines.map((line) => fromBase64(line))
  if (path.some((hash) => hash.length !== HASH_SIZE)) throw new Malformed('PROOF', 'expected hashes of 32 bytes')
  return { index, path, checkpoint: text.slice(split + 2), ...(extra ? { extra } : {}) }
}

/**
 * Whether the entry is in the log at the place the proof says, under a checkpoint that the keys signed.
 * @throws Malformed when the proof or its checkpoint is not well-formed or not signed
 */
export async function verifyTlogProof(
  entry: Uint8Array,
  text: string,
  verifiers: readonly Verifier[],
): Promise<{ readonly included: boolean; readonly index: number; readonly checkpoint: OpenedCheckpoint }> {
  const { index, path, checkpoint } = parseTlogProof(text)
  const opened = await openCheckpoint(checkpoint, verifiers)
  const included = verifyInclusion(leafHash(entry), { index, size: opened.size }, path, opened.root)
  return { included, index, checkpoint: opened }
}
