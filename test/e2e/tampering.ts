// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { memoryAccess, openZip } from '../../proof/zip.ts'

/** One byte of a zipped bundle that somebody changes. */
export interface Change {
  /** Where it is, in words; of a file, its path in the bundle. */
  readonly where: string
  /** Place in the zip. */
  readonly at: number
  /** Of a byte that survives unpacking: its place in the file. */
  readonly in_file?: number
}

/** What a bundle holds, a file of each sort. */
const SORTS = [
  /\/files\/[^/]+$/,
  /evidence\/.*\/leaf\.json$/,
  /evidence\/.*\.tlog-proof$/,
  /evidence\/.*\.dsse\.json$/,
  /trust\/keys\/.*\/leaf\.json$/,
  /data\/log\/checkpoint$/,
  /data\/log\/tile\/0\//,
  /data\/log\/tile\/entries\//,
  /data\/trust\/log\.vkey$/,
  /data\/trust\/collectors\//,
  /data\/index\.html$/,
  /data\/VERIFY\.sh$/,
  /\/bag-info\.txt$/,
  /\/manifest-sha256\.txt$/,
  /\/manifest-sha256\.dsse\.json$/,
  /\/tagmanifest-sha256\.txt$/,
]

/** The same places of the same zip each time: in each sort of file, in the zip's own words, and at its ends. */
export async function changesOf(zip: Uint8Array): Promise<readonly Change[]> {
  const { entries } = await openZip(memoryAccess(zip))
  const inFiles = SORTS.map((sort, i): Change => {
    const entry = entries.find(({ name }) => sort.test(name))
    if (!entry) throw new Error(`expected a file like ${sort.source} in the bundle`)
    // Files are stored as they are, after a header of 30 bytes and the name.
    const start = entry.offset + 30 + Buffer.byteLength(entry.name)
    const in_file = Math.floor((entry.size_bytes * (i + 0.5)) / SORTS.length)
    return { where: entry.name.replace(/^[^/]+\//, ''), at: start + in_file, in_file }
  })
  const second = entries[1]?.offset ?? 0
  const directory = zip.length - 22 - Math.floor((zip.length - (entries.at(-1)?.offset ?? 0)) / 2)
  return [
    ...inFiles,
    { where: 'the first byte', at: 0 },
    { where: 'the checksum before the second file', at: second + 14 },
    { where: 'the directory of the zip', at: directory },
    { where: 'the last byte', at: zip.length - 1 },
  ]
}

/** The same bytes with one bit of one of them turned over. */
export function changed(bytes: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at]! ^= 1 // `at` lies inside
  return copy
}

export interface Ended {
  readonly code: number
  readonly said: string
}

const run = (command: string, args: readonly string[]): Promise<Ended> =>
  new Promise((done) =>
    execFile(command, args, (error, out, err) => done({ code: error ? Number(error.code ?? 1) : 0, said: out + err })),
  )

export const byScript = (folder: string): Promise<Ended> => run('bash', [join(folder, 'data/VERIFY.sh')])
export const byCommand = (zip: string): Promise<Ended> => run(process.execPath, ['bin/assay.mjs', 'verify', zip])

/** What the script says of the unpacked bundle with one byte changed; it is put right again. */
export async function scriptOn(folder: string, { where, in_file }: Change): Promise<Ended | undefined> {
  if (in_file === undefined) return undefined
  const path = join(folder, where)
  const bytes = await readFile(path)
  await writeFile(path, changed(bytes, in_file))
  const ended = await byScript(folder)
  await writeFile(path, bytes)
  return ended
}

/** Whether a verifier refused, and named the file that was changed, or the zip where the byte is of no file. */
export const refuses = ({ code, said }: Ended, { where, in_file }: Change): boolean =>
  code !== 0 && !said.includes('Everything holds') && said.includes(in_file === undefined ? 'a zip' : where)
