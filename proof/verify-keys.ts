// SPDX-License-Identifier: Apache-2.0
import { readWhole } from './bundle-files.ts'
import { equal, fromUtf8 } from './bytes.ts'
import { Malformed } from './malformed.ts'
import { parseVerifierKey } from './note.ts'
import { ed25519Key, readPem } from './signatures.ts'
import { bad, good, judged, type Report, type Verdict } from './verdict.ts'
import { announceFirst, verifyLeaf, type ReadLeaf, type Standing } from './verify-leaf.ts'

const KEY_LEAF = /^(data\/trust\/keys\/([0-9]+))\/leaf\.json$/

/** Reads the leaves that announce keys, and holds the files in `trust/` against them. */
export async function verifyKeys(standing: Standing, lines: readonly string[], report: Report): Promise<ReadLeaf[]> {
  const { files } = standing
  const folders = files.names
    .flatMap((name) => {
      const [, folder, index] = KEY_LEAF.exec(name) ?? []
      return folder === undefined ? [] : [{ folder, index: Number(index) }]
    })
    .toSorted((a, b) => a.index - b.index)
    .map(({ folder }) => folder)
  await announceFirst(standing, folders)
  const leaves: ReadLeaf[] = []
  for (const folder of folders) {
    const read = await verifyLeaf(standing, folder, report)
    if (read) leaves.push(read)
    if (read?.statement?.kind !== 'key') report(bad('key', folder, 'a statement that announces a key', 'none'))
  }
  const announced = new Set(leaves.map(({ statement }) => String(statement?.predicate['public'])))
  for (const line of lines)
    report(
      announced.has(line)
        ? good('key', 'data/trust/log.vkey', line)
        : bad('key', 'data/trust/log.vkey', 'a key announced in the log', line),
    )
  for (const name of files.names.filter((path) => /^data\/trust\/(collectors\/.*|log\.pub)\.pem$/.test(path)))
    report(await verifyPem(standing, name, lines))
  return leaves
}

/** A key file for people's tools holds the key that the log announces. */
async function verifyPem({ files, collectors }: Standing, name: string, lines: readonly string[]): Promise<Verdict> {
  const outcome = await judged('key', name, async () => {
    const [spki] = readPem(fromUtf8(await readWhole(files, name)), 'PUBLIC KEY')
    const id = name.slice(name.lastIndexOf('/') + 1, -'.pem'.length)
    const known =
      id === 'log.pub'
        ? lines.map((line) => ed25519Key(parseVerifierKey(line).publicKey).spki)
        : [collectors.get(id)?.key.spki ?? new Uint8Array(0)]
    if (!spki || !known.some((key) => equal(key, spki)))
      throw new Malformed('KEY', 'expected a key announced in the log, got another')
  })
  return 'verdict' in outcome ? outcome.verdict : good('key', name, 'announced in the log')
}
