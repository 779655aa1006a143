// SPDX-License-Identifier: Apache-2.0
import { fromUtf8 } from './bytes.ts'
import { Malformed } from './malformed.ts'
import { isSafePath } from './zip.ts'

/** `bagit.txt` of RFC 8493. */
export const BAG_DECLARATION = 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n'
export const PAYLOAD = 'data/'
export const PAYLOAD_MANIFEST = 'manifest-sha256.txt'
export const TAG_MANIFEST = 'tagmanifest-sha256.txt'

/** By code units, as `LC_ALL=C sort` does for the ASCII names of a bundle. */
export const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The text of a manifest: `<sha256>  <path>\n`, sorted by path; `sha256sum -c` reads it. */
export const manifestText = (digests: ReadonlyMap<string, string>): string =>
  [...digests.keys()]
    .toSorted(byName)
    .map((path) => `${digests.get(path)}  ${path}\n`)
    .join('')

/** Reads a manifest as `manifestText` writes it and in no other way. @throws Malformed BUNDLE */
export function parseManifest(bytes: Uint8Array): Map<string, string> {
  const text = fromUtf8(bytes)
  const digests = new Map<string, string>()
  for (const line of text.split('\n').slice(0, -1)) {
    const [, digest, path] = /^([0-9a-f]{64}) {2}(\S.*)$/.exec(line) ?? []
    if (digest === undefined || path === undefined || !isSafePath(path))
      throw new Malformed('BUNDLE', `expected "sha256  path" in a manifest, got "${line.slice(0, 120)}"`)
    digests.set(path, digest)
  }
  if (manifestText(digests) !== text)
    throw new Malformed('BUNDLE', 'expected a manifest sorted by path, each path once')
  return digests
}
