// SPDX-License-Identifier: Apache-2.0
import { BAG_DECLARATION, PAYLOAD, PAYLOAD_MANIFEST, parseManifest, TAG_MANIFEST } from './bag.ts'
import { isKnownPath, SEAL, SEALED } from './bundle.ts'
import { readList, type BundleFiles } from './bundle-files.ts'
import { toHex, utf8 } from './bytes.ts'
import { sha256, startSha256 } from './hash.ts'
import { bad, good, judged, same, type Verdict } from './verdict.ts'

/** SHA-256 of every file of a bundle, by path; a file that cannot be read has none. */
export type Digests = ReadonlyMap<string, string>

const MISSING = 'no such file'
/** The tag files that a bundle has, and no others. */
const TAGS = [...SEALED, SEAL] as const

/** Hashes every file once; all later steps use these digests. */
export async function* digestFiles(files: BundleFiles, digests: Map<string, string>): AsyncGenerator<Verdict> {
  for (const name of files.names) {
    const outcome = await judged('payload', name, async () => {
      const digest = startSha256()
      for await (const piece of files.open(name)) digest.update(piece)
      return toHex(digest.digest())
    })
    if ('value' in outcome) digests.set(name, outcome.value)
    else yield outcome.verdict
  }
}

/** The bag by RFC 8493: every payload file is listed and whole, nothing is unlisted, and the lists are unchanged. */
export async function* verifyBag(files: BundleFiles, digests: Digests): AsyncGenerator<Verdict> {
  if (!files.plain)
    yield bad(
      'container',
      'zip',
      'a zip as Assay writes it, byte for byte',
      'another one: packed again or changed; unpack it and verify the folder, or allow repacked zips',
    )
  for (const name of files.names)
    if (name.startsWith(PAYLOAD) ? !isKnownPath(name) : name !== TAG_MANIFEST && !TAGS.some((tag) => tag === name))
      yield bad('layout', name, 'a path of the bundle format', 'another file')
  yield* verifyList(files, digests, {
    list: PAYLOAD_MANIFEST,
    check: 'payload',
    listed: files.names.filter((name) => name.startsWith(PAYLOAD)),
  })
  yield* verifyList(files, digests, { list: TAG_MANIFEST, check: 'tags', listed: TAGS })
  yield same('tags', 'bagit.txt', toHex(sha256(utf8(BAG_DECLARATION))), digests.get('bagit.txt') ?? MISSING)
}

async function* verifyList(
  files: BundleFiles,
  digests: Digests,
  {
    list,
    check,
    listed,
  }: { readonly list: string; readonly check: 'payload' | 'tags'; readonly listed: readonly string[] },
): AsyncGenerator<Verdict> {
  const outcome = await judged(check, list, async () => parseManifest(await readList(files, list)))
  if ('verdict' in outcome) return yield outcome.verdict
  const expected = outcome.value
  for (const [name, digest] of expected) yield same(check, name, digest, digests.get(name) ?? MISSING)
  const unlisted = listed.filter((name) => !expected.has(name))
  for (const name of unlisted) yield bad(check, name, `a line in ${list}`, 'none')
  if (unlisted.length === 0) yield good(check, list, `${expected.size} files, none unlisted`)
}
