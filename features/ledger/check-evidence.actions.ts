// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod'
import { query, READERS } from '../../lib/action.ts'
import type { Blobs } from '../../lib/blobs.ts'
import type { Tx } from '../../lib/db.ts'
import { Refused } from '../../lib/refused.ts'
import { decrypt, unwrapKey, type DataKey } from '../../lib/sealing.ts'
import { countStoredFiles, readStoredFiles, type StoredFile } from './check-evidence.store.ts'
import { Findings, refusalOf } from './check.ts'
import { orgKek } from './keys.store.ts'

/** Where a pass over the files has come to. */
interface Place {
  readonly evidence: string
  readonly n: number
}

const PAGE = 200
/** Files read at once: each is held whole. */
const AT_ONCE = 4

/**
 * Looks at stored files of readings, one after another: each must be there, be the bytes that its name says, and open
 * with the key of its statement.
 * @returns how many were looked at, and where to go on; nothing when that was the end
 */
export async function checkEvidence(
  tx: Tx,
  { blobs, findings, after, most }: { blobs: Blobs; findings: Findings; after?: Place | undefined; most?: number },
): Promise<{ looked_at: number; next: Place | undefined }> {
  const kek = await orgKek(tx)
  let place = after
  let looked_at = 0
  while (most === undefined || looked_at < most) {
    const limit = Math.min(PAGE, (most ?? Infinity) - looked_at)
    const files = await readStoredFiles(tx, place, limit)
    for (let at = 0; at < files.length; at += AT_ONCE)
      await Promise.all(files.slice(at, at + AT_ONCE).map((file) => checkFile(tx.org, blobs, kek, file, findings)))
    looked_at += files.length
    place = files.at(-1) ?? place
    if (files.length < limit) return { looked_at, next: undefined }
  }
  return { looked_at, next: place }
}

async function checkFile(
  org: string,
  blobs: Blobs,
  kek: DataKey,
  { evidence, n, name, blob, sealed_key }: StoredFile,
  findings: Findings,
): Promise<void> {
  const add = (why: string): void => findings.add('evidence', `evidence ${evidence} file ${n} (${name})`, why)
  await refusalOf(async () => {
    const bytes = await blobs.get(org, blob)
    if (!sealed_key) throw new Refused('DAMAGED', 'the key that opens it is gone, and no erasure says why')
    decrypt(unwrapKey(sealed_key, kek), bytes)
  }, add)
}

const place = z
  .string()
  .regex(/^[0-9a-z_]+\/\d{1,9}$/, 'expected the "next" of an earlier answer')
  .transform((text) => {
    const [evidence = '', n] = text.split('/')
    return { evidence, n: Number(n) }
  })

export const evidenceCheckActions = {
  'ledger.checkEvidence': query({
    summary: 'Verify the stored files of evidence, some at a time, and say exactly which are damaged',
    may: READERS,
    input: z.strictObject({
      after: place.optional().describe('Where to go on: the "next" of the answer before'),
      limit: z.int().min(1).max(1000).default(200).describe('Files to look at'),
    }),
    output: z.object({
      looked_at: z.int().describe('Files that this answer is about'),
      of: z.int().describe('Files in all'),
      next: z.string().nullable().describe('Where to go on; null at the end'),
      found: z.int().describe('Findings in all; the first 200 are listed'),
      findings: z.array(z.object({ place: z.string(), says: z.string() })),
    }),
    run: async ({ tx, blobs }, { after, limit }) => {
      const findings = new Findings()
      const { looked_at, next } = await checkEvidence(tx, { blobs, findings, after, most: limit })
      return {
        looked_at,
        of: await countStoredFiles(tx),
        next: next ? `${next.evidence}/${next.n}` : null,
        found: findings.count,
        findings: findings.kept.map(({ place: where, says }) => ({ place: where, says })),
      }
    },
  }),
}
