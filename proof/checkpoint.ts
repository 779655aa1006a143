// SPDX-License-Identifier: Apache-2.0
import type { KeyObject } from 'node:crypto'
import { fromBase64, toBase64 } from './bytes.ts'
import { HASH_SIZE } from './hash.ts'
import { Malformed } from './malformed.ts'
import { openNote, signNote, type OpenedNote, type Verifier } from './note.ts'

/** What a log says of itself (C2SP tlog-checkpoint): its name, how many leaves, and the root over them. */
export interface Checkpoint {
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
  /** Lines after the third; we write none. */
  readonly extensions: readonly string[]
}

/** The text that is signed: `origin\nsize\nroot in base64\n`. */
export const checkpointText = ({ origin, size, root }: Pick<Checkpoint, 'origin' | 'size' | 'root'>): string =>
  `${origin}\n${size}\n${toBase64(root)}\n`

/**
 * Signs a checkpoint with all keys in force (two while a rotation lasts). The name of each key is the origin.
 * The caller has made sure that the tree continues the one signed last. Only where Node is.
 */
export const signCheckpoint = (
  checkpoint: Pick<Checkpoint, 'origin' | 'size' | 'root'>,
  keys: readonly KeyObject[],
): string =>
  signNote(
    checkpointText(checkpoint),
    keys.map((key) => ({ name: checkpoint.origin, key })),
  )

/** Reads the text of a checkpoint. Nothing is verified. @throws Malformed CHECKPOINT */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin, size, root, ...rest] = text.split('\n')
  if (
    !origin ||
    size === undefined ||
    root === undefined ||
    rest.pop() !== '' ||
    rest.some((extension) => extension === '')
  )
    throw new Malformed('CHECKPOINT', 'expected the lines origin, size and root, and no empty one')
  if (!/^(0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size)))
    throw new Malformed('CHECKPOINT', `expected a decimal size, got "${size.slice(0, 40)}"`)
  const hash = fromBase64(root)
  if (hash.length !== HASH_SIZE) throw new Malformed('CHECKPOINT', `expected a root of 32 bytes, got ${hash.length}`)
  return { origin, size: Number(size), root: hash, extensions: rest }
}

/** A checkpoint whose signatures were verified. */
export interface OpenedCheckpoint extends Checkpoint {
  readonly note: OpenedNote
}

/**
 * Opens a signed checkpoint: at least one of the log's keys signed it, and its origin is that key's name. Witness keys
 * may be among the verifiers; a checkpoint that only witnesses signed is refused.
 * @throws Malformed NOTE, CHECKPOINT
 */
export async function openCheckpoint(written: string, verifiers: readonly Verifier[]): Promise<OpenedCheckpoint> {
  const note = await openNote(written, verifiers)
  const checkpoint = parseCheckpoint(note.text)
  if (!note.verified.some(({ name, algorithm }) => algorithm === 1 && name === checkpoint.origin))
    throw new Malformed(
      'CHECKPOINT',
      `expected a signature of the log ${checkpoint.origin}, got ${note.verified.map(({ name }) => name).join(', ')}`,
    )
  return { ...checkpoint, note }
}
