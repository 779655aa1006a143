// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto'
import { sql, type Tx } from '../../lib/db.ts'
import type { Instant } from '../../lib/time.ts'
import { toBase64 } from '../../proof/bytes.ts'
import type { Disk } from './disk.store.ts'
import { appendLeaf } from './ledger.store.ts'
import type { StoredCheckpoint } from './sequencer.store.ts'
import type { Stamp } from './timestamp.ts'

/** What a round of time-stamping needs to know of a log. */
export interface StampState {
  readonly published: (StoredCheckpoint & { readonly root: Buffer }) | null
  /** By authority: the last token. */
  readonly last: readonly { readonly authority: string; readonly size: number; readonly gen_time: Instant }[]
  /** Whether anything but receipts of time-stamps came since the newest token. */
  readonly has_news: boolean
}

export async function readStampState(tx: Tx): Promise<StampState> {
  const published = await tx.maybe<StoredCheckpoint>(sql`
    select c.size, c.root, c.note, c.recorded_at
    from ledger_log g join ledger_checkpoint c on c.org_id = g.org_id and c.size = g.published_size
    where g.org_id = ${tx.org}`)
  const last = await tx.rows<StampState['last'][number]>(sql`
    select distinct on (authority) authority, size, gen_time from ledger_timestamp
    where org_id = ${tx.org} order by authority, size desc`)
  const { news } = await tx.one<{ news: boolean }>(sql`
    select exists (
      select from ledger_leaf where org_id = ${tx.org} and kind <> 'tsr'
        and idx >= coalesce((select max(size) from ledger_timestamp where org_id = ${tx.org}), 0)
    ) as news`)
  return { published: published ?? null, last, has_news: news }
}

export interface StampDraft {
  readonly authority: string
  readonly checkpoint: StoredCheckpoint
  readonly response: Buffer
  readonly stamp: Stamp
}

/**
 * Keeps a token with its `tsr` leaf, which makes every later time-stamp renew it: whoever trusts the later one knows that
 * this one was there before. Gives false when the checkpoint has a token of this authority already.
 */
export async function saveStamp(tx: Tx, { authority, checkpoint, response, stamp }: StampDraft): Promise<boolean> {
  const { known } = await tx.one<{ known: boolean }>(sql`
    select exists (select from ledger_timestamp
      where org_id = ${tx.org} and size = ${checkpoint.size} and authority = ${authority}) as known`)
  if (known) return false
  const { manifest } = await appendLeaf(tx, {
    kind: 'tsr',
    stream: `timestamps:${authority}`,
    predicate: {
      authority,
      size: checkpoint.size,
      root: toBase64(checkpoint.root),
      genTime: stamp.gen_time,
      serial: stamp.serial,
      policy: stamp.policy,
    },
    files: [
      {
        name: stampFile(checkpoint.size, authority).slice('tsr/'.length),
        sha256: hash('sha256', response, 'hex'),
        size: response.length,
        media_type: 'application/timestamp-reply',
      },
    ],
  })
  await tx.run(sql`
    insert into ledger_timestamp (org_id, size, authority, token, gen_time, manifest)
    values (${tx.org}, ${checkpoint.size}, ${authority}, ${response}, ${stamp.gen_time}, ${manifest})`)
  return true
}

/** Where the publication keeps a token. */
export const stampFile = (size: number, authority: string): string => `tsr/${size}.${authority}.tsr`

/** Tokens written again per round when their file is missing, after a crash or a lost folder. */
const REWRITTEN = 100

/** Writes the newest tokens to the publication, where they are not there yet. */
export async function publishStamps(tx: Tx, disk: Disk): Promise<void> {
  const rows = await tx.rows<{ size: number; authority: string; token: Buffer }>(sql`
    select size, authority, token from ledger_timestamp
    where org_id = ${tx.org} order by recorded_at desc limit ${REWRITTEN}`)
  for (const { size, authority, token } of rows) await disk.keep(stampFile(size, authority), token)
  await disk.settle()
}
