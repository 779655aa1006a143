// SPDX-License-Identifier: Apache-2.0
import { concat } from './bytes.ts'
import { Malformed } from './malformed.ts'
import { openZip, type RandomAccess } from './zip.ts'

/** The files of a bundle, wherever they lie. Paths begin at the bag: `bagit.txt`, `data/log/checkpoint`. */
export interface BundleFiles {
  readonly names: readonly string[]
  /** The bytes of a file in pieces, each good only until the next is asked for. @throws Malformed when they cannot be read whole */
  open(name: string): AsyncIterable<Uint8Array>
  /** Whether nothing lies between or beside the files; a folder has no such thing. */
  readonly plain: boolean
}

/** Longest of the small files that are read whole: statements, proofs, lists of keys. Manifests may be longer. */
export const SMALL_MOST = 1 << 26
const LIST_MOST = 1 << 29

/** A whole file. @throws Malformed BUNDLE when it is missing or too long */
export async function readWhole(files: BundleFiles, name: string, most = SMALL_MOST): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of files.open(name)) {
    size += piece.length
    if (size > most) throw new Malformed('BUNDLE', `expected at most ${most} bytes of ${name}, got more`)
    pieces.push(piece.slice())
  }
  return pieces.length === 1 ? pieces[0]! : concat(...pieces) // length 1
}

/** A manifest, which grows with the number of files. */
export const readList = (files: BundleFiles, name: string): Promise<Uint8Array> => readWhole(files, name, LIST_MOST)

/** Files by name, for folders and tests. @throws Malformed BUNDLE for a name that is not there, when opened */
export const filesFrom = (
  names: readonly string[],
  open: (name: string) => AsyncIterable<Uint8Array>,
  plain = true,
): BundleFiles => ({ names, open, plain })

/**
 * The bundle inside a zip: all files lie in one folder of any name.
 * @throws Malformed ZIP when it is no zip of ours, BUNDLE when there is no bag inside
 */
export async function bundleInZip(access: RandomAccess): Promise<BundleFiles> {
  const zip = await openZip(access)
  const files = zip.entries.filter(({ name }) => !name.endsWith('/'))
  const base = files[0]?.name.split('/', 1)[0] ?? ''
  const entries = new Map(files.map((entry) => [entry.name.slice(base.length + 1), entry]))
  if (!entries.has('bagit.txt') || files.some(({ name }) => !name.startsWith(`${base}/`)))
    throw new Malformed('BUNDLE', 'expected one folder with bagit.txt inside the zip')
  return filesFrom(
    [...entries.keys()],
    (name) => {
      const entry = entries.get(name)
      if (!entry) throw new Malformed('BUNDLE', `expected the file ${name}, got none`)
      return zip.open(entry)
    },
    zip.plain,
  )
}
