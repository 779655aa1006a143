// SPDX-License-Identifier: Apache-2.0
import { readWhole, type BundleFiles } from './bundle-files.ts'
import { fromUtf8 } from './bytes.ts'
import { readCertificate, type Certificate } from './certificate.ts'
import { openCheckpoint, type OpenedCheckpoint } from './checkpoint.ts'
import { Malformed } from './malformed.ts'
import type { Verifier } from './note.ts'
import { readPem } from './signatures.ts'
import { verifyTimestamp } from './timestamp.ts'
import { good, judged, type Report } from './verdict.ts'

/** A time-stamp of the bundle: its file and the checkpoint it stamps. */
interface StampFile {
  readonly name: string
  readonly checkpoint: string
  readonly authority: string
}

/** A tree that an authority saw at a moment: what is in it existed before. */
export interface Stamped {
  readonly size: number
  readonly genTime_ms: number
  readonly authority: string
}

/** An earlier checkpoint of the bundle, whose root the whole tree must give. */
export type Earlier = Pick<OpenedCheckpoint, 'size' | 'root'> & { readonly name: string }

const MAIN = /^data\/log\/checkpoint\.([a-z0-9-]+)\.tsr$/
const EARLIER = /^(data\/log\/stamps\/([0-9]+))\/([a-z0-9-]+)\.tsr$/

/** Root certificates in PEM. @throws Malformed KEY, DER */
export const readRoots = (pem: string): Certificate[] => readPem(pem, 'CERTIFICATE').map(readCertificate)

/**
 * Verifies every time-stamp over the exact bytes of its checkpoint.
 * @param roots those that are trusted; without them, the ones that came with the bundle
 */
export async function verifyStamps(
  files: BundleFiles,
  {
    logs,
    checkpoint,
    roots,
  }: {
    readonly logs: readonly Verifier[]
    readonly checkpoint: OpenedCheckpoint
    readonly roots?: readonly Certificate[] | undefined
  },
  report: Report,
): Promise<{ readonly stamped: readonly Stamped[]; readonly earlier: readonly Earlier[] }> {
  const stamped: Stamped[] = []
  const earlier = await openEarlier(files, logs, checkpoint, report)
  const sizes = new Map([
    ...earlier.map(({ name, size }) => [name, size] as const),
    ['data/log/checkpoint', checkpoint.size],
  ])
  for (const stamp of files.names.flatMap(stampFile)) {
    const size = sizes.get(stamp.checkpoint)
    const outcome = await judged('time', stamp.name, async () => {
      if (size === undefined) throw new Malformed('TOKEN', `expected a checkpoint in ${stamp.checkpoint}, got none`)
      const trusted = roots ?? readRoots(fromUtf8(await readWhole(files, `data/trust/tsa/${stamp.authority}.pem`)))
      const data = await readWhole(files, stamp.checkpoint)
      const { genTime_ms, authority } = await verifyTimestamp(await readWhole(files, stamp.name), data, trusted)
      stamped.push({ size, genTime_ms, authority })
      return `${size} entries existed before ${new Date(genTime_ms).toISOString()}, says ${authority}${roots ? '' : ' (root certificate as it came with the bundle)'}`
    })
    report('verdict' in outcome ? outcome.verdict : good('time', stamp.name, outcome.value))
  }
  if (stamped.length === 0)
    report(good('time', 'data/log/checkpoint', 'no time-stamp: moments are claimed by the log alone'))
  return { stamped: stamped.toSorted((a, b) => a.genTime_ms - b.genTime_ms), earlier }
}

function stampFile(name: string): StampFile[] {
  const [, authority] = MAIN.exec(name) ?? []
  if (authority !== undefined) return [{ name, checkpoint: 'data/log/checkpoint', authority }]
  const [, folder, , other] = EARLIER.exec(name) ?? []
  return folder !== undefined && other !== undefined
    ? [{ name, checkpoint: `${folder}/checkpoint`, authority: other }]
    : []
}

async function openEarlier(
  files: BundleFiles,
  logs: readonly Verifier[],
  { origin, size }: OpenedCheckpoint,
  report: Report,
): Promise<Earlier[]> {
  const found: Earlier[] = []
  for (const name of files.names.filter((path) => /^data\/log\/stamps\/[0-9]+\/checkpoint$/.test(path))) {
    const outcome = await judged('checkpoint', name, async () => {
      const opened = await openCheckpoint(fromUtf8(await readWhole(files, name)), logs)
      if (opened.origin !== origin || opened.size >= size || name !== `data/log/stamps/${opened.size}/checkpoint`)
        throw new Malformed(
          'CHECKPOINT',
          `expected an earlier checkpoint of ${origin}, got size ${opened.size} of ${opened.origin}`,
        )
      return opened
    })
    if ('verdict' in outcome) report(outcome.verdict)
    else found.push({ ...outcome.value, name })
  }
  return found
}
