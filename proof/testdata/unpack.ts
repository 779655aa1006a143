// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openBundle } from '../verify.ts'

/** Unpacks a bundle as people do, without the folder inside the zip. Gives the names of its files. */
export async function unpack(zipped: Uint8Array, to: string): Promise<readonly string[]> {
  const files = await openBundle(zipped)
  for (const name of files.names) {
    mkdirSync(dirname(join(to, name)), { recursive: true })
    const pieces: Uint8Array[] = []
    for await (const piece of files.open(name)) pieces.push(piece)
    writeFileSync(join(to, name), Buffer.concat(pieces))
  }
  return files.names
}
