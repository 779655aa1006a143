// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises'
import { rootCertificates } from 'node:tls'
import type { TimestampAuthority } from '../../lib/config.ts'
import type { Tx } from '../../lib/db.ts'
import { equal, utf8 } from '../../proof/bytes.ts'
import { Malformed } from '../../proof/malformed.ts'
import { asResponse, readTimestamp, verifyTimestamp } from '../../proof/timestamp.ts'
import { readRoots } from '../ledger/timestamp.ts'
import type { Oddity } from './bundle.ts'
import { readStamps, type StampRow } from './contents.store.ts'

/** A time-stamp that holds, with what a stranger needs to see that. */
export interface ChosenStamp extends StampRow {
  readonly response: Uint8Array
}

export interface ChosenStamps {
  readonly stamps: readonly ChosenStamp[]
  /** Root certificates by authority, PEM. */
  readonly roots: ReadonlyMap<string, string>
  /** Those that were left out, and why. */
  readonly oddities: readonly Oddity[]
}

const NEWEST = 10

/**
 * The time-stamps that vouch for some leaves. Each is verified as its reader will: one that rests on a root which is not
 * known here any more would make strangers refuse the bundle, so it is left out and said to be.
 */
export async function chooseStamps(
  tx: Tx,
  authorities: readonly TimestampAuthority[],
  { size, indexes }: { readonly size: number; readonly indexes: readonly number[] },
): Promise<ChosenStamps> {
  const stamps: ChosenStamp[] = []
  const roots = new Map<string, string>()
  const oddities: Oddity[] = []
  for (const stamp of await readStamps(tx, size, indexes, NEWEST)) {
    const known = roots.get(stamp.authority)
    const pem = (known && (await holds(stamp, known))) ?? (await rootFor(stamp, authorities))
    if (pem === undefined) {
      oddities.push({
        what: `time-stamp of ${stamp.authority} over ${stamp.size} entries`,
        remark: 'left out: the root certificate that it rests on is not known here any more',
      })
      continue
    }
    if (!known?.includes(pem)) roots.set(stamp.authority, `${known ?? ''}${pem}`)
    stamps.push({ ...stamp, response: asResponse(stamp.token) })
  }
  return { stamps, roots, oddities }
}

/** The certificates, when the stamp holds under them. */
async function holds(stamp: StampRow, pem: string): Promise<string | undefined> {
  try {
    await verifyTimestamp(stamp.token, utf8(stamp.note), readRoots(pem).again)
    return pem
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return undefined
  }
}

/** The authority's own file of roots, or the one of the roots that Node knows on which the stamp rests. */
async function rootFor(stamp: StampRow, authorities: readonly TimestampAuthority[]): Promise<string | undefined> {
  const authority = authorities.find(({ name }) => name === stamp.authority)
  if (authority?.caFile !== undefined) return await holds(stamp, await readFile(authority.caFile, 'utf8'))
  const issuers = readTimestamp(stamp.token).certificates.map(({ issuer }) => issuer)
  for (const pem of rootCertificates) {
    const [root] = readRoots(pem).again
    if (!root || !issuers.some((issuer) => equal(issuer, root.subject))) continue
    const found = await holds(stamp, `${pem}\n`)
    if (found !== undefined) return found
  }
  return undefined
}
