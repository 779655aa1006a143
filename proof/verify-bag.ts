// SPDX-License-Identifier: Apache-2.0
import { BAG_DECLARATION, PAYLOAD, PAYLOAD_MANIFEST, parseManifest, TAG_MANIFEST } from './bag.ts'
import { isKnownPath, SEAL, SEALED } from './bundle.ts'
import { readList, type BundleFiles } from './bundle-files.ts'
import { toHex, utf8 } from './bytes.ts'
import { sha256, startSha256 } from './hash.ts'
import { bad, good, judged, same, type Report } from './verdict.ts'

/** SHA-256 of every file of a bundle, by path; a file that cannot be read has none. */
export type Digests = ReadonlyMap<string, string>

const MISSING = 'no such file'
/** The tag files that a bundle has, and no others. */
const TAGS = [...SEALED, SEAL] as const

/** Hashes every file once; all later steps use these digests. A file that cannot be read is reported. */
export async function digestFiles(files: BundleFiles, report: Report): Promise<Digests> {
  const digests = new Map<string, string>()
  for (const name of files.names) {
    const outcome = await judged('payload', name, async () => {
      const digest = startSha256()
      for await (const piece of files.open(name)) digest.update(piece)
      return toHex(digest.digest())
    })
    if ('value' in outcome) digests.set(name, outcome.value)
    else report(outcome.verdict)
  }
  return digests
}

/** The bag by RFC 8493: every payload file is listed and whole, nothing is unlisted, and the lists are unchanged. */
export async function verifyBag(files: BundleFiles, digests: Digests, report: Report): Promise<void> {
  for (const name of files.names)
    if (name.startsWith(PAYLOAD) ? !isKnownPath(name) : name !== TAG_MANIFEST && !TAGS.some((tag) => tag === name))
      report(bad('layout', name, 'a path of the bundle format', 'another file'))
  const payload = files.names.filter((name) => name.startsWith(PAYLOAD))
  await verifyList(files, digests, { list: PAYLOAD_MANIFEST, check: 'payload', present: payload }, report)
  await verifyList(files, digests, { list: TAG_MANIFEST, check: 'tags', present: TAGS }, report)
  report(same('tags', 'bagit.txt', toHex(sha256(utf8(BAG_DECLARATION))), digests.get('bagit.txt') ?? MISSING))
}

async function verifyList(
  files: BundleFiles,
  digests: Digests,
  {
    list,
    check,
    present,
  }: { readonly list: string; readonly check: 'payload' | 'tags'; readonly present: readonly string[] },
  report: Report,
): Promise<void> {
  const outcome = await judged(check, list, async () => parseManifest(await readList(files, list)))
  if ('verdict' in outcome) return report(outcome.verdict)
  const expected = outcome.value
  for (const [name, digest] of expected) report(same(check, name, digest, digests.get(name) ?? MISSING))
  const unlisted = present.filter((name) => !expected.has(name))
  for (const name of unlisted) report(bad(check, name, `a line in ${list}`, 'none'))
  if (unlisted.length === 0) report(good(check, list, `${expected.size} files, none unlisted`))
}
