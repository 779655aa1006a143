// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { copyFolder } from './folder.ts'
import { Refused } from './refused.ts'

/** Folders of a PostgreSQL whose content belongs to the running server, or is copied when all else has been. */
const EMPTIED =
  /^(?:pg_wal|pg_dynshmem|pg_notify|pg_replslot|pg_serial|pg_snapshots|pg_stat_tmp|pg_subtrans)\/|(?:^|\/)pgsql_tmp/
const NOT_DATA = /^(?:postmaster\.(?:pid|opts)|backup_label(?:\.old)?|backup_manifest|tablespace_map|.*\.tmp)$/
/** A segment of the write-ahead log. */
const SEGMENT = /^[0-9A-F]{24}$/

/**
 * Copies the folder of a running PostgreSQL by its own online base backup. A temporary slot keeps the write-ahead log
 * from the first moment to the last, however often the server checkpoints and recycles meanwhile; it goes with the
 * connection, so a backup that is killed leaves nothing behind in the server. Files of tables that are dropped
 * meanwhile may vanish: replaying the log would remove them anyway. Of the log itself nothing may.
 * @throws Refused NOT_RUNNING when the server does not answer, SERVER_STOPPED when it ends under way
 */
export async function copyCluster(from: string, to: string, owner: pg.ClientConfig): Promise<void> {
  const client = new pg.Client(owner)
  let lost = false
  client.on('error', () => (lost = true))
  await connect(client)
  try {
    await client.query('select pg_create_physical_replication_slot($1, true, true)', [
      `assay_backup_${randomBytes(6).toString('hex')}`,
    ])
    const begun = await one<{ first: string }>(
      client,
      "select pg_walfile_name(pg_backup_start('assay', true)) as first",
    )
    await copyFolder(from, to, (name) => EMPTIED.test(name) || NOT_DATA.test(name))
    const ended = await one<{ label: string; last: string }>(
      client,
      'select labelfile as label, pg_walfile_name(lsn) as last from pg_backup_stop(true)',
    )
    await writeFile(join(to, 'backup_label'), ended.label, { mode: 0o600 })
    await copyLog(join(from, 'pg_wal'), join(to, 'pg_wal'), { ...begun, ...ended })
  } catch (error) {
    if (!lost) throw error
    throw new Refused(
      'SERVER_STOPPED',
      'the server stopped while it was copied; nothing was kept, start it and try again',
      {
        status: 503,
      },
    )
  } finally {
    await client.end()
  }
}

/** The segments from the start of the backup to its end, which the slot holds: one that is missing is a fault. */
async function copyLog(from: string, to: string, { first, last }: { first: string; last: string }): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 })
  for (const name of await readdir(from)) {
    if (!name.endsWith('.history') && !(SEGMENT.test(name) && name >= first && name <= last)) continue
    await copyFile(join(from, name), join(to, name), constants.COPYFILE_FICLONE)
  }
}

async function connect(client: pg.Client): Promise<void> {
  try {
    await client.connect()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'ENOENT' && code !== 'ECONNREFUSED') throw error
    throw new Refused(
      'NOT_RUNNING',
      'the server whose data this is was running and does not answer any more; start it and try again',
      { status: 503 },
    )
  }
}

async function one<R extends pg.QueryResultRow>(client: pg.Client, text: string): Promise<R> {
  const row = (await client.query<R>(text)).rows[0]
  if (!row) throw new Error(`expected one row of "${text}", got none`)
  return row
}
