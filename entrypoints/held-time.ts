// SPDX-License-Identifier: Apache-2.0
import { newestRecord } from '../features/ledger/clock.store.ts'
import type { Database } from '../lib/db.ts'
import type { RecordedTime } from '../lib/recorded-time.ts'

/**
 * Lets time go on from the newest record there is, whatever the clock says; before anything is written.
 * @param sequencing pool of the role assay_sequencer, which alone sees over all organisations
 */
export async function goOnFromRecords(time: RecordedTime, sequencing: Database): Promise<void> {
  const newest = await sequencing.tenant({ org: '', actor: 'system' }, (tx) => newestRecord(tx), 'read')
  if (newest !== null) time.recorded(Date.parse(newest))
}
