// SPDX-License-Identifier: Apache-2.0
import { sql, type Tx } from '../../lib/db.ts'
import { Refused } from '../../lib/refused.ts'
import { unwrapKey } from '../../lib/sealing.ts'

/**
 * Refuses an instance's key that does not open what is sealed, of whichever organisation. Only the sequencer's role sees
 * all of them. @param isNew whether the key was made just now, because there was no file
 * @throws Refused KEY_MISSING, WRONG_KEY naming the file and what to do
 */
export async function demandInstanceKey(tx: Tx, { file, isNew }: { file: string; isNew: boolean }): Promise<void> {
  const rows = await tx.rows<{ sealed: Buffer }>(sql`select sealed from ledger_secret where id = 'kek'`)
  const shut = rows.filter(({ sealed }) => !opens(sealed, tx.kek)).length
  if (shut === 0) return
  if (isNew)
    throw new Refused(
      'KEY_MISSING',
      `the key of this instance is gone: there is no ${file}, and what the database holds is sealed with it. Put your copy of the file back there, or set ASSAY_KEY_FILE to it. No other key is made: it would open nothing`,
    )
  throw new Refused(
    'WRONG_KEY',
    `the key in ${file} is not the one of this instance: it does not open ${shut} of the ${rows.length} keys that the database holds. Put the right file there, or set ASSAY_KEY_FILE to it; the one that is there now opens nothing`,
  )
}

function opens(sealed: Buffer, kek: Buffer): boolean {
  try {
    unwrapKey(sealed, kek)
    return true
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return false
  }
}
